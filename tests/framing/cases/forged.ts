/** Fields with which a client speaks for the gateway, in every spelling that a backend may take for it. */
import { type FramingCase, get, seen, served } from "../harness/case.ts";

const SPOOFING = "Identity header spoofing: oauth2-proxy CVE-2025-64484, Traefik CVE-2026-35051";

const NAMES = [
  "X-Real-IP",
  "X-Forwarded-For",
  "X-Forwarded-Proto",
  "X-Forwarded-Host",
  "X-Forwarded-Port",
  "X-Scheme",
  "X-Original-URI",
  "X-Original-URL",
  "X-Original-Method",
];

/** Said by proxies, and believed by backends; the gateway does not set them. */
export const HEARSAY = [
  "Forwarded",
  "X-Forwarded-Prefix",
  "X-Forwarded-Protocol",
  "X-Forwarded-Scheme",
  "X-Forwarded-Ssl",
  "X-Forwarded-Server",
  "X-Forwarded-Uri",
  "X-Forwarded-Method",
];

/** The recorder checks that each of them stands there once and tells the truth. */
const replaced = (name: string, lines: readonly string[]): FramingCase =>
  served(name, "9110 17.1", get(lines), seen("GET / HTTP/1.1"), SPOOFING);

export const FORGED: readonly FramingCase[] = [
  ...HEARSAY.map((name) =>
    served(
      `${name} from the client`,
      "7239 8.1",
      get([`${name}: for=6.6.6.6`, `${name.toUpperCase()}: x`, `${name.replaceAll("-", "_")}: x`, "X: 1"]),
      seen("GET / HTTP/1.1", ["X: 1"]),
      SPOOFING,
    )
  ),
  ...NAMES.map((name) => replaced(`${name} from the client`, [`${name}: 6.6.6.6`])),
  ...NAMES.map((name) => replaced(`${name} with underscores`, [`${name.replaceAll("-", "_")}: 6.6.6.6`])),
  ...NAMES.map((name) =>
    replaced(`${name} in other cases, twice`, [
      `${name.toLowerCase()}: 6.6.6.6`,
      `${name.toUpperCase()}: 7.7.7.7`,
    ])
  ),
  ...NAMES.map((name) =>
    replaced(`${name} with dots and other signs`, [
      `${name.replaceAll("-", ".")}: 6.6.6.6`,
      `${name.replaceAll("-", "~")}: 7.7.7.7`,
    ])
  ),
  replaced("one underscore among dashes", ["X_Forwarded-For: 6.6.6.6", "X-Forwarded_For: 7.7.7.7"]),
  replaced("an empty X-Forwarded-For", ["X-Forwarded-For:"]),
  replaced("X-Forwarded-For of 10 kB", [`X-Forwarded-For: ${"6.6.6.6, ".repeat(1000)}6.6.6.6`]),
  replaced("X-Forwarded-For that Connection names", [
    "X-Forwarded-For: 6.6.6.6",
    "Connection: X-Forwarded-For",
  ]),
];
