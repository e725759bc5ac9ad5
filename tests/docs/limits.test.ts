/** docs/limits.md, the settings and the metric name the same limits. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import { settingsSchema } from "../../src/config.ts";
import { LIMIT_NAMES } from "../../src/errors.ts";
import { DEFAULT_LIMITS } from "../../src/proxy/limits.ts";
import { createMetrics } from "../../src/telemetry/metrics/mod.ts";

const page = readFileSync(new URL("../../docs/limits.md", import.meta.url), "utf8");

/** Name and default of each row below `| heading |`. */
function rows(heading: string): string[][] {
  const lines = page.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`| ${heading} |`)) + 2;
  const end = lines.findIndex((line, index) => index >= start && !line.startsWith("|"));
  return lines.slice(start, end).map((line) =>
    line.split("|").slice(1, 3).map((cell) => cell.trim().replaceAll("`", ""))
  );
}

const { limits } = settingsSchema.parse({ config: ["."] });

it("every limit that can be set is on the page with its default", () => {
  const flat = Object.entries(limits).flatMap(([name, value]) =>
    typeof value === "number"
      ? [[name, String(value)]]
      : Object.entries(value).map(([inner, number]) => [`${name}.${inner}`, String(number)])
  );
  assert.deepEqual(rows("Name"), flat);
});

it("the code has no other defaults", () => {
  assert.deepEqual(DEFAULT_LIMITS, limits);
});

it("every limit is counted under its name, from the start", async () => {
  const documented = [...rows("Name"), ...rows("Field")].map(([name]) => name);
  assert.deepEqual([...LIMIT_NAMES].sort(), documented.sort());
  const build = { version: "1", runtime: "r", runtime_version: "2" };
  const metrics = createMetrics({ build, accessLogDropped: () => 0 });
  metrics.limitHit("maxConnections");
  let text = "";
  for await (const chunk of metrics.expose().chunks) text += chunk;
  const counted = [...text.matchAll(/^albatross_limit_hits_total\{limit="(.+)"\} (\d+)$/gm)];
  assert.deepEqual(counted.map(([, name]) => name).sort(), documented.sort());
  assert.deepEqual(counted.find(([, name]) => name === "maxConnections")?.[2], "1");
});
