/**
 * Fields that the gateway interprets, sets or removes, as small numbers, so that the parser decides once what a field
 * is and nobody compares names afterwards.
 */

export const FieldId = {
  OTHER: 0,
  HOST: 1,
  CONTENT_LENGTH: 2,
  TRANSFER_ENCODING: 3,
  CONNECTION: 4,
  UPGRADE: 5,
  EXPECT: 6,
  TE: 7,
  KEEP_ALIVE: 8,
  PROXY_CONNECTION: 9,
  PROXY_AUTHORIZATION: 10,
  PROXY_AUTHENTICATE: 11,
  TRAILER: 12,
  FORWARDED_FOR: 13,
  REAL_IP: 14,
  FORWARDED_PROTO: 15,
  FORWARDED_HOST: 16,
  FORWARDED_PORT: 17,
  SCHEME: 18,
  ORIGINAL_URI: 19,
  ORIGINAL_URL: 20,
  ORIGINAL_METHOD: 21,
  VIA: 22,
  DATE: 23,
  ALB_REASON: 24,
  ALB_TRACE: 25,
  HTTP2_SETTINGS: 26,
  /** Any of the fields beside those that the gateway sets in which proxies speak of the client: hearsay unless the peer is trusted. */
  FORWARDED_HEARSAY: 27,
  /** Set on a field whose name has `_` or another sign where a known one has `-`: never interpreted, never forwarded (rulings: field names). */
  UNDERSCORED: 64,
} as const;

const NAMES: Readonly<Record<string, number>> = {
  "host": FieldId.HOST,
  "content-length": FieldId.CONTENT_LENGTH,
  "transfer-encoding": FieldId.TRANSFER_ENCODING,
  "connection": FieldId.CONNECTION,
  "upgrade": FieldId.UPGRADE,
  "expect": FieldId.EXPECT,
  "te": FieldId.TE,
  "keep-alive": FieldId.KEEP_ALIVE,
  "proxy-connection": FieldId.PROXY_CONNECTION,
  "proxy-authorization": FieldId.PROXY_AUTHORIZATION,
  "proxy-authenticate": FieldId.PROXY_AUTHENTICATE,
  "trailer": FieldId.TRAILER,
  "x-forwarded-for": FieldId.FORWARDED_FOR,
  "x-real-ip": FieldId.REAL_IP,
  "x-forwarded-proto": FieldId.FORWARDED_PROTO,
  "x-forwarded-host": FieldId.FORWARDED_HOST,
  "x-forwarded-port": FieldId.FORWARDED_PORT,
  "x-scheme": FieldId.SCHEME,
  "x-original-uri": FieldId.ORIGINAL_URI,
  "x-original-url": FieldId.ORIGINAL_URL,
  "x-original-method": FieldId.ORIGINAL_METHOD,
  "via": FieldId.VIA,
  "date": FieldId.DATE,
  "x-alb-err-reason": FieldId.ALB_REASON,
  "x-cpaas-trace": FieldId.ALB_TRACE,
  "http2-settings": FieldId.HTTP2_SETTINGS,
  // RFC 7239, and what frameworks read for the scheme, the address or the place of the application.
  "forwarded": FieldId.FORWARDED_HEARSAY,
  "x-forwarded-prefix": FieldId.FORWARDED_HEARSAY,
  "x-forwarded-protocol": FieldId.FORWARDED_HEARSAY,
  "x-forwarded-scheme": FieldId.FORWARDED_HEARSAY,
  "x-forwarded-ssl": FieldId.FORWARDED_HEARSAY,
  "x-forwarded-server": FieldId.FORWARDED_HEARSAY,
  "x-forwarded-uri": FieldId.FORWARDED_HEARSAY,
  "x-forwarded-method": FieldId.FORWARDED_HEARSAY,
};

interface Known {
  /** Lower-case ASCII codes. */
  readonly codes: Uint8Array;
  readonly id: number;
}

const LONGEST = Math.max(...Object.keys(NAMES).map((name) => name.length));

/** Place in {@link BY_START} of names of this length that begin with this letter, in either case. */
function placeOf(length: number, first: number): number {
  return length << 5 | first & 31;
}

/** By length and first letter, which tell most names that we do not know. */
const BY_START: readonly (readonly Known[] | undefined)[] = (() => {
  const lists = new Array<Known[] | undefined>(placeOf(LONGEST + 1, 0)).fill(undefined);
  for (const [name, id] of Object.entries(NAMES)) {
    (lists[placeOf(name.length, name.charCodeAt(0))] ??= []).push({
      codes: new TextEncoder().encode(name),
      id,
    });
  }
  return lists;
})();

/** Id of the field name in `bytes[start..end)`, case-insensitive; {@link FieldId.OTHER} when we do not know it. */
export function fieldIdOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length > LONGEST || length === 0) return FieldId.OTHER;
  const candidates = BY_START[placeOf(length, bytes[start] as number)];
  if (candidates === undefined) return FieldId.OTHER;
  outer: for (const { codes, id } of candidates) {
    let underscored = 0;
    for (let i = 0; i < codes.length; i++) {
      // Setting bit 5 lower-cases letters and leaves "-" and digits alone.
      const code = (bytes[start + i] as number) | 0x20;
      const wanted = codes[i] as number;
      if (code === wanted) continue;
      // Whoever makes a variable of a name turns all but letters and digits into "_": `X.Real.IP` passes for ours too.
      const isWord = (code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x7a);
      if (wanted !== 0x2d || isWord) continue outer;
      underscored = FieldId.UNDERSCORED;
    }
    return id | underscored;
  }
  return FieldId.OTHER;
}
