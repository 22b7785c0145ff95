/**
 * What tools said that they changed: files, lines and the text of it. It is all
 * that is known where no snapshot is; what a shell command changed is not in it.
 * Memory only.
 */
import { isAbsolute, relative } from "node:path";
import { z } from "zod";

/** One file that tools changed; `path` as they named it, absolute. */
export interface EditedFile {
  readonly path: string;
  readonly isNew: boolean;
  readonly added: number;
  readonly removed: number;
}

/** The CLI's own words for it. */
const hunk = z.looseObject({
  oldStart: z.number(),
  oldLines: z.number(),
  newStart: z.number(),
  newLines: z.number(),
  lines: z.array(z.string()),
});
const edit = z.looseObject({
  filePath: z.string(),
  type: z.string().optional(),
  content: z.string().optional(),
  structuredPatch: z.array(hunk),
});

const MOST_DIFF_UNITS = 2_000_000;

/** Begins with nothing. */
export function createToolEdits() {
  const files = new Map<string, EditedFile>();
  const texts: { path: string; isNew: boolean; text: string }[] = [];
  let units = 0;

  return {
    /** Takes in what a tool said at its end; what is no edit is passed over. */
    note(detail: unknown): void {
      const read = edit.safeParse(detail);
      if (!read.success || !isAbsolute(read.data.filePath)) return;
      const { filePath: path, type, content = "", structuredPatch } = read.data;
      const isNew = type === "create";
      const lines = isNew
        ? linesOf(content).map((line) => `+${line}`)
        : structuredPatch.flatMap((each) => each.lines);
      const before = files.get(path);
      files.set(path, {
        path,
        isNew: isNew || before?.isNew === true,
        added: (before?.added ?? 0) + lines.filter((line) => line.startsWith("+")).length,
        removed: (before?.removed ?? 0) + lines.filter((line) => line.startsWith("-")).length,
      });
      const text = isNew
        ? [`@@ -0,0 +1,${lines.length} @@`, ...lines].join("\n")
        : structuredPatch.map((each) => [headOf(each), ...each.lines].join("\n")).join("\n");
      units += text.length;
      if (units <= MOST_DIFF_UNITS) texts.push({ path, isNew, text });
    },

    list: (): readonly EditedFile[] => [...files.values()],

    /** All edits in git's form, one after the other as they came; paths relative to `cwd`. */
    diff(cwd: string): string {
      return texts
        .map(({ path, isNew, text }) => {
          const name = relative(cwd, path);
          return `--- ${isNew ? "/dev/null" : `a/${name}`}\n+++ b/${name}\n${text}\n`;
        })
        .join("");
    },
  };
}

function headOf({ oldStart, oldLines, newStart, newLines }: z.infer<typeof hunk>): string {
  return `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@`;
}

function linesOf(text: string): string[] {
  if (text === "") return [];
  return (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");
}
