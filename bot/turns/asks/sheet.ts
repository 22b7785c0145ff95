/**
 * `asks.json`: what was asked in one turn and what became of it, one save after
 * the other. Without room on the disk it goes on in memory: an answer matters
 * more than its record. It does not know what is asked.
 */
import { z } from "zod";
import { orDiskFull } from "../../store/disk.ts";
import { readJson, writeJson } from "../../store/json-file.ts";
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
}

/** An empty sheet; the file at `path` is made with the first save. */
export function newSheet(path: string, createdBy?: number): Sheet {
  let last: Promise<unknown> = Promise.resolve();
  const sheet: Sheet = {
    createdBy,
    asks: [],
    silent: [],
    async save() {
      const saving = last.then(() =>
        orDiskFull(() =>
          writeJson(path, {
            version: 1,
            ...(createdBy === undefined ? {} : { createdBy }),
            asks: sheet.asks,
            silent: sheet.silent,
          }),
        ),
      );
      last = saving.catch(() => {});
      return (await saving) === undefined;
    },
  };
  return sheet;
}

/** The sheet as an earlier life left it; empty where it left none that can be read. */
export async function readSheet(path: string): Promise<Sheet> {
  const read = await readJson(path, file);
  const sheet = newSheet(path, read.ok ? read.value.createdBy : undefined);
  if (read.ok) {
    sheet.asks = read.value.asks;
    sheet.silent = read.value.silent;
  }
  return sheet;
}
