/** `struct sockaddr_in` and `sockaddr_in6` (ip(7), ipv6(7)). */
import { formatAddress, parseAddress } from "../../lib/ip.ts";
import { AF_INET, AF_INET6 } from "./libc.ts";

export interface SocketAddress {
  /** `AF_INET` or `AF_INET6`. */
  readonly family: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export const MAX_SOCKET_ADDRESS = 28;
const V4_BYTES = 16;

/** Undefined when `host` is no address. */
export function encodeSocketAddress(host: string, port: number): SocketAddress | undefined {
  const address = parseAddress(host);
  if (address === null) return undefined;
  const isPlainV4 = !host.includes(":");
  const bytes = new Uint8Array(isPlainV4 ? V4_BYTES : MAX_SOCKET_ADDRESS);
  const view = new DataView(bytes.buffer);
  const family = isPlainV4 ? AF_INET : AF_INET6;
  view.setUint16(0, family, true);
  view.setUint16(2, port);
  if (isPlainV4) view.setUint32(4, address[3] as number);
  else address.forEach((word, index) => view.setUint32(8 + 4 * index, word));
  return { family, bytes };
}

/** Address and port; an IPv4 peer of a socket for both families is an IPv4 address. */
export function decodeSocketAddress(bytes: Uint8Array): { readonly host: string; readonly port: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const words = view.getUint16(0, true) === AF_INET
    ? [0, 0, 0xffff, view.getUint32(4)]
    : [0, 1, 2, 3].map((index) => view.getUint32(8 + 4 * index));
  return { host: formatAddress(new Uint32Array(words)), port: view.getUint16(2) };
}
