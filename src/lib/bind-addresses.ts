/** Which addresses listeners take when they are told network interfaces (control-plane spec 3.8, data-plane spec 8.3). */
import { isV4, parseAddress } from "./ip.ts";

/** Addresses by name of interface, IPv6 without brackets. */
export type Interfaces = Readonly<Record<string, readonly string[]>>;

/** Without brackets; `0.0.0.0` and `::` stand for every address. */
export interface BindAddresses {
  readonly v4: readonly string[];
  readonly v6: readonly string[];
}

const EVERY_V4 = "0.0.0.0";
const EVERY_V6 = "::";

/**
 * The addresses of the interfaces, sorted, each once. Link-local ones are left out, loopback ones count for `lo` alone.
 * Without any address, and without interfaces, it is every address. IPv6 is not opened to everybody because an interface
 * has only IPv4.
 */
export function bindAddresses(
  nics: readonly string[],
  interfaces: Interfaces,
  ipv6: boolean,
): BindAddresses {
  const found = nics.flatMap((nic) => (interfaces[nic] ?? []).filter((address) => isUsable(nic, address)));
  const v4 = [...new Set(found.filter((address) => !address.includes(":")))].sort();
  const v6 = ipv6 ? [...new Set(found.filter((address) => address.includes(":")))].sort() : [];
  return {
    v4: v4.length > 0 ? v4 : [EVERY_V4],
    v6: v6.length > 0 || !ipv6 || v4.length > 0 ? v6 : [EVERY_V6],
  };
}

/** Whether it is every address of both families, for which one socket will do. */
export function isEveryAddress({ v4, v6 }: BindAddresses): boolean {
  return v4[0] === EVERY_V4 && v6[0] === EVERY_V6;
}

function isUsable(nic: string, text: string): boolean {
  const address = parseAddress(text);
  if (address === null) return false;
  const isLinkLocal = /^fe[89ab]/i.test(text);
  const isLoopback = isV4(address) ? text.startsWith("127.") : text === "::1";
  return !isLinkLocal && (!isLoopback || nic === "lo");
}
