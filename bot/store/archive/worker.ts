/**
 * The child process of archiving: takes one job at a time, answers with a value.
 * It promises to die with its parent. Everything here may be slow, hang or fall:
 * it costs one archive, not the bot.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf } from "../../error-code.ts";
import { hashWhole, readClaims, readContents, readText } from "./contents.ts";
import { OWN_NAMES } from "./context.ts";
import { gatherFiles } from "./gather.ts";
import { hashTree } from "./hashed-tree.ts";
import { packTree } from "./pack-tree.ts";
import type { Ask, JobName, Jobs } from "./process.ts";
import { writePage } from "./page.ts";
import { removeFast } from "./remove.ts";
import { readNamed } from "./tar-reader.ts";
import { fingerprintTree } from "./tree.ts";
import { faultOf } from "./types.ts";
import { keepWords } from "./words-file.ts";
import { syncFile } from "../json-file.ts";
import { damaged, firstDifference, parseManifest } from "./manifest.ts";

type Work = { [K in JobName]: (ask: Ask<K>) => Promise<Jobs[K]["reply"]> };

const work: Work = {
  gather: (ask) => gatherFiles(ask.root, ask.session, ask.claudeFiles),

  pack: ({ root, part, maxBytes, facts, limits }) => packTree(root, part, facts, { maxBytes, limits }),

  async verify({ tarball, sha256, isNew, limits }) {
    // First, so that a strange file is refused before a byte of it is unpacked.
    if (sha256 !== undefined && sha256 !== (await hashWhole(tarball))) throw damaged("its sha256 is another");
    if (isNew !== true) return readContents(tarball, limits);
    const [read] = await Promise.all([readContents(tarball, limits), syncFile(tarball)]);
    return read;
  },

  async claims({ tarball, limits }) {
    return { contents: await readClaims(tarball, limits) };
  },

  page: ({ from, session, format, to }) => writePage(from, session, format, to),

  async words({ tarball, maxBytes }) {
    const text = await readNamed(tarball, OWN_NAMES.transcript, (entry) => readText(entry, maxBytes));
    return { text: text ?? "" };
  },

  async keepWords({ from, to, sha256, maxBytes }) {
    await keepWords(from, to, sha256, maxBytes);
    return {};
  },

  async fingerprint({ root, limits }) {
    return { fingerprint: await fingerprintTree(root, limits) };
  },

  async remove({ root }) {
    await removeFast(root);
    return {};
  },

  async extract({ tarball, into, limits }) {
    const { contents } = await readContents(tarball, limits, into);
    return { contents };
  },

  async compare({ root, limits }) {
    let text: string;
    try {
      text = await readFile(join(root, OWN_NAMES.manifest), "utf8");
    } catch (error) {
      if (codeOf(error) === "ENOENT") return { difference: OWN_NAMES.manifest };
      throw error;
    }
    const manifest = parseManifest(text, limits);
    const difference = firstDifference(manifest.entries, (await hashTree(root, limits)).entries);
    return { ...(difference === undefined ? {} : { difference }), manifestSha256: sha256(text) };
  },
};

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

async function answer(name: JobName, ask: never): Promise<void> {
  try {
    process.send?.({ ok: true, value: await work[name](ask) });
  } catch (error) {
    process.send?.({ ok: false, failure: faultOf(error, "") });
  }
}

// Without a listener the signal kills; with one the write fails with EFBIG, which has a name.
process.on("SIGXFSZ", () => {});
process.on("disconnect", () => process.exit(0));
process.on("message", (message: { name: JobName; ask: never }) => void answer(message.name, message.ask));
