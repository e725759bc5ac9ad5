/**
 * An address as everything above the sockets knows it: an IPv4 peer of a socket for both families arrives as
 * `::ffff:192.0.2.1` and is `192.0.2.1`.
 */
export function plainAddress(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}
