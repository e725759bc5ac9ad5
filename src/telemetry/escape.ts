/**
 * Text from strangers, made safe for one line of a log: nothing may start a line of its own, end a string early or
 * talk to a terminal.
 */
import { decodeUtf8 } from "../lib/utf8.ts";

const CONTROLS = /\p{Cc}/gu;
/** Everything but printable ASCII without `"` and `\`. */
const UNSAFE = /[^\x20\x21\x23-\x5b\x5d-\x7e]/;
const UNSAFE_ALL = new RegExp(UNSAFE, "g");
/** What JSON.stringify leaves as it is although terminals and line readers do not: DEL, C1, line separators. */
const UNSAFE_IN_JSON = /[\x7f-\x9f\u2028\u2029]/g;

/** Control characters as `\x0a`. */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, (char) => `\\x${hex(char, 2)}`);
}

/** As nginx writes variables into its access log: `\x22`, upper-case; `text` has one byte a character. */
export function nginxText(text: string): string {
  return UNSAFE.test(text) ? text.replace(UNSAFE_ALL, (char) => `\\x${hex(char, 2).toUpperCase()}`) : text;
}

/** A JSON string, quotes included; `text` has one byte a character, UTF-8 in it is read as such. */
export function jsonText(text: string): string {
  if (!UNSAFE.test(text)) return `"${text}"`;
  return JSON.stringify(decodeUtf8(text)).replace(UNSAFE_IN_JSON, (char) => `\\u${hex(char, 4)}`);
}

function hex(char: string, digits: number): string {
  return char.charCodeAt(0).toString(16).padStart(digits, "0");
}
