import assert from "node:assert/strict";
import { isIPv4, isIPv6 } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import {
  clientAddress,
  compareAddresses,
  formatAddress,
  inNetwork,
  isV4,
  type Network,
  parseAddress,
  parseNetwork,
} from "../../src/lib/ip.ts";

function network(text: string): Network {
  const parsed = parseNetwork(text);
  assert.ok(parsed, text);
  return parsed;
}

function contains(cidr: string, address: string): boolean {
  const parsed = parseAddress(address);
  assert.ok(parsed, address);
  return inNetwork(network(cidr), parsed);
}

test("addresses are read and written canonically", () => {
  const cases: readonly (readonly [string, string | null])[] = [
    ["1.2.3.4", "1.2.3.4"],
    ["255.255.255.255", "255.255.255.255"],
    ["0.0.0.0", "0.0.0.0"],
    ["::ffff:1.2.3.4", "1.2.3.4"],
    ["::FFFF:102:304", "1.2.3.4"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["[::1]", "::1"],
    ["fe80::1%eth0", "fe80::1"],
    ["[fe80::1%25eth0]", "fe80::1"],
    ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["0:0:1:0:0:0:1:0", "0:0:1::1:0"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["64:ff9b::1.2.3.4", "64:ff9b::102:304"],
    ["1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"],
    ...[
      "",
      "1.2.3",
      "1.2.3.4.5",
      "1.2.3.256",
      "01.2.3.4",
      "1..2.3",
      "1.2.3.",
      ".1.2.3",
      "1.2.3.4 ",
      "a.b.c.d",
    ]
      .map((text) => [text, null] as const),
    ...[
      ":",
      ":::",
      "1:",
      ":1",
      "1::2::3",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9",
      "1:2:3:4:5:6:7:8::",
      "12345::",
    ]
      .map((text) => [text, null] as const),
    ...["::1.2.3", "::1.2.3.4:1", "1:2:3:4:5:6:7:1.2.3.4", "g::", "[::1", "[1.2.3.4]", "::1]", "1.2.3.4%eth0"]
      .map((text) => [text, null] as const),
  ];
  for (const [text, canonical] of cases) {
    const address = parseAddress(text);
    assert.equal(address && formatAddress(address), canonical, JSON.stringify(text));
  }
});

test("property: what is an address agrees with node:net", () => {
  const part = fc.constantFrom("0", "1", "10", "255", "256", "01", "ffff", "12345", ":", "::", ".", "g", "");
  const text = fc.oneof(
    fc.array(part, { maxLength: 16 }).map((parts) => parts.join("")),
    fc.ipV4(),
    fc.ipV6(),
  );
  fc.assert(
    fc.property(text, (address) => {
      assert.equal(parseAddress(address) !== null, isIPv4(address) || isIPv6(address), address);
    }),
    { numRuns: 20_000 },
  );
});

test("property: writing and reading gives the same address, and order is that of the numbers", () => {
  const words = fc.array(fc.constantFrom(0, 1, 0xffff, 0x10000, 0xffff0000, 0xffffffff), {
    minLength: 4,
    maxLength: 4,
  }).map((list) => Uint32Array.from(list));
  const number = (words: Uint32Array) => words.reduce((sum, word) => (sum << 32n) | BigInt(word), 0n);
  fc.assert(
    fc.property(words, words, (a, b) => {
      const text = formatAddress(a);
      assert.deepEqual(parseAddress(text), a);
      assert.equal(isV4(a), isIPv4(text));
      const difference = number(a) - number(b);
      assert.equal(Math.sign(compareAddresses(a, b)), difference < 0n ? -1 : difference > 0n ? 1 : 0);
    }),
    { numRuns: 20_000 },
  );
});

test("networks hold the addresses of their own family", () => {
  assert.ok(contains("10.0.0.0/8", "10.255.0.1"));
  assert.ok(!contains("10.0.0.0/8", "11.0.0.1"));
  assert.ok(contains("10.1.2.3/8", "10.0.0.1"), "bits behind the prefix are ignored");
  assert.ok(contains("0.0.0.0/0", "1.2.3.4"));
  assert.ok(!contains("0.0.0.0/0", "::1"));
  assert.ok(contains("::/0", "2001:db8::1"));
  assert.ok(!contains("::/0", "1.2.3.4"));
  assert.ok(contains("1.2.3.4", "::ffff:1.2.3.4"));
  assert.ok(contains("::ffff:1.2.3.0/120", "1.2.3.4"));
  assert.ok(contains("1.2.3.4/32", "1.2.3.4"));
  assert.ok(contains("128.0.0.0/1", "255.0.0.1"));
  assert.ok(contains("2001:db8::/33", "2001:db8:7fff::"));
  assert.ok(!contains("2001:db8::/33", "2001:db8:8000::"));
  for (
    const bad of [
      "",
      "/8",
      "10.0.0.0/33",
      "::/129",
      "10.0.0.0/",
      "10.0.0.0/-1",
      "10.0.0.0/1e1",
      "10/8",
      "::/x",
    ]
  ) {
    assert.equal(parseNetwork(bad), null, bad);
  }
});

test("clients: who is believed, and whom they name", () => {
  const nobody: Network[] = [];
  const inner = [network("10.0.0.0/8"), network("fd00::/8")];
  const all = [network("0.0.0.0/0"), network("::/0")];
  const cases: readonly (readonly [Network[], string, string | undefined, string | undefined, string])[] = [
    // Untrusted peers speak for themselves.
    [nobody, "10.9.9.9", "1.1.1.1", "2.2.2.2", "10.9.9.9"],
    [inner, "9.9.9.9", "1.1.1.1", "2.2.2.2", "9.9.9.9"],
    [nobody, "::ffff:10.9.9.9", undefined, undefined, "10.9.9.9"],
    [nobody, "fe80::1%eth0", undefined, undefined, "fe80::1"],
    [inner, "unix", "1.1.1.1", undefined, "unix"],
    // The nearest untrusted address from the right.
    [inner, "10.9.9.9", undefined, undefined, "10.9.9.9"],
    [inner, "10.9.9.9", "1.1.1.1", undefined, "1.1.1.1"],
    [inner, "10.9.9.9", "6.6.6.6, 1.1.1.1", undefined, "1.1.1.1"],
    [inner, "10.9.9.9", "6.6.6.6, 1.1.1.1 , 10.0.0.1", undefined, "1.1.1.1"],
    [inner, "fd00::9", "1.1.1.1,fd00::1", undefined, "1.1.1.1"],
    [inner, "::ffff:10.9.9.9", "1.1.1.1", undefined, "1.1.1.1"],
    // All trusted: the left-most.
    [inner, "10.9.9.9", "10.0.0.1,10.0.0.2", undefined, "10.0.0.1"],
    [all, "10.9.9.9", " 1.1.1.1 , 2.2.2.2", undefined, "1.1.1.1"],
    // Forms of items.
    [all, "10.9.9.9", "1.1.1.1:5000", undefined, "1.1.1.1"],
    [all, "10.9.9.9", "[2001:DB8::1]:5000", undefined, "2001:db8::1"],
    [all, "10.9.9.9", "[2001:db8::1]", undefined, "2001:db8::1"],
    [all, "10.9.9.9", "2001:db8::1", undefined, "2001:db8::1"],
    [all, "10.9.9.9", ", ,1.1.1.1,,", undefined, "1.1.1.1"],
    // Garbage ends the walk.
    [inner, "10.9.9.9", "1.1.1.1, unknown, 10.0.0.1", undefined, "10.0.0.1"],
    [inner, "10.9.9.9", "unknown", undefined, "10.9.9.9"],
    [inner, "10.9.9.9", "unknown", "1.1.1.1", "10.9.9.9"],
    // X-Real-IP counts only when there is no X-Forwarded-For.
    [inner, "10.9.9.9", undefined, " 1.1.1.1 ", "1.1.1.1"],
    [inner, "10.9.9.9", " ", "1.1.1.1", "1.1.1.1"],
    [inner, "10.9.9.9", "2.2.2.2", "1.1.1.1", "2.2.2.2"],
    [inner, "10.9.9.9", undefined, "nonsense", "10.9.9.9"],
    [inner, "10.9.9.9", undefined, "", "10.9.9.9"],
  ];
  for (const [trusted, peer, forwardedFor, realIp, expected] of cases) {
    const context = JSON.stringify([peer, forwardedFor, realIp]);
    assert.equal(clientAddress(peer, forwardedFor, realIp, trusted), expected, context);
  }
});
