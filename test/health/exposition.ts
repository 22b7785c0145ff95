/**
 * The text format of Prometheus, read strictly: what promtool would complain of
 * is thrown.
 */

/** One value. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(?:,|$)/;

/** All samples of `text`; throws where it is not what Prometheus reads, or not how metrics are to be named. */
export function readExposition(text: string): Sample[] {
  if (!text.endsWith("\n")) throw new Error("no newline at the end");
  const types = new Map<string, string>();
  const helped = new Set<string>();
  const samples: Sample[] = [];
  const seen = new Set<string>();
  let family = "";
  for (const line of text.slice(0, -1).split("\n")) {
    const [, kind, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (kind !== undefined) {
      if (!NAME.test(name)) throw new Error(`bad name: ${line}`);
      if (kind === "HELP" && helped.has(name)) throw new Error(`told twice: ${line}`);
      if (kind === "HELP") helped.add(name);
      else if (types.has(name) || !["gauge", "counter", "histogram"].includes(rest))
        throw new Error(`bad type: ${line}`);
      else types.set((family = name), rest);
      continue;
    }
    const sample = readSample(line);
    const type = types.get(family);
    const own = type === "histogram" ? sample.name.replace(/_(bucket|sum|count)$/, "") : sample.name;
    if (own !== family || !helped.has(family)) throw new Error(`not below its heading: ${line}`);
    if ((type === "counter") !== sample.name.endsWith("_total"))
      throw new Error(`a counter ends in _total: ${line}`);
    const key = `${sample.name}${JSON.stringify(sample.labels)}`;
    if (seen.has(key)) throw new Error(`twice: ${line}`);
    seen.add(key);
    samples.push(sample);
  }
  for (const [name, type] of types) if (type === "histogram") checkHistogram(name, samples);
  return samples;
}

function readSample(line: string): Sample {
  const [, name = "", inner = "", number = ""] = LINE.exec(line) ?? [];
  const value = number === "+Inf" ? Number.POSITIVE_INFINITY : Number(number);
  if (name === "" || Number.isNaN(value)) throw new Error(`not a sample: ${line}`);
  const labels: Record<string, string> = {};
  let rest = inner;
  while (rest !== "") {
    const [whole, label = "", text = ""] = LABEL.exec(rest) ?? [];
    if (whole === undefined || label in labels) throw new Error(`bad labels: ${line}`);
    labels[label] = text;
    rest = rest.slice(whole.length);
  }
  return { name, labels, value };
}

function checkHistogram(name: string, samples: readonly Sample[]): void {
  const series = new Map<string, Sample[]>();
  for (const sample of samples.filter((each) => each.name === `${name}_bucket`)) {
    const { le: _, ...others } = sample.labels;
    const key = JSON.stringify(others);
    series.set(key, [...(series.get(key) ?? []), sample]);
  }
  for (const [key, buckets] of series) {
    const bounds = buckets.map(({ labels }) => (labels["le"] === "+Inf" ? Infinity : Number(labels["le"])));
    const values = buckets.map(({ value }) => value);
    const isGrowing = (all: readonly number[]) =>
      all.every((each, at) => at === 0 || each >= (all[at - 1] ?? 0));
    if (!isGrowing(bounds) || !isGrowing(values) || bounds.at(-1) !== Infinity)
      throw new Error(`${name}${key}: buckets do not grow to +Inf`);
    const count = samples.find(
      (each) => each.name === `${name}_count` && JSON.stringify(each.labels) === key,
    );
    if (count?.value !== values.at(-1)) throw new Error(`${name}${key}: +Inf is not the count`);
    if (!samples.some((each) => each.name === `${name}_sum` && JSON.stringify(each.labels) === key))
      throw new Error(`${name}${key}: no sum`);
  }
}
