/** Socket addresses as the kernel has them. */
import { it } from "node:test";
import assert from "node:assert/strict";
import { decodeSocketAddress, encodeSocketAddress } from "../../src/runtimes/epoll/socket-address.ts";

it("ip(7): family in the machine's order, port and address in the network's", () => {
  assert.deepEqual(encodeSocketAddress("192.0.2.1", 8080), {
    family: 2,
    bytes: Uint8Array.of(2, 0, 0x1f, 0x90, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0),
  });
});

it("ipv6(7): flow and scope are zero", () => {
  const found = encodeSocketAddress("2001:db8::1", 443);
  const address = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
  assert.deepEqual(found, {
    family: 10,
    bytes: Uint8Array.of(10, 0, 1, 0xbb, 0, 0, 0, 0, ...address, 0, 0, 0, 0),
  });
});

for (const host of ["0.0.0.0", "127.0.0.1", "255.255.255.255", "::", "::1", "2001:db8::ff:0:1"]) {
  it(`${host} is read as it was written`, () => {
    const { bytes } = encodeSocketAddress(host, 65_535)!;
    assert.deepEqual(decodeSocketAddress(bytes), { host, port: 65_535 });
  });
}

it("an IPv4 peer of a socket for both families is an IPv4 address", () => {
  const { bytes } = encodeSocketAddress("::ffff:192.0.2.1", 1)!;
  assert.deepEqual(decodeSocketAddress(bytes), { host: "192.0.2.1", port: 1 });
});

it("a name is no address", () => {
  assert.equal(encodeSocketAddress("localhost", 80), undefined);
});
