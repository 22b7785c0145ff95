/**
 * Two texts → the lines that differ, with signs and a little around them. Pure.
 * For the eye of a person: it promises that no changed line is left out.
 */

/** Lines kept around a change. */
const AROUND = 2;
/** Above this many pairs of lines the changed middle is shown as taken out and put in, whole. */
const MOST_PAIRS = 1_000_000;

/** The lines of a diff: ` same`, `-gone`, `+new`; "⋯" stands where equal lines are left out. Empty for equal texts. */
export function diffLines(before: string, after: string): string {
  // The newline at the end of a whole file is no line of its own.
  const isWhole = after.endsWith("\n") && (before === "" || before.endsWith("\n"));
  const [old, fresh] = isWhole
    ? [before === "" ? [] : before.slice(0, -1).split("\n"), after.slice(0, -1).split("\n")]
    : [linesOf(before), linesOf(after)];
  let start = 0;
  while (start < old.length && start < fresh.length && old[start] === fresh[start]) start += 1;
  let end = 0;
  while (
    end < old.length - start &&
    end < fresh.length - start &&
    old[old.length - 1 - end] === fresh[fresh.length - 1 - end]
  )
    end += 1;
  const lines = [
    ...old.slice(0, start).map((line) => ` ${line}`),
    ...middle(old.slice(start, old.length - end), fresh.slice(start, fresh.length - end)),
    ...old.slice(old.length - end).map((line) => ` ${line}`),
  ];
  return shortened(lines).join("\n");
}

function linesOf(text: string): string[] {
  return text === "" ? [] : text.split("\n");
}

/** The longest common lines stay; `table[i][j]` is how many are common from there on. */
function middle(old: readonly string[], fresh: readonly string[]): string[] {
  const width = fresh.length + 1;
  if (old.length * fresh.length > MOST_PAIRS)
    return [...old.map((line) => `-${line}`), ...fresh.map((line) => `+${line}`)];
  const table = new Uint32Array((old.length + 1) * width);
  const at = (i: number, j: number): number => table[i * width + j] ?? 0;
  for (let i = old.length - 1; i >= 0; i -= 1)
    for (let j = fresh.length - 1; j >= 0; j -= 1)
      table[i * width + j] =
        old[i] === fresh[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < fresh.length) {
    if (i < old.length && j < fresh.length && old[i] === fresh[j]) {
      lines.push(` ${old[i]}`);
      i += 1;
      j += 1;
    } else if (i < old.length && (j >= fresh.length || at(i + 1, j) >= at(i, j + 1))) {
      lines.push(`-${old[i]}`);
      i += 1;
    } else {
      lines.push(`+${fresh[j]}`);
      j += 1;
    }
  }
  return lines;
}

function shortened(lines: readonly string[]): string[] {
  const isNear = lines.map((_, index) =>
    lines.slice(Math.max(0, index - AROUND), index + AROUND + 1).some((line) => !line.startsWith(" ")),
  );
  if (!isNear.includes(true)) return [];
  return lines.flatMap((line, index) => {
    if (isNear[index]) return [line];
    return index === 0 || isNear[index - 1] ? ["⋯"] : [];
  });
}
