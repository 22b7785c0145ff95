/**
 * Opens what lies in a session for reading, as whoever packs it must: it follows
 * no link, waits for no writer of a pipe, and, where the kernel allows it, leaves
 * no trace. It does not know what is read.
 */
import { constants, openSync } from "node:fs";
import { codeOf } from "../../error-code.ts";

// O_NONBLOCK: were it a FIFO by now, opening it would wait for a writer for ever.
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** Else the first reading of each file writes when that was: thousands of entries in the file system's journal. Only Linux has it. */
const WITHOUT_TRACE = FLAGS | ("O_NOATIME" in constants ? constants.O_NOATIME : 0);

/** The descriptor of the file or folder `path`, to be closed by the caller. Throws what the system says. */
export function openToRead(path: string): number {
  try {
    return openSync(path, WITHOUT_TRACE);
  } catch (error) {
    // Only the owner of a file may read it without a trace.
    if (codeOf(error) === "EPERM") return openSync(path, FLAGS);
    throw error;
  }
}
