/**
 * The files that a bundle is made of and kept in, for who makes it and who runs it.
 */
"use strict";
const fs = require("node:fs");
const path = require("node:path");

const ROOT = path.dirname(path.dirname(__dirname));

/** `[path, size, mtimeMs]` of a file of the project; size and time are 0 where it is not there. */
function stampOf(name) {
  const stats = fs.statSync(path.join(ROOT, name), { throwIfNoEntry: false });
  return [name, stats?.size ?? 0, stats?.mtimeMs ?? 0];
}

/** Whole or not at all; where nothing can be written, the next start has the work again. */
function replaceFile(file, data) {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    fs.writeFileSync(temporary, data);
    // The bot's own files are its owner's alone; this is a copy of what everyone may read.
    fs.chmodSync(temporary, 0o644);
    fs.renameSync(temporary, file);
  } catch {
    try {
      fs.unlinkSync(temporary);
    } catch {
      // It was never made.
    }
  }
}

module.exports = { ROOT, replaceFile, stampOf };
