/**
 * Metrics of traffic as Prometheus text (exposition format 0.0.4). They are not prom-client's because of their number:
 * ten thousand routes that are in use have a million series, which prom-client prints in steps of 200 ms during which
 * nothing else happens. Here labels are printed once, when the series begins, and traffic goes on between chunks.
 */

/** Labels as they are printed between braces: `a="1",b="2"`. */
export type LabelText = string;

export interface Sample {
  readonly labels: LabelText;
  readonly value: number;
  /** Behind the family's name: `_bucket`, `_sum`, `_count`. */
  readonly suffix?: string;
}

/** One metric with all its series. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  samples(): Iterable<Sample>;
}

/** Labels in the order of the object's keys. */
export function labelText(labels: Readonly<Record<string, string>>): LabelText {
  return Object.entries(labels).map(([name, value]) => `${name}="${escapeValue(value)}"`).join();
}

function escapeValue(value: string): string {
  return value.replace(/["\\]/g, "\\$&").replace(/\n/g, "\\n");
}

/** About a millisecond's work. */
const LINES_PER_CHUNK = 1000;

/** The text of all families, in chunks that are small enough to let traffic through between them. */
export function* printFamilies(families: readonly Family[]): Generator<string> {
  let lines = 0;
  let text = "";
  for (const { name, help, type, samples } of families) {
    text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
    for (const { labels, value, suffix = "" } of samples()) {
      text += `${name}${suffix}${labels === "" ? "" : `{${labels}}`} ${value}\n`;
      if (++lines % LINES_PER_CHUNK !== 0) continue;
      yield text;
      text = "";
    }
    text += "\n";
  }
  yield text;
}
