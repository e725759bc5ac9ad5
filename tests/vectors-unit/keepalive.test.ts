/** Keep-alive cases of 16-keepalive-tunables.yaml. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseDuration } from "../../src/lib/duration.ts";
import type { ClientKeepalive, Protocol } from "../../src/table/table.ts";
import { frontend, type Json, translateObjects } from "../translators/objects.ts";
import { type Case, loadCases } from "../vectors/load.ts";

interface KeepaliveCase extends Case {
  readonly kind: string;
  readonly given: {
    readonly protocol: Protocol;
    readonly tcp?: Json;
    readonly http?: Json;
    readonly waf?: boolean;
  };
  readonly expect: Readonly<Record<string, string | number | boolean | null>>;
}

const CASES = loadCases<KeepaliveCase>("16-keepalive-tunables.yaml");

function keepaliveOf({ given: { protocol, tcp, http } }: KeepaliveCase): ClientKeepalive {
  const { table } = translateObjects([frontend({ protocol, config: { keepalive: { tcp, http } } })]);
  assert(table.listeners[0] !== undefined);
  return table.listeners[0].keepalive;
}

/** Milliseconds; null for `os`. */
function duration(text: unknown): number | null {
  return text === "os" ? null : parseDuration(String(text)) ?? NaN;
}

describe("vectors: 16-keepalive-tunables, tcp", () => {
  for (const vector of CASES.filter(({ kind }) => kind === "tcpKeepalive")) {
    it(vector.name, () => {
      const { enabled, idle, interval, count } = vector.expect;
      const expected = {
        idleMs: duration(idle),
        intervalMs: duration(interval),
        count: count === "os" ? null : count,
      };
      assert.deepEqual(keepaliveOf(vector).tcp, enabled === true ? expected : null);
    });
  }
});

describe("vectors: 16-keepalive-tunables, http", () => {
  for (const vector of CASES.filter(({ kind }) => kind === "httpKeepalive")) {
    it(vector.name, () => {
      const { ignored, timeout, headerTimeout, requests } = vector.expect;
      const { idleMs, headerTimeoutS, requests: found } = keepaliveOf(vector);
      if (ignored === true) {
        assert.deepEqual([idleMs, found], [65_000, 1000]);
        return;
      }
      assert.deepEqual([idleMs, found], [duration(timeout), requests]);
      if (headerTimeout !== undefined) {
        assert.equal(headerTimeoutS, headerTimeout === null ? null : Number(duration(headerTimeout)) / 1000);
      }
    });
  }
});
