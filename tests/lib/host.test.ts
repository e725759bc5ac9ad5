import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { normalizeHost } from "../../src/lib/host.ts";

const CASES: readonly (readonly [raw: string, host: string | null])[] = [
  ["a.com", "a.com"],
  ["A.Com", "a.com"],
  ["a.com.", "a.com"],
  ["a.com:80", "a.com"],
  ["A.com.:8080", "a.com"],
  ["a.com:", "a.com"],
  ["localhost", "localhost"],
  ["_", "_"],
  ["my_svc.ns-1", "my_svc.ns-1"],
  ["10.0.0.1:80", "10.0.0.1"],
  ["[::1]", "::1"],
  ["[::1]:80", "::1"],
  ["[2001:DB8:0:0:0:0:0:1]:80", "2001:db8::1"],
  ["[fe80::1%25eth0]", "fe80::1"],
  [`${"a".repeat(253)}`, "a".repeat(253)],
  // Refused.
  ["", null],
  [".", null],
  [":80", null],
  [".a.com", null],
  ["a..com", null],
  ["a.com..", null],
  ["a.com:80:80", null],
  ["a.com:x", null],
  ["a.com:65536", null],
  ["a.com:-1", null],
  ["a.com :80", null],
  [" a.com", null],
  ["a.com/x", null],
  ["u@a.com", null],
  ["a.com,b.com", null],
  ["a%2ecom", null],
  ["*.a.com", null],
  ["::1", null],
  ["[::1", null],
  ["[::1]x", null],
  ["[::1]:x", null],
  ["[1.2.3.4]", null],
  ["[]", null],
  ["a\0b", null],
  ["a".repeat(254), null],
  // Characters that fold into ASCII letters: Kelvin sign, dotted capital I, sharp s.
  ["\u212aelvin.com", null],
  ["\u0130.com", null],
  ["stra\u00dfe.de", null],
];

test("hosts come out in the one normal form", () => {
  for (const [raw, host] of CASES) assert.equal(normalizeHost(raw), host, JSON.stringify(raw));
});

test("property: never throws, and a normal form is its own normal form", () => {
  const text = fc.array(
    fc.constantFrom("a", "B", "0", "-", "_", ".", ":", "80", "[", "]", "::1", "%", "\u212a"),
  )
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.oneof(text, fc.string({ unit: "binary" })), (raw) => {
      const host = normalizeHost(raw);
      if (host === null) return;
      assert.equal(normalizeHost(host.includes(":") ? `[${host}]` : host), host);
      assert.equal(host, host.toLowerCase());
    }),
    { numRuns: 20_000 },
  );
});
