/** 09-timeout-retry.yaml, kind layering, on TCP and UDP: which object decides is in the table before anything serves it. */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { alb2, frontend, group, type Json, translateObjects } from "../translators/objects.ts";
import { type Case, loadCases } from "../vectors/load.ts";

interface LayeringCase extends Case {
  readonly kind: string;
  readonly given: { readonly protocol: string; readonly alb: Json | null; readonly ft: Json | null };
  readonly expect: { readonly effective: Readonly<Record<string, number>> | null };
}

const cases = loadCases<LayeringCase>("09-timeout-retry.yaml").filter(({ kind, given }) =>
  kind === "layering" && given.protocol !== "http"
);
const DEFAULT_CONNECT_MS = 5000;
const DEFAULT_IDLE_MS = 120_000;

describe("vectors: 09-timeout-retry (layers of sessions)", () => {
  it("are some", () => assert.ok(cases.length >= 3));

  for (const { name, given: { protocol, alb, ft }, expect, status } of cases) {
    it(name, () => {
      const timeout = (fields: unknown) => fields === null ? {} : { timeout: fields };
      const { table } = translateObjects([
        alb2(timeout(alb)),
        frontend(
          { protocol, serviceGroup: group("echo"), config: timeout(ft) },
          { labels: { "alb2.cpaas.io/name": "edge" } },
        ),
      ]);
      // "udp takes the timeout object too"
      const effective = status === "superseded" ? ft as Record<string, number> : expect.effective;
      const { proxy_connect_timeout_ms: connectMs, proxy_send_timeout_ms, proxy_read_timeout_ms } =
        effective ?? {};
      const idleMs = Math.max(proxy_send_timeout_ms ?? 0, proxy_read_timeout_ms ?? 0) || DEFAULT_IDLE_MS;
      assert.deepEqual(table.listeners[0]?.routes[0]?.timeouts, {
        connectMs: connectMs ?? DEFAULT_CONNECT_MS,
        sendMs: idleMs,
        readMs: idleMs,
      });
    });
  }
});
