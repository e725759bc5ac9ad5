import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Secret } from "../../src/lib/secret.ts";
import { createLogger, type LoggerOptions } from "../../src/telemetry/log.ts";

function newLog(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const log = createLogger({
    level: "debug",
    format: "json",
    write: (line) => lines.push(line),
    now: () => Date.UTC(2026, 2, 4, 5, 6, 7, 89),
    ...options,
  });
  return { log, lines };
}

describe("log", () => {
  it("is one JSON object a line", () => {
    const { log, lines } = newLog();
    log.with({ listener: "tcp/80" }).warn("port in use\n", { port: 80, nothing: undefined });
    assert.deepEqual(lines, [
      '{"time":"2026-03-04T05:06:07.089Z","level":"warn","message":"port in use\\n","listener":"tcp/80","port":80}',
    ]);
  });

  it("shows errors with causes and stack, and hides secrets", () => {
    const { log, lines } = newLog();
    const error = new Error("no table", { cause: new Error("no space") });
    log.error("failed", { error, password: new Secret("hunter2") });
    const line = JSON.parse(lines[0]!);
    assert.equal(line.error, "no table: no space");
    assert.match(line.error_stack, /log\.test\.ts/);
    assert.equal(line.password, "[redacted]");
    assert.ok(!lines[0]!.includes("hunter2"));
  });

  it("is readable as text, on one line whatever the values", () => {
    const { log, lines } = newLog({ format: "text" });
    log.info("ready\x1b[31m", { port: 80, name: "a b", error: new Error("x\ny"), plain: "ok", list: [1] });
    assert.deepEqual(lines, [
      '2026-03-04T05:06:07.089Z INFO  ready\\x1b[31m port=80 name="a b" error="x\\ny" plain=ok list=[1]',
    ]);
  });

  it("leaves out what is below its level", () => {
    const { log, lines } = newLog({ level: "warn", format: "text" });
    for (const level of ["debug", "info", "warn", "error"] as const) log[level]("m");
    assert.deepEqual(lines.map((line) => line.split(" ")[1]), ["WARN", "ERROR"]);
  });
});
