import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { chooseCoding, mayCompress } from "../../src/middlewares/compress.ts";
import type { CodingName } from "../../src/lib/codings.ts";
import { fakeExchange } from "./exchange.ts";

const NAMES: readonly CodingName[] = ["zstd", "br", "gzip"];

describe("choice of a content coding", () => {
  for (
    const [accept, expected] of [
      ["gzip", "gzip"],
      ["GZIP ; Q=0.5", "gzip"],
      ["br;q=0.1, gzip;q=0.9", "gzip"],
      ["gzip;q=0", undefined],
      ["gzip;q=0, *;q=0", undefined],
      ["identity", undefined],
      ["gzip;q=nonsense", undefined],
      ["", undefined],
      ["x-unknown, gzip", "gzip"],
      ["gzip, deflate, br, zstd", "zstd"],
      ["gzip, br;q=0.9", "gzip"],
      ["zstd;q=0, *", "br"],
      ["*;q=0.1, gzip;q=0.2", "gzip"],
    ] as const
  ) {
    it(`${JSON.stringify(accept)} → ${expected ?? "none"}`, () => {
      assert.equal(chooseCoding(accept, NAMES), expected);
    });
  }

  it("does not arise without Accept-Encoding, for HEAD and for HTTP/1.0", () => {
    const headers = { "accept-encoding": "gzip" };
    assert.equal(mayCompress(fakeExchange({ headers })), true);
    assert.equal(mayCompress(fakeExchange()), false);
    assert.equal(mayCompress(fakeExchange({ headers, method: "HEAD" })), false);
    assert.equal(mayCompress(fakeExchange({ headers, httpVersion: "HTTP/1.0" })), false);
  });
});
