/** One clock for every process of a measurement: the machine's monotonic one. */

/** Ms, with fractions; the same in every process. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
