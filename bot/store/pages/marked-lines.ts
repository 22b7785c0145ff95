/**
 * Bytes → the few lines that have a mark in them. Promises to decode no other
 * line, and to hold back no more than one of a length that it is told. It does
 * not know what they say.
 */

const NEWLINE = 0x0a;

/** The lines of `chunks` in which `mark` stands, without their ends; one of more than `maxBytes` is passed over. */
export async function* markedLines(
  chunks: AsyncIterable<Uint8Array>,
  mark: string,
  maxBytes: number,
): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  let isTooLong = false;
  for await (const chunk of chunks) {
    let data =
      rest.length === 0
        ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
        : Buffer.concat([rest, chunk]);
    if (isTooLong) {
      const begins = data.indexOf(NEWLINE) + 1;
      if (begins === 0) continue;
      data = data.subarray(begins);
      isTooLong = false;
    }
    const end = data.lastIndexOf(NEWLINE) + 1;
    yield* linesWith(data.subarray(0, end), mark, maxBytes);
    isTooLong = data.length - end > maxBytes;
    // A copy: who gave the chunk may use it again.
    rest = Buffer.from(isTooLong ? [] : data.subarray(end));
  }
  yield* linesWith(rest, mark, maxBytes);
}

/** The same of whole lines. */
function* linesWith(data: Buffer, mark: string, maxBytes: number): Generator<string> {
  for (let at = data.indexOf(mark); at !== -1;) {
    const begin = data.lastIndexOf(NEWLINE, at) + 1;
    const found = data.indexOf(NEWLINE, at);
    const end = found === -1 ? data.length : found;
    if (end - begin <= maxBytes) yield data.toString("utf8", begin, end);
    at = data.indexOf(mark, end);
  }
}
