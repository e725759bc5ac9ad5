/** Counts of several processes are those that one process would have had. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { takeDelta } from "../../src/telemetry/metrics/delta.ts";
import { createMetrics } from "../../src/telemetry/metrics/mod.ts";
import { Traffic } from "../../src/telemetry/metrics/traffic.ts";
import type { ExchangeObserver } from "../../src/telemetry/record.ts";
import { attempt, record, route, table } from "./records.ts";

const BUILD = { version: "1", runtime: "r", runtime_version: "2" };
const R1 = route("r1");
const TABLE = table([R1]);

function create() {
  const metrics = createMetrics({ build: BUILD, accessLogDropped: () => 0 });
  metrics.tableApplied(TABLE);
  return metrics;
}

/** Series of traffic alone, sorted. */
async function series(metrics: ReturnType<typeof create>): Promise<string[]> {
  let text = "";
  for await (const chunk of metrics.expose().chunks) text += chunk;
  const lines = text.split("\n").filter((line) => /^(albatross_(re|err|conn|up)|nginx|alb_)/.test(line));
  return lines.filter((line) => !/_sum/.test(line)).sort();
}

function worker(): Traffic {
  const traffic = new Traffic();
  traffic.tableApplied(TABLE);
  return traffic;
}

/** Some of everything that is counted. */
function serve(observer: ExchangeObserver, status: number): void {
  observer.connectionChanged(80, 1);
  observer.activeChanged(80, 1);
  observer.exchangeEnded(record({ route: R1, status, attempts: [attempt(), attempt()] }));
  observer.exchangeEnded(record({ status: 404, errorCode: "NO_RULE_MATCH", method: "POST" }));
  observer.requestRefused?.(record({ status: 400, errorCode: "BAD_REQUEST" }));
}

describe("the sum of processes", () => {
  it("is what one process would have counted", async () => {
    const alone = create();
    const summed = create();
    const workers = [worker(), worker()];
    for (const [turn, status] of [200, 200, 502, 200].entries()) {
      serve(alone.observer, status);
      const traffic = workers[turn % 2]!;
      serve(traffic, status);
      summed.sum.add(traffic, JSON.parse(JSON.stringify(takeDelta(traffic))));
    }
    assert.deepEqual(await series(summed), await series(alone));
  });

  it("counts nothing twice, and keeps what a process had told when it is gone", async () => {
    const summed = create();
    const traffic = worker();
    serve(traffic, 200);
    summed.sum.add(traffic, takeDelta(traffic));
    const told = await series(summed);
    summed.sum.add(traffic, takeDelta(traffic));
    assert.deepEqual(await series(summed), told);
    summed.sum.forget(traffic);
    const isGauge = (line: string) =>
      /^(albatross_connections|albatross_requests_in|nginx_http_connections)/.test(line);
    const left = await series(summed);
    assert.deepEqual(left.filter((line) => !isGauge(line)), told.filter((line) => !isGauge(line)));
    assert.ok(told.filter(isGauge).some((line) => !line.endsWith(" 0")));
    assert.ok(left.filter(isGauge).every((line) => line.endsWith(" 0")), left.filter(isGauge).join("\n"));
  });
});
