/**
 * What is counted, as Prometheus reads it (text format 0.0.4). Labels are words
 * of ours only: no name, id or text of anybody. It does not know who reads it.
 */

/** A number that a name and its labels have now. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One metric: its name, what it means, and what it is now. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: "gauge" | "counter";
  readonly samples: readonly Sample[];
}

/** Counts, by labels. */
export interface Counter {
  add(labels: Readonly<Record<string, string>>): void;
  samples(): Sample[];
}

/** Makes a counter at nothing. */
export function createCounter(): Counter {
  const counts = new Map<string, { labels: Readonly<Record<string, string>>; value: number }>();
  return {
    add(labels) {
      const key = JSON.stringify(labels);
      const count = counts.get(key) ?? { labels, value: 0 };
      count.value += 1;
      counts.set(key, count);
    },
    samples: () => [...counts.values()].map(({ labels, value }) => ({ labels, value })),
  };
}

/** How long things took, in buckets. Values are in seconds. */
export interface Histogram {
  observe(labels: Readonly<Record<string, string>>, seconds: number): void;
  render(name: string, help: string): string[];
}

const BUCKETS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300];

/** Makes an empty histogram. */
export function createHistogram(): Histogram {
  const series = new Map<string, { labels: Readonly<Record<string, string>>; seen: number[] }>();
  return {
    observe(labels, seconds) {
      const key = JSON.stringify(labels);
      const one = series.get(key) ?? { labels, seen: [...BUCKETS.map(() => 0), 0, 0] };
      for (const [at, most] of BUCKETS.entries()) if (seconds <= most) one.seen[at] = (one.seen[at] ?? 0) + 1;
      const [count, sum] = [BUCKETS.length, BUCKETS.length + 1];
      one.seen[count] = (one.seen[count] ?? 0) + 1;
      one.seen[sum] = (one.seen[sum] ?? 0) + seconds;
      series.set(key, one);
    },
    render(name, help) {
      const lines = heading(name, help, "histogram");
      for (const { labels, seen } of series.values()) {
        const [count = 0, sum = 0] = seen.slice(BUCKETS.length);
        for (const [at, most] of BUCKETS.entries())
          lines.push(line(`${name}_bucket`, { ...labels, le: String(most) }, seen[at] ?? 0));
        lines.push(line(`${name}_bucket`, { ...labels, le: "+Inf" }, count));
        lines.push(line(`${name}_sum`, labels, sum), line(`${name}_count`, labels, count));
      }
      return lines;
    },
  };
}

/** A metric as lines; none where it has no value. */
export function renderMetric({ name, help, type, samples }: Metric): string[] {
  if (samples.length === 0) return [];
  return [...heading(name, help, type), ...samples.map(({ labels, value }) => line(name, labels, value))];
}

function heading(name: string, help: string, type: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

function line(name: string, labels: Readonly<Record<string, string>> = {}, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}
