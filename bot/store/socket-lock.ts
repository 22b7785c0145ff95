/**
 * The lock where there is no `flock` program (macOS): a listening unix socket,
 * which the kernel silences when its process dies. It promises what `lock.ts`
 * promises, without ever guessing that a socket is stale from its age.
 *
 * Each contender listens under a name of its own and only then looks for others;
 * of two that overlap, at least one sees the other and steps back. One name for
 * all would need "unlink the stale one, then bind", and that lets two in.
 */
import { createHash, randomBytes } from "node:crypto";
import { readdir, realpath, unlink } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { codeOf } from "../error-code.ts";

type SocketLock = { ok: true; release(): Promise<void> } | { ok: false };
type Neighbour = "dead" | "trying" | "holding";

const ATTEMPTS = 12;
const PROBE_LIMIT_MS = 500;
/** What fits in `sun_path` everywhere (macOS: 104), less some. */
const MAX_PATH_BYTES = 100;

/** Takes the lock that belongs to `path`, or says that another process holds it. Worst case about 10 s, under contention. */
export async function lockBySocket(path: string): Promise<SocketLock> {
  const { folder, prefix } = await meetingPoint(path);
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const mine = `${prefix}${randomBytes(4).toString("hex")}`;
    const candidate = await listen(join(folder, mine));
    const others = (await readdir(folder)).filter((name) => name.startsWith(prefix) && name !== mine);
    const found = await Promise.all(
      others.map(async (name) => ({ name, is: await probe(join(folder, name)) })),
    );
    if (found.every(({ is }) => is === "dead")) {
      candidate.hold();
      for (const { name } of found) await unlink(join(folder, name)).catch(() => {});
      return { ok: true, release: () => close(candidate.server) };
    }
    await close(candidate.server);
    if (found.some(({ is }) => is === "holding")) return { ok: false };
    // Only others that try as well: step back for an uneven while, so that one of us is alone.
    await new Promise((resolve) => setTimeout(resolve, 10 + Math.random() * 40 * (attempt + 1)));
  }
  return { ok: false };
}

/** Beside the lock, or in the system's folder for temporary files where that path is too long for a socket. */
async function meetingPoint(path: string): Promise<{ folder: string; prefix: string }> {
  const real = await realpath(path);
  const prefix = `.parley-${createHash("sha256").update(real).digest("hex").slice(0, 16)}-`;
  const beside = dirname(real);
  const fits = Buffer.byteLength(join(beside, `${prefix}00000000`)) <= MAX_PATH_BYTES;
  return { folder: fits ? beside : tmpdir(), prefix };
}

/** Listens at `path` and tells whoever connects whether it holds the lock or tries. */
async function listen(path: string): Promise<{ server: Server; hold(): void }> {
  let word: Neighbour = "trying";
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.end(word);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  // The lock must not keep the bot alive once it wants to end.
  server.unref();
  return { server, hold: () => void (word = "holding") };
}

/**
 * Only a refused connection proves death. Silence may be a process that was stopped for a while and still holds; a
 * connection that breaks off is one that steps back.
 */
async function probe(path: string): Promise<Neighbour> {
  return new Promise((resolve) => {
    const socket = connect(path);
    let said = "";
    socket.setTimeout(PROBE_LIMIT_MS, () => {
      socket.destroy();
      resolve("holding");
    });
    socket.on("data", (chunk) => (said += chunk.toString()));
    socket.on("end", () => resolve(said === "holding" ? "holding" : "trying"));
    socket.on("error", (error) =>
      resolve(["ECONNREFUSED", "ENOENT"].includes(codeOf(error) ?? "") ? "dead" : "trying"),
    );
  });
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
