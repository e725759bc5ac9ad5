import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bindAddresses, isEveryAddress } from "../../src/lib/bind-addresses.ts";

const INTERFACES = {
  lo: ["127.0.0.1", "::1"],
  eth0: ["10.0.0.2", "10.0.0.1", "fe80::1", "FE80::2", "2001:db8::2"],
  odd: ["127.0.0.5", "febf::1"],
};

describe("bindAddresses", () => {
  const table = [
    ["no interface is every address", [], true, ["0.0.0.0"], ["::"]],
    ["no IPv6", [], false, ["0.0.0.0"], []],
    ["sorted, without link-local ones", ["eth0"], true, ["10.0.0.1", "10.0.0.2"], ["2001:db8::2"]],
    ["loopback by its name", ["lo"], true, ["127.0.0.1"], ["::1"]],
    ["loopback of others does not count, so there is none", ["odd"], true, ["0.0.0.0"], ["::"]],
    ["a union, each once", ["lo", "eth0", "eth0"], false, ["10.0.0.1", "10.0.0.2", "127.0.0.1"], []],
    ["an interface that is not there", ["eth9"], true, ["0.0.0.0"], ["::"]],
  ] as const;
  for (const [name, nics, ipv6, v4, v6] of table) {
    it(name, () => assert.deepEqual(bindAddresses(nics, INTERFACES, ipv6), { v4, v6 }));
  }

  it("IPv6 is not opened to everybody because an interface has only IPv4", () => {
    assert.deepEqual(bindAddresses(["a"], { a: ["10.0.0.1"] }, true), { v4: ["10.0.0.1"], v6: [] });
  });

  it("knows when one socket will do", () => {
    assert.equal(isEveryAddress(bindAddresses([], {}, true)), true);
    assert.equal(isEveryAddress(bindAddresses([], {}, false)), false);
    assert.equal(isEveryAddress(bindAddresses(["a"], { a: ["fd00::1"] }, true)), false);
  });
});
