/**
 * Which line of which source a line of the bundle is. Read only when something went
 * wrong; a line that is not known stays the bundle's.
 */
"use strict";
const fs = require("node:fs");
const path = require("node:path");

/** A stack as V8 would write it, with our sources in place of the bundle `file`. */
function describe(error, sites, file, root) {
  const find = finder(file, root);
  const lines = sites.map(
    (site) =>
      `\n    at ${String(site)
        .replace(`${file}:`, "\0")
        .replace(/\0(\d+)/, (_, line) => find(Number(line)))}`,
  );
  return `${headOf(error)}${lines.join("")}`;
}

function headOf(error) {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return "Error";
  }
}

let known;

function finder(file, root) {
  try {
    known ??= JSON.parse(fs.readFileSync(`${file}.lines`, "utf8"));
  } catch {
    known = { sources: [], lines: [] };
  }
  const { sources, lines } = known;
  return (line) => {
    const [source, at] = lines[line - 1] ?? [];
    return source === undefined ? `${file}:${line}` : `${path.join(root, sources[source])}:${at}`;
  };
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** The numbers of one segment of a source map. */
function decode(segment) {
  const numbers = [];
  let value = 0;
  let shift = 0;
  for (const digit of segment) {
    const bits = DIGITS.indexOf(digit);
    value += (bits & 31) << shift;
    shift += 5;
    if (bits & 32) continue;
    numbers.push(value & 1 ? -(value >> 1) : value >> 1);
    value = 0;
    shift = 0;
  }
  return numbers;
}

/** A source map, as far as a stack needs it: for each line of the bundle, the source and the line that it begins with. */
function readMap(json, root, folder) {
  const { sources, mappings } = JSON.parse(json);
  let source = 0;
  let line = 0;
  const lines = mappings.split(";").map((segments) => {
    let first = 0;
    for (const segment of segments === "" ? [] : segments.split(",")) {
      const [, sourceStep, lineStep] = decode(segment);
      if (sourceStep === undefined) continue;
      source += sourceStep;
      line += lineStep;
      if (first === 0) first = [source, line + 1];
    }
    return first;
  });
  return { sources: sources.map((name) => path.relative(root, path.resolve(folder, name))), lines };
}

module.exports = { describe, readMap };
