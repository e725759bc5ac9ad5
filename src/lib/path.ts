/**
 * Request targets and the one normal form of paths, in which the matcher and every middleware compare them
 * (data-plane spec D.1). What is forwarded is the target as received, unless a rewrite applies.
 */
import { decodeUtf8 } from "./utf8.ts";

const SPACE = 0x20;
const HASH = 0x23;
const PERCENT = 0x25;
const DOT = 0x2e;
const SLASH = 0x2f;
const SEMICOLON = 0x3b;
const BACKSLASH = 0x5c;
const DEL = 0x7f;

/** A `%` that starts no escape, or the escape of a control character: answered 400. */
const BAD_ESCAPE = /%(?:[01]|7f|(?![0-9a-f]{2}))/i;

/** A dot segment once its `;parameters` are cut. */
const DOTS = /^\.\.?(?:;|$)/;

/** Stands for an encoded slash until segments are resolved; no path brings it along, for control characters are refused. */
const ENCODED_SLASH = "\x01";
/** What is a slash to some servers and a plain character to others. */
const HALF_SLASH = /[\\\x01]/;

/** The parts of a request target (RFC 9112 3.2), nothing decoded. */
export interface Target {
  readonly form: "origin" | "absolute" | "asterisk" | "authority";
  /** Raw path without query and fragment; `/` when an absolute form has none, `*`, or "" in authority form. */
  readonly path: string;
  /** Raw text behind the first `?`, "" when there is none. */
  readonly query: string;
  /** Raw authority of the absolute and authority forms, else null. */
  readonly authority: string | null;
}

/**
 * Splits a request target, by its shape alone: whether the form suits the method is for the caller to check. Absolute
 * forms of other schemes than http and https are none (RFC 9110 4.2). A
 * fragment is illegal here and dropped; it must not be forwarded either, or an upstream that takes `#` for a plain
 * character would see another path than the one that was matched.
 */
export function splitTarget(target: string): Target {
  if (target.charCodeAt(0) === SLASH) return splitPath("origin", target, null);
  if (target === "*") return { form: "asterisk", path: "*", query: "", authority: null };
  const scheme = /^https?:\/\//i.exec(target);
  if (scheme === null) return { form: "authority", path: "", query: "", authority: target };
  const rest = target.slice(scheme[0].length);
  const end = rest.search(/[/?#]/);
  return end < 0
    ? { form: "absolute", path: "/", query: "", authority: rest }
    : splitPath("absolute", rest.slice(end), rest.slice(0, end));
}

function splitPath(form: "origin" | "absolute", text: string, authority: string | null): Target {
  const target = cutAt(text, text.indexOf("#"));
  const mark = target.indexOf("?");
  const query = mark < 0 ? "" : target.slice(mark + 1);
  return { form, path: cutAt(target, mark) || "/", query, authority };
}

function cutAt(text: string, end: number): string {
  return end < 0 ? text : text.slice(0, end);
}

/**
 * Brings the path part of a request target, one byte a character, into normal form; null means 400. Never throws.
 *
 * - A fragment is dropped, escapes are decoded once (`%2F` and `%2E` too), repeated slashes are one slash, `.` and
 *   `..` are resolved; case, `+` and a trailing slash stay. Bytes above 0x7f are UTF-8 text, so that `/caf%C3%A9`
 *   equals `/café`; `decodeUtf8` says what becomes of bytes that are not UTF-8.
 * - Refused are paths that climb above the root, bad escapes, control characters (encoded or not), and what neither
 *   starts with `/` nor is `*`.
 * - `\` and `;` are plain characters. But a segment that is a dot segment to upstreams that take `\` for `/` or cut
 *   `;parameters` (`/a/..\b`, `/a/..;/b`) is refused, and so is one beside an encoded slash, which many upstreams do not
 *   take for a slash (`/a/..%2fb`). Refused is also `..` behind an empty segment or one with a `\` or `%2f` (`/a//../b`,
 *   `/a\b/../c`, `/a%2fb/../c`): some upstreams would serve another path than the one that was matched.
 */
export function normalizePath(raw: string): string | null {
  if (raw.charCodeAt(0) !== SLASH) return raw === "*" ? raw : null;
  let segmentStart = false;
  for (let i = 0; i < raw.length; i++) {
    const code = raw.charCodeAt(i);
    // One comparison decides for letters, digits and most signs; what is left needs a look.
    if (code > SLASH && code < DEL && code !== BACKSLASH) {
      segmentStart = false;
    } else if (code === SLASH) {
      if (segmentStart) return normalizeSlowly(raw);
      segmentStart = true;
    } else if (code < SPACE || code === DEL) {
      return null;
    } else if (code === PERCENT || code === HASH || code === BACKSLASH || code > DEL) {
      return normalizeSlowly(raw);
    } else {
      if (segmentStart && code === DOT && isDotSegment(raw, i)) return normalizeSlowly(raw);
      segmentStart = false;
    }
  }
  return raw;
}

/** Whether the segment starting with the dot at `at` is, or may become, `.` or `..`. */
function isDotSegment(raw: string, at: number): boolean {
  const end = raw.charCodeAt(at + 1) === DOT ? at + 2 : at + 1;
  const code = raw.charCodeAt(end);
  return end >= raw.length || code === SLASH || code === SEMICOLON || code === HASH;
}

function normalizeSlowly(raw: string): string | null {
  const encoded = cutAt(raw, raw.indexOf("#"));
  if (BAD_ESCAPE.test(encoded) || hasControl(encoded)) return null;
  const bytes = encoded.replace(/%../g, (escape) => {
    const code = parseInt(escape.slice(1), 16);
    return code === SLASH ? ENCODED_SLASH : String.fromCharCode(code);
  });
  return resolveSegments(decodeUtf8(bytes).split("/"));
}

/** Resolves `.`, `..` and empty segments; the first one is the empty text before the leading slash. */
function resolveSegments(segments: readonly string[]): string | null {
  const kept: string[] = [];
  for (let i = 1; i < segments.length; i++) {
    const segment = segments[i] as string;
    if (segment === "..") {
      // How far up this leads depends on whether slashes were merged before, and on what `\` and `%2f` are.
      const left = kept.pop();
      if (left === undefined || left === "" || HALF_SLASH.test(left)) return null;
    } else if (segment !== ".") {
      if (isDisguised(segment)) return null;
      kept.push(segment);
    }
  }
  const last = segments.at(-1) as string;
  const isFolder = last === "" || last === "." || last === ".." || last.endsWith(ENCODED_SLASH);
  const merged = kept.flatMap((segment) => segment.split(ENCODED_SLASH)).filter((part) => part !== "").join(
    "/",
  );
  return merged === "" ? "/" : `/${merged}${isFolder ? "/" : ""}`;
}

function isDisguised(segment: string): boolean {
  return segment.split(HALF_SLASH).some((part) => DOTS.test(part));
}

function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < SPACE || code === DEL) return true;
  }
  return false;
}
