/** docs/metrics-and-logs.md names every metric and every field of the access log, and nothing else. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import { createJsonFormat } from "../../src/telemetry/access-log/json-format.ts";
import { createMetrics } from "../../src/telemetry/metrics/mod.ts";
import { attempt, record, route, table } from "../telemetry/records.ts";

const page = readFileSync(new URL("../../docs/metrics-and-logs.md", import.meta.url), "utf8");

/** Names in the first columns of the tables with this heading, and the other cells of their rows. */
function rows(heading: string): [name: string, ...cells: string[]][] {
  return page.split(`| ${heading} |`).slice(1).flatMap((table) => {
    const lines = table.split("\n").slice(2);
    const end = lines.findIndex((line) => !line.startsWith("|"));
    return lines.slice(0, end).flatMap((line) => {
      const [names = "", ...cells] = line.split("|").slice(1, -1).map((cell) => cell.trim());
      return [...names.matchAll(/`([^`]+)`/g)].map(([, name]): [string, ...string[]] => [name!, ...cells]);
    });
  });
}

it("every metric is on the page with its type and labels", async () => {
  const metrics = createMetrics({
    build: { version: "1", runtime: "r", runtime_version: "2" },
    accessLogDropped: () => 0,
  });
  const r1 = route("r1");
  metrics.tableApplied(table([r1]));
  metrics.observer.exchangeEnded(record({ route: r1, attempts: [attempt()] }));
  metrics.observer.exchangeEnded(record({ status: 404, errorCode: "NO_RULE_MATCH" }));
  metrics.config.reloaded(true, 0);
  metrics.config.problems([]);
  let text = "";
  for await (const chunk of metrics.expose().chunks) text += chunk;

  const exposed = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => {
    const series = new RegExp(`^${name}(?:_count)?(?:\\{(.*)\\})? `, "m").exec(text);
    assert(series !== null, `${name} has a sample`);
    const labels = [...(series[1] ?? "").matchAll(/(\w+)="/g)].map(([, label]) => label).join();
    return `${name} ${type} ${labels}`;
  });
  let same = "";
  const documented = rows("Metric").map(([name, type, labels = ""]) => {
    if (labels !== "the same") {
      same = [...labels.split(":")[0]!.matchAll(/`(\w+)`/g)].map(([, label]) => label).join();
    }
    return `${name} ${type} ${same}`;
  });
  assert.deepEqual(documented.sort(), exposed.sort());
});

it("every field of the access log is on the page", () => {
  const logged = Object.keys(JSON.parse(createJsonFormat()(record())));
  assert.deepEqual(rows("Field").map(([name]) => name), logged);
});
