/** Addresses that no tenant may make the gateway call. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { refusedAddresses } from "../../../src/middlewares/auth/guard.ts";

describe("security: addresses of metadata services", () => {
  const refused = [
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "[::ffff:a9fe:a9fe]",
    "64:ff9b::a9fe:a9fe",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "100.100.100.200",
    "168.63.129.16",
    "no address",
  ];
  const called = [
    "127.0.0.1",
    "::1",
    "10.0.0.1",
    "192.168.1.1",
    "172.16.0.1",
    "fd00::1",
    "8.8.8.8",
    "100.100.100.201",
  ];

  it("are refused, clusters and loopback are not", () => {
    const isRefused = refusedAddresses([]);
    for (const address of refused) assert.equal(isRefused(address), true, address);
    for (const address of called) assert.equal(isRefused(address), false, address);
  });

  it("are called where the gateway's owner allows it", () => {
    const isRefused = refusedAddresses(["169.254.10.0/24"]);
    assert.equal(isRefused("169.254.10.7"), false);
    assert.equal(isRefused("169.254.169.254"), true);
  });
});
