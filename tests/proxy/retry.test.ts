import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { type ErrorCode, ERRORS, GatewayError } from "../../src/errors.ts";
import { decideRetry, type FailedAttempt, type RetryDecision } from "../../src/proxy/retry.ts";
import type { RetryPolicy } from "../../src/table/table.ts";

const POLICY: RetryPolicy = { attempts: 5, resend: true, timeoutMs: null };

function decide(
  code: ErrorCode,
  changes: Partial<FailedAttempt> = {},
  policy: Partial<RetryPolicy> = {},
): RetryDecision {
  return decideRetry({
    error: new GatewayError(code, "test"),
    method: "GET",
    sent: true,
    staleConnection: false,
    bodyReplayable: true,
    alreadyRepeated: false,
    attempts: 1,
    elapsedMs: 0,
    ...changes,
  }, { ...POLICY, ...policy });
}

describe("decideRetry (data-plane spec 3.10, rulings: retries)", () => {
  it("goes to the next endpoint after the failures that may be the endpoint's alone, and no others", () => {
    const retried = (Object.keys(ERRORS) as ErrorCode[]).filter((code) => decide(code) !== "give up");
    assert.deepEqual(retried.sort(), [
      "CONNECT_FAILED",
      "CONNECT_REFUSED",
      "CONNECT_TIMEOUT",
      "READ_TIMEOUT",
      "SEND_TIMEOUT",
      "UPSTREAM_RESET",
    ]);
  });

  for (const method of ["POST", "PATCH", "LOCK"]) {
    it(`${method} is not repeated once it was sent, not even on a stale connection`, () => {
      assert.equal(decide("UPSTREAM_RESET", { method }), "give up");
      assert.equal(decide("READ_TIMEOUT", { method }), "give up");
      assert.equal(decide("UPSTREAM_RESET", { method, staleConnection: true }), "give up");
      assert.equal(decide("CONNECT_REFUSED", { method, sent: false }), "next");
    });
  }

  for (const method of ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"]) {
    it(`${method} is repeated after it was sent`, () => {
      assert.equal(decide("UPSTREAM_RESET", { method }), "next");
    });
  }

  it("a stale connection is replaced once, then the next endpoint is asked", () => {
    assert.equal(decide("UPSTREAM_RESET", { staleConnection: true }), "repeat");
    assert.equal(decide("UPSTREAM_RESET", { staleConnection: true, alreadyRepeated: true }), "next");
  });

  it("a body that is not kept whole is sent once", () => {
    assert.equal(decide("CONNECT_REFUSED", { sent: false, bodyReplayable: false }), "give up");
    assert.equal(decide("UPSTREAM_RESET", { staleConnection: true, bodyReplayable: false }), "give up");
  });

  it("no more attempts than allowed", () => {
    assert.equal(decide("CONNECT_REFUSED", { attempts: 4 }), "next");
    assert.equal(decide("CONNECT_REFUSED", { attempts: 5 }), "give up");
    assert.equal(decide("CONNECT_REFUSED", { attempts: 1 }, { attempts: 1 }), "give up");
    assert.equal(decide("CONNECT_REFUSED", { attempts: 2 }, { attempts: 3 }), "next");
  });

  it("without resend, what was sent stays sent, except reads on a connection that was dead before", () => {
    const policy = { resend: false };
    for (const method of ["GET", "PUT", "DELETE"]) {
      assert.equal(decide("UPSTREAM_RESET", { method }, policy), "give up");
      assert.equal(decide("READ_TIMEOUT", { method }, policy), "give up");
      assert.equal(decide("CONNECT_REFUSED", { method, sent: false }, policy), "next");
    }
    assert.equal(decide("UPSTREAM_RESET", { method: "GET", staleConnection: true }, policy), "repeat");
    assert.equal(decide("UPSTREAM_RESET", { method: "PUT", staleConnection: true }, policy), "give up");
  });

  it("no other attempt is begun after the time that all of them have", () => {
    assert.equal(decide("CONNECT_TIMEOUT", { elapsedMs: 999 }, { timeoutMs: 1000 }), "next");
    assert.equal(decide("CONNECT_TIMEOUT", { elapsedMs: 1000 }, { timeoutMs: 1000 }), "give up");
  });
});
