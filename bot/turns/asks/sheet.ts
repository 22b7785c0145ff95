/**
 * `asks.json`: what was asked in one turn and what became of it, one save after
 * the other. Without room on the disk it goes on in memory: an answer matters
 * more than its record. It does not know what is asked.
 */
import { z } from "zod";
import { orDiskFull } from "../../store/disk.ts";
import { readJson, sweepTemporaryOf, writeJson } from "../../store/json-file.ts";
import { type KeptAsk, keptAsk } from "./ask.ts";

const file = z.looseObject({
  version: z.literal(1),
  asks: z.array(keptAsk),
  /** Whose turn it is: who decides. */
  createdBy: z.int().exactOptional(),
  /** Requests that were answered without asking anyone, by their keys. */
  silent: z.array(z.string()),
});

export interface Sheet {
  readonly createdBy: number | undefined;
  asks: readonly KeptAsk[];
  silent: readonly string[];
  /** Resolves when what stands here now is on the disk, or there is no room; then false. */
  save(): Promise<boolean>;
  /** Saves a last time: from then on the file is another's, and nothing that comes late is written over it. */
  close(): Promise<boolean>;
}

/** An empty sheet; the file at `path` is made with the first save. */
export function newSheet(path: string, createdBy?: number): Sheet {
  return openSheet(path, { asks: [], silent: [], ...(createdBy === undefined ? {} : { createdBy }) });
}

/** The sheet as an earlier life left it; empty where it left none that can be read. To be called while nobody else saves it. */
export async function readSheet(path: string): Promise<Sheet> {
  await sweepTemporaryOf(path);
  const read = await readJson(path, file);
  return read.ok ? openSheet(path, read.value) : newSheet(path);
}

type Known = Pick<z.infer<typeof file>, "asks" | "silent" | "createdBy">;

/** `known` is what the file has. */
function openSheet(path: string, { asks, silent, createdBy }: Known): Sheet {
  const whose = createdBy === undefined ? {} : { createdBy };
  let last: Promise<unknown> = Promise.resolve();
  let isClosed = false;
  let onDisk: Pick<Sheet, "asks" | "silent"> = { asks, silent };

  async function write(): Promise<boolean> {
    const now = { asks: sheet.asks, silent: sheet.silent };
    // A save that says nothing new could only be cut off.
    if (now.asks === onDisk.asks && now.silent === onDisk.silent) return true;
    const refused = await orDiskFull(() => writeJson(path, { version: 1, ...whose, ...now }));
    if (refused === undefined) onDisk = now;
    return refused === undefined;
  }

  function save(): Promise<boolean> {
    if (isClosed) return Promise.resolve(false);
    const saving = last.then(write);
    last = saving.catch(() => {});
    return saving;
  }

  const sheet: Sheet = {
    createdBy,
    asks,
    silent,
    save,
    close() {
      const saved = save();
      isClosed = true;
      return saved;
    },
  };
  return sheet;
}
