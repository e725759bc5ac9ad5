/** Weights, affinity, timeouts, keep-alive, backend protocols: settings and their defaults. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { backendProtocolOf } from "../../../src/translators/shared/backend-protocol.ts";
import { balancingOf } from "../../../src/translators/shared/balancing.ts";
import { keepaliveOf } from "../../../src/translators/shared/keepalive.ts";
import { timeoutsOf } from "../../../src/translators/shared/timeouts.ts";
import { clampWeight, endpointWeight } from "../../../src/translators/shared/weights.ts";

describe("weights", () => {
  it("shares the weight of a Service among its endpoints", () => {
    assert.equal(endpointWeight(1, 2, 2), 25);
    assert.equal(endpointWeight(1, 2, 1), 50);
    assert.equal(endpointWeight(1, 3, 1), 33);
    assert.equal(endpointWeight(0, 0, 3), 0);
  });

  it("clamps, and counts an absent weight as none", () => {
    assert.deepEqual([undefined, -3, 0, 7, 500].map(clampWeight), [0, 0, 0, 7, 100]);
  });

  it("never rounds a Service away, never gives to one without weight", () => {
    const weight = fc.integer({ min: 0, max: 100 });
    fc.assert(fc.property(weight, weight, fc.integer({ min: 1, max: 2000 }), (own, others, count) => {
      const share = endpointWeight(own, own + others, count);
      assert.equal(share > 0, own > 0);
      assert(share <= 100 && Number.isInteger(share));
    }));
  });
});

describe("affinity", () => {
  function balance(policy: string, attribute = "", layer: 4 | 7 = 7) {
    const group = { session_affinity_policy: policy, session_affinity_attribute: attribute, services: [] };
    return balancingOf(group, layer);
  }

  it("is round robin unless said otherwise", () => {
    for (const choice of [balancingOf(undefined, 7), balance(""), balance("rr", "ignored")]) {
      assert.deepEqual(choice, { balancing: { policy: "round-robin" } });
    }
  });

  it("has names for what is hashed", () => {
    assert.deepEqual(balance("cookie", "Sid").balancing, { policy: "cookie", cookie: "Sid" });
    assert.deepEqual(balance("cookie").balancing, { policy: "cookie", cookie: "JSESSIONID" });
    assert.deepEqual(balance("header", "X_User").balancing, { policy: "header", header: "x-user" });
    assert.deepEqual(balance("sip-hash", "", 4), { balancing: { policy: "sip-hash" } });
    assert.deepEqual(balance("ewma"), { balancing: { policy: "ewma" } });
  });

  it("falls back to round robin, with a warning", () => {
    for (const choice of [balance("header"), balance("whatever")]) {
      assert.equal(choice.balancing.policy, "round-robin");
      assert.equal(choice.finding?.severity, "warning");
    }
  });

  it("refuses cookies and headers where there are none", () => {
    for (const policy of ["cookie", "header"]) {
      const { finding } = balance(policy, "x", 4);
      assert.equal(finding?.code, "InvalidAction");
      assert.equal(finding?.severity, undefined);
    }
  });
});

describe("timeouts", () => {
  it("have the defaults of each protocol", () => {
    const defaults = { connectMs: 5_000, sendMs: 120_000, readMs: 120_000 };
    assert.deepEqual((["http", "https", "tcp", "udp"] as const).map((protocol) => timeoutsOf(protocol, [])), [
      defaults,
      defaults,
      defaults,
      defaults,
    ]);
    const grpc = { connectMs: 60_000, sendMs: 60_000, readMs: 60_000 };
    assert.deepEqual((["grpc", "grpcs"] as const).map((protocol) => timeoutsOf(protocol, [])), [grpc, grpc]);
  });

  it("come from the nearest layer as a whole", () => {
    const near = { proxy_read_timeout_ms: 7, proxy_send_timeout_ms: 0 };
    const far = { proxy_connect_timeout_ms: 1, proxy_send_timeout_ms: 2, proxy_read_timeout_ms: 3 };
    assert.deepEqual(timeoutsOf("http", [near, far]), { connectMs: 5_000, sendMs: 120_000, readMs: 7 });
    assert.deepEqual(timeoutsOf("http", [undefined, far]), { connectMs: 1, sendMs: 2, readMs: 3 });
    assert.deepEqual(timeoutsOf("http", [{}, far]), { connectMs: 5_000, sendMs: 120_000, readMs: 120_000 });
  });

  it("have one idle time on tcp and udp, the larger that is given", () => {
    const both = { proxy_connect_timeout_ms: 1000, proxy_send_timeout_ms: 4000, proxy_read_timeout_ms: 1000 };
    assert.deepEqual(timeoutsOf("tcp", [both]), { connectMs: 1000, sendMs: 4000, readMs: 4000 });
    assert.deepEqual(timeoutsOf("udp", [{ proxy_read_timeout_ms: 9 }]), {
      connectMs: 5_000,
      sendMs: 9,
      readMs: 9,
    });
  });
});

describe("keep-alive", () => {
  it("is 65 s and 1000 requests when nothing is configured", () => {
    const expected = { idleMs: 65_000, headerTimeoutS: null, requests: 1000, tcp: null };
    assert.deepEqual(keepaliveOf("http", undefined), expected);
    assert.deepEqual(keepaliveOf("http", {}), expected);
  });

  it("has other defaults once there is an http object", () => {
    assert.equal(keepaliveOf("http", { http: {} }).idleMs, 75_000);
    assert.deepEqual(
      keepaliveOf("http", { http: { timeout: 60_000, header_timeout: 50_000, requests: 12_000 } }),
      {
        idleMs: 60_000,
        headerTimeoutS: 50,
        requests: 12_000,
        tcp: null,
      },
    );
  });

  it("keeps a timeout of 0, which switches keep-alive off", () => {
    assert.equal(keepaliveOf("http", { http: { timeout: 0 } }).idleMs, 0);
  });

  it("ignores http on tcp, and everything on udp", () => {
    assert.equal(keepaliveOf("tcp", { http: { timeout: 1 } }).idleMs, 65_000);
    assert.equal(keepaliveOf("udp", { tcp: { idle: 60_000 } }).tcp, null);
  });

  it("takes an empty tcp object for the values of the system, else 30 minutes and 10 probes", () => {
    assert.deepEqual(keepaliveOf("tcp", { tcp: {} }).tcp, { idleMs: null, intervalMs: null, count: null });
    assert.deepEqual(keepaliveOf("http", { tcp: { interval: 1000 } }).tcp, {
      idleMs: 1_800_000,
      intervalMs: 1000,
      count: 10,
    });
    assert.deepEqual(keepaliveOf("tcp", { tcp: { idle: 5000, count: 3 } }).tcp, {
      idleMs: 5000,
      intervalMs: null,
      count: 3,
    });
  });
});

describe("backend protocols", () => {
  it("follow the frontend, in any case", () => {
    assert.equal(backendProtocolOf("http", undefined), "http");
    assert.equal(backendProtocolOf("https", "HTTPS"), "https");
    assert.equal(backendProtocolOf("grpc", ""), "grpc");
    assert.equal(backendProtocolOf("grpcs", "GRPCS"), "grpcs");
    assert.equal(backendProtocolOf("udp", "http"), "udp");
  });

  it("are refused where they cannot be spoken", () => {
    assert.equal(backendProtocolOf("http", "grpc"), undefined);
    assert.equal(backendProtocolOf("http", "constructor"), undefined);
    assert.equal(backendProtocolOf("grpc", "https"), undefined);
  });
});
