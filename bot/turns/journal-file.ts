/**
 * The journal's file: it grows a line at a time, and is written anew, shorter, when
 * it has grown too long. It promises that a line is durable when its promise
 * resolves, in the old file or in the new one, whenever the process dies. It does
 * not know what a line says.
 */
import type { AppendFile } from "../store/append-file.ts";
import { writeFileDurably } from "../store/json-file.ts";

export interface JournalFile {
  /** Rejects with the system's error if the disk refuses; then none of `lines` is in the file. */
  append(lines: readonly string[]): Promise<void>;
}

export interface JournalFileOptions {
  readonly path: string;
  readonly file: AppendFile;
  readonly bytes: number;
  /** The file is written anew when it is longer than this, and than twice what it was after the last time. */
  readonly compactBytes: number;
  readonly open: (path: string) => Promise<AppendFile>;
  /** Told of lines that are in the file from now on, before their promise resolves. */
  readonly onDurable: (lines: readonly string[]) => void;
  /** The lines that a new file must have, of all that is durable; nothing is appended meanwhile. */
  readonly essence: () => readonly string[];
  /** Told when the new file is there. */
  readonly onCompacted: () => void;
  readonly checkpoint: (name: string) => void;
}

/** Goes on with a file that was read. */
export function continueJournalFile(options: JournalFileOptions): JournalFile {
  const { path, compactBytes, checkpoint } = options;
  let { file, bytes } = options;
  let limit = Math.max(compactBytes, 2 * bytes);
  let underWay = 0;
  let drained: (() => void) | undefined;
  let compacting: Promise<void> | undefined;
  let fault: { readonly error: unknown } | undefined;

  async function compact(): Promise<void> {
    if (underWay > 0) await new Promise<void>((resolve) => (drained = resolve));
    drained = undefined;
    const text = options.essence().map((line) => `${line}\n`);
    checkpoint("journal:long");
    try {
      await writeFileDurably(path, text.join(""));
      bytes = Buffer.byteLength(text.join(""));
      options.onCompacted();
    } catch {
      // No room for it, most likely: the old file goes on, and is looked at again when it has grown as much again.
    }
    limit = bytes + Math.max(compactBytes, bytes);
    checkpoint("journal:short");
    try {
      // Even after a failure: it may have come when the new file was in its place.
      const next = await options.open(path);
      await file.close();
      file = next;
    } catch (error) {
      // What would be written now would be in no file that has a name.
      fault = { error };
    }
  }

  return {
    async append(lines) {
      for (let gate = compacting; gate; gate = compacting) await gate;
      if (fault) throw fault.error;
      underWay += 1;
      try {
        await file.append(lines);
        options.onDurable(lines);
        for (const line of lines) bytes += Buffer.byteLength(line) + 1;
      } finally {
        underWay -= 1;
        if (underWay === 0) drained?.();
      }
      if (bytes > limit) compacting ??= compact().finally(() => (compacting = undefined));
    },
  };
}
