import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createAlbFormat } from "../../src/telemetry/access-log/alb-format.ts";
import { createJsonFormat } from "../../src/telemetry/access-log/json-format.ts";
import { withAccessLog } from "../../src/telemetry/access-log/mod.ts";
import { createIsoTime } from "../../src/telemetry/access-log/time.ts";
import type { ExchangeObserver } from "../../src/telemetry/record.ts";
import { attempt, record, route } from "./records.ts";

const r1 = route("r1");
const TIME = String.raw`\[\d\d/\w{3}/2026:\d\d:\d\d:\d\d [+-]\d{4}\]`;

describe("ALB's access log format", () => {
  const format = createAlbFormat();

  it("has ALB's fields in their order", () => {
    const line = format(record({ route: r1, attempts: [attempt()], forwardedFor: "192.0.2.7" }));
    assert.match(
      line,
      new RegExp(
        `^${TIME} 192\\.0\\.2\\.7 "a\\.com" "GET /a HTTP/1\\.1" 200 200 10\\.0\\.0\\.1:80 "curl/8" "192\\.0\\.2\\.7" ` +
          `0\\.010 0\\.009 250 80$`,
      ),
    );
  });

  it("has dashes where nothing is known", () => {
    const line = format(
      record({ status: 404, userAgent: "", target: "/nothing", clientAddress: "127.0.0.1" }),
    );
    assert.match(
      line,
      /^\[[^\]]+\] 127\.0\.0\.1 "a\.com" "GET \/nothing HTTP\/1\.1" 404 - - "-" "-" [0-9.]+ - - 80$/,
    );
  });

  it("lists retries as nginx does, with the status that nginx makes up", () => {
    const attempts = [
      attempt({ endpoint: "10.0.0.9:80", status: 0, error: "CONNECT_TIMEOUT", headMs: 4 }),
      attempt({ endpoint: "[::1]:80", headMs: 3 }),
    ];
    const line = format(record({ route: r1, attempts }));
    assert.match(line, /" 200 504, 200 10\.0\.0\.9:80, \[::1\]:80 "/);
    assert.match(line, / 0\.010 0\.004, 0\.005 250 80$/);
  });

  it("cannot be forged", () => {
    const line = format(record({ userAgent: 'x" 200\n[fake]', host: 'a"', target: "/\x1b" }));
    assert.ok(line.includes('"x\\x22 200\\x0A[fake]"'));
    assert.ok(line.includes('"a\\x22" "GET /\\x1B HTTP/1.1"'));
    assert.ok(!line.includes("\n"));
  });
});

describe("JSON access log", () => {
  const format = createJsonFormat();

  it("has every field, times in seconds", () => {
    const attempts = [
      attempt({ endpoint: "10.0.0.9:80", status: 0, error: "CONNECT_REFUSED", headMs: 0.25 }),
      attempt({ reused: true }),
    ];
    const entry = JSON.parse(format(record({ route: r1, attempts, reason: "x : y", errorCode: "" })));
    assert.deepEqual(entry, {
      time: "2026-03-04T05:06:07.089Z",
      request_id: "id-1",
      remote_addr: "192.0.2.7",
      peer_addr: "127.0.0.1",
      listener: "web",
      server_port: 80,
      scheme: "http",
      protocol: "HTTP/1.1",
      host: "a.com",
      method: "GET",
      target: "/a",
      status: 200,
      namespace: "default",
      rule: "r1",
      upstream: "default/r1",
      attempts: [
        { endpoint: "10.0.0.9:80", status: 0, reused: false, error: "CONNECT_REFUSED", time: 0.00025 },
        { endpoint: "10.0.0.1:80", status: 200, reused: true, error: "", time: 0.002 },
      ],
      bytes_received: 100,
      bytes_sent: 300,
      upstream_bytes_received: 250,
      request_time: 0.01,
      upstream_response_time: 0.009,
      phases: { match: 0.0005, filters: 0.0005, send: 0.001, wait: 0.006, respond: 0.002 },
      user_agent: "curl/8",
      x_forwarded_for: "",
      error: "",
      reason: "x : y",
    });
  });

  it("leaves out phases that were not reached, and never shows a negative one", () => {
    const early = record({ matchedAt: 0, filteredAt: 0, sentAt: 0, headAt: 0 });
    assert.deepEqual(JSON.parse(format(early)).phases, { respond: 0.01 });
    const answeredWhileSending = record({ sentAt: 1009, headAt: 1005 });
    assert.deepEqual(Object.values(JSON.parse(format(answeredWhileSending)).phases), [
      0.0005,
      0.0005,
      0.008,
      0,
      0.001,
    ]);
  });

  it("stays JSON whatever a client sends", () => {
    const nasty = '"},{"status":200\n\\\x00\x9f';
    const line = format(record({
      userAgent: nasty,
      host: nasty,
      target: nasty,
      method: nasty,
      requestId: nasty,
      forwardedFor: nasty,
      reason: nasty,
    }));
    assert.ok(!line.includes("\n"));
    assert.equal(JSON.parse(line).status, 200);
    assert.deepEqual(Object.keys(JSON.parse(line)), Object.keys(JSON.parse(format(record()))));
  });
});

describe("times", () => {
  it("carry their milliseconds within and across seconds", () => {
    const format = createIsoTime();
    for (const ms of [0, 7, 999.9, 1000, 61_050]) {
      assert.equal(format(ms), new Date(ms).toISOString());
    }
  });
});

describe("access log", () => {
  function observerSpy() {
    const calls: string[] = [];
    const observer: ExchangeObserver = {
      exchangeEnded: () => calls.push("ended"),
      connectionChanged: (port, delta) => calls.push(`connection ${port} ${delta}`),
      activeChanged: (port, delta) => calls.push(`active ${port} ${delta}`),
    };
    const lines: string[] = [];
    const writer = {
      write: (line: string) => void lines.push(line),
      flush: () => Promise.resolve(),
      dropped: () => 0,
    };
    return { observer, calls, lines, writer };
  }

  it("costs nothing when it is off", () => {
    const { observer, writer } = observerSpy();
    assert.equal(withAccessLog(observer, { rate: 0, format: "json", writer }), observer);
  });

  it("hands everything on", () => {
    const { observer, calls, lines, writer } = observerSpy();
    const logged = withAccessLog(observer, { rate: 1, format: "json", writer });
    logged.connectionChanged(80, 1);
    logged.activeChanged(80, -1);
    logged.exchangeEnded(record());
    assert.deepEqual(calls, ["connection 80 1", "active 80 -1", "ended"]);
    assert.equal(lines.length, 1);
  });

  it("logs the share that is asked for", () => {
    const { observer, calls, lines, writer } = observerSpy();
    const draws = [0.05, 0.1, 0.5, 0.09];
    const random = () => draws.shift()!;
    const logged = withAccessLog(observer, { rate: 0.1, format: "alb", writer, random });
    for (let i = 0; i < 4; i++) logged.exchangeEnded(record());
    assert.equal(lines.length, 2);
    assert.equal(calls.length, 4);
  });
});
