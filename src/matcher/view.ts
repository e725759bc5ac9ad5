/** Builds what the matcher sees from plain values, for `explain` and tests. */
import { normalizeHost } from "../lib/host.ts";
import { clientAddress, type Network } from "../lib/ip.ts";
import { decodeLatin1 } from "../lib/latin1.ts";
import { normalizePath, splitTarget } from "../lib/path.ts";
import type { RequestView } from "./request-view.ts";

/** Field lines in the order of the wire. */
export type HeaderLines = readonly (readonly [name: string, value: string])[];

/** A request as people write it: Unicode text, where the wire has bytes. */
export interface PlainRequest {
  readonly method: string;
  /** As on the request line; the authority of an absolute form wins over Host. See {@link requestOf} for URLs. */
  readonly target: string;
  readonly headers: HeaderLines;
  /** Address at the other end of the connection. */
  readonly peer: string;
}

export type ViewResult =
  | { readonly ok: true; readonly request: RequestView }
  /** The gateway answers 400 before it matches. */
  | { readonly ok: false; readonly reason: string };

const encoder = new TextEncoder();

/** The target and fields that curl sends for `url` and `headers`: a given Host wins over the URL's. */
export function requestOf(url: string, headers: HeaderLines): Pick<PlainRequest, "target" | "headers"> {
  const { form, authority } = splitTarget(url);
  if (form !== "absolute" || authority === null) return { target: url, headers };
  const rest = url.slice(url.indexOf("://") + 3 + authority.length);
  const target = rest.startsWith("/") ? rest : `/${rest}`;
  const hasHost = headers.some(([name]) => name.toLowerCase() === "host");
  return { target, headers: hasHost ? headers : [["Host", authority], ...headers] };
}

/** Derives host, path and client address as the proxy does. */
export function viewRequest(plain: PlainRequest, trusted: readonly Network[]): ViewResult {
  const { path: rawPath, query, authority } = splitTarget(toWire(plain.target));
  const path = normalizePath(rawPath);
  if (path === null) return refuse(`target "${plain.target}" has no normal form`);
  const lines = plain.headers.map(([name, value]) => ({
    name: name.toLowerCase(),
    value: toWire(value.trim()),
  }));
  const header = (name: string) => joinLines(lines, name);
  if (lines.filter((line) => line.name === "host").length > 1) return refuse("more than one Host field");
  const authorityOrHost = authority ?? header("host");
  const host = authorityOrHost === undefined ? "_" : normalizeHost(authorityOrHost);
  if (host === null) return refuse(`host "${authorityOrHost}" is invalid`);
  const sourceAddress = clientAddress(plain.peer, header("x-forwarded-for"), header("x-real-ip"), trusted);
  return { ok: true, request: { method: plain.method, host, path, query, sourceAddress, header } };
}

function refuse(reason: string): ViewResult {
  return { ok: false, reason };
}

/** Text as UTF-8, one byte a character. */
function toWire(text: string): string {
  return decodeLatin1(encoder.encode(text));
}

/** The value that {@link RequestView.header} promises. */
function joinLines(lines: readonly { name: string; value: string }[], wanted: string): string | undefined {
  const plainName = wanted.replaceAll("_", "-");
  const spelling = lines.find(({ name }) => name.replaceAll("_", "-") === plainName)?.name;
  if (spelling === undefined) return undefined;
  const values = lines.filter(({ name }) => name === spelling).map(({ value }) => value);
  return values.join(spelling === "cookie" ? "; " : ", ");
}
