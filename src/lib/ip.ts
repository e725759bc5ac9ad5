/** IP addresses as numbers: parsing, comparing, networks, and who the client is behind trusted proxies. */

const DOT = 0x2e;
const COLON = 0x3a;

/**
 * 128 bits as four words, the most significant first. IPv4 addresses are kept as `::ffff:a.b.c.d`
 * (RFC 4291 2.5.5.2), so that both spellings of one are equal.
 */
export type Address = Uint32Array;

/** Consecutive addresses of one family: a CIDR block, or a single address. */
export interface Network {
  readonly base: Address;
  readonly mask: Address;
}

/**
 * Reads an IPv4 address, or an IPv6 address with or without brackets; a zone (`%eth0`) is cut. Null when it is
 * neither: octets with leading zeros, which some read as octal, are refused. Writes into `into` and returns it.
 */
export function parseAddress(text: string, into: Address = new Uint32Array(4)): Address | null {
  if (!text.includes(":")) {
    const v4 = parseV4(text, 0, text.length);
    if (v4 < 0) return null;
    into[0] = 0;
    into[1] = 0;
    into[2] = 0xffff;
    into[3] = v4;
    return into;
  }
  const bracketed = text.charCodeAt(0) === 0x5b && text.endsWith("]");
  const start = bracketed ? 1 : 0;
  const close = bracketed ? text.length - 1 : text.length;
  const zone = text.indexOf("%");
  return parseV6(text, start, zone < 0 ? close : zone, into) ? into : null;
}

/** The 32 bits of a dotted quad between `start` and `end`, or -1. */
function parseV4(text: string, start: number, end: number): number {
  let value = 0;
  let octet = 0;
  let digits = 0;
  let dots = 0;
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) {
      if (digits === 0 || ++dots > 3) return -1;
      value = value * 256 + octet;
      octet = 0;
      digits = 0;
    } else {
      if (code < 0x30 || code > 0x39 || (digits > 0 && octet === 0)) return -1;
      octet = octet * 10 + code - 0x30;
      digits++;
      if (octet > 255) return -1;
    }
  }
  return dots === 3 && digits > 0 ? value * 256 + octet : -1;
}

/** Reused by {@link parseV6}: the 16-bit groups in the order they are written. */
const groups = new Uint16Array(8);

function parseV6(text: string, start: number, end: number, into: Address): boolean {
  let count = 0;
  let gap = -1;
  let at = start;
  if (text.charCodeAt(at) === COLON) {
    if (end - at < 2 || text.charCodeAt(at + 1) !== COLON) return false;
    gap = 0;
    at += 2;
  }
  while (at < end) {
    const from = at;
    let group = 0;
    for (let digit; at < end && (digit = hexDigit(text.charCodeAt(at))) >= 0; at++) {
      group = group * 16 + digit;
    }
    if (at < end && text.charCodeAt(at) === DOT) {
      const v4 = parseV4(text, from, end);
      if (v4 < 0 || count > 6) return false;
      groups[count++] = v4 >>> 16;
      groups[count++] = v4 & 0xffff;
      break;
    }
    if (at === from || at - from > 4 || count === 8) return false;
    groups[count++] = group;
    if (at === end) break;
    if (text.charCodeAt(at++) !== COLON || at === end) return false;
    if (text.charCodeAt(at) === COLON) {
      if (gap >= 0) return false;
      gap = count;
      at++;
    }
  }
  if (gap < 0 ? count !== 8 : count > 7) return false;
  const zeros = 8 - count;
  for (let word = 0; word < 4; word++) {
    into[word] = (groupAt(word * 2, gap, zeros) << 16) | groupAt(word * 2 + 1, gap, zeros);
  }
  return true;
}

/** The group at `place` of the eight, when `zeros` of them are missing at `gap`. */
function groupAt(place: number, gap: number, zeros: number): number {
  if (gap < 0 || place < gap) return groups[place]!;
  return place < gap + zeros ? 0 : groups[place - zeros]!;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** Whether it is an IPv4 address, in either spelling. */
export function isV4(address: Address): boolean {
  return address[0] === 0 && address[1] === 0 && address[2] === 0xffff;
}

/** Negative, zero or positive, as `a` is below, equal to or above `b`. */
export function compareAddresses(a: Address, b: Address): number {
  for (let word = 0; word < 3; word++) {
    if (a[word] !== b[word]) return a[word]! - b[word]!;
  }
  return a[3]! - b[3]!;
}

/** Writes IPv4 as dotted quad, IPv6 in the canonical form of RFC 5952. */
export function formatAddress(address: Address): string {
  if (isV4(address)) {
    const v4 = address[3]!;
    return `${v4 >>> 24}.${(v4 >>> 16) & 255}.${(v4 >>> 8) & 255}.${v4 & 255}`;
  }
  const text = Array.from(address, (word) => `${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`)
    .join(":");
  // The first of the longest runs of at least two zero groups becomes `::`.
  let gap = "";
  let at = 0;
  for (const run of text.matchAll(/\b0(?::0\b)+/g)) {
    if (run[0].length > gap.length) [gap, at] = [run[0], run.index];
  }
  if (gap === "") return text;
  return `${text.slice(0, Math.max(0, at - 1))}::${text.slice(at + gap.length + 1)}`;
}

/** Reads a CIDR block (bits behind the prefix are ignored) or a single address; null when it is neither. */
export function parseNetwork(text: string): Network | null {
  const slash = text.indexOf("/");
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (address === null) return null;
  const bits = text.includes(":") ? 128 : 32;
  const prefix = slash < 0 ? bits : parsePrefix(text.slice(slash + 1), bits);
  if (prefix < 0) return null;
  const mask = maskOf(128 - bits + prefix);
  return { base: address.map((word, i) => word & mask[i]!), mask };
}

function parsePrefix(text: string, bits: number): number {
  const prefix = /^\d{1,3}$/.test(text) ? Number(text) : -1;
  return prefix <= bits ? prefix : -1;
}

function maskOf(prefix: number): Address {
  return new Uint32Array(4).map((_, i) => {
    const ones = Math.min(32, Math.max(0, prefix - 32 * i));
    return ones === 0 ? 0 : -1 << (32 - ones);
  });
}

/** Whether `address` lies in `network`; `::/0` holds no IPv4 address and `0.0.0.0/0` no IPv6 address. */
export function inNetwork(network: Network, address: Address): boolean {
  const { base, mask } = network;
  for (let word = 0; word < 4; word++) {
    if (((address[word]! ^ base[word]!) & mask[word]!) !== 0) return false;
  }
  return isV4(base) === isV4(address);
}

/**
 * The client's address (rulings of the design: trusted proxies): of `X-Forwarded-For` the nearest untrusted address
 * from the right, or the left-most if all are trusted; without that field `X-Real-IP`; the peer itself unless it is
 * trusted. Only the first of the two fields that is there counts, because proxies append to `X-Forwarded-For` but many
 * pass an `X-Real-IP` of the client's invention on. Items may have ports; one that is no address ends the walk.
 *
 * @param peer address at the other end of the connection
 * @param forwardedFor value of `X-Forwarded-For`, lines joined with commas
 * @param trusted whose word counts; empty = nobody's
 * @returns IPv4 as dotted quad, IPv6 as RFC 5952 without brackets and zone; a peer that is no address as it is
 */
export function clientAddress(
  peer: string,
  forwardedFor: string | undefined,
  realIp: string | undefined,
  trusted: readonly Network[],
): string {
  if (trusted.length === 0) return peer.includes(":") ? canonical(peer) : peer;
  let client = parseAddress(peer);
  if (client === null || !isTrusted(client, trusted)) return canonical(peer);
  const items = (forwardedFor ?? "").split(",").map((item) => item.trim()).filter((item) => item !== "");
  if (items.length === 0 && realIp !== undefined) items.push(realIp.trim());
  while (items.length > 0 && isTrusted(client, trusted)) {
    const next = parseAddress(withoutPort(items.pop()!));
    if (next === null) break;
    client = next;
  }
  return formatAddress(client);
}

/** Whether `text` is an address of one of the networks. */
export function isTrustedAddress(text: string, trusted: readonly Network[]): boolean {
  const address = parseAddress(text);
  return address !== null && isTrusted(address, trusted);
}

function isTrusted(address: Address, trusted: readonly Network[]): boolean {
  return trusted.some((network) => inNetwork(network, address));
}

function canonical(text: string): string {
  const address = parseAddress(text);
  return address === null ? text : formatAddress(address);
}

/** Cuts the port of `1.2.3.4:5` and `[::1]:5`. */
function withoutPort(item: string): string {
  return item.replace(/^([\d.]+|\[.*\]):\d{1,5}$/, "$1");
}
