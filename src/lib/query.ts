/** Query strings (`a=1&b`), read without building a list of them. */
import { decodeUtf8 } from "./utf8.ts";

/** Characters that mean that a query does not stand for itself. */
const ENCODED = /[%+\x80-\uffff]/;

/**
 * The first value of the parameter `name` in the raw `query` (one byte a character, no leading `?`), decoded like a
 * form: `+` is a space, escapes are UTF-8. A flag without `=` has the value ""; undefined when there is none. Names
 * are case-sensitive and may be encoded. There is no cap on the number of parameters.
 */
export function firstParam(query: string, name: string): string | undefined {
  const isPlain = !ENCODED.test(query);
  let equals = -1;
  for (let at = 0; at < query.length;) {
    let end = query.indexOf("&", at);
    if (end < 0) end = query.length;
    // Searched at most once per `=`, however many flags come before it.
    if (equals < at) {
      equals = query.indexOf("=", at);
      if (equals < 0) equals = query.length;
    }
    const nameEnd = Math.min(equals, end);
    const isMatch = isPlain
      ? nameEnd - at === name.length && query.startsWith(name, at)
      : decodeFormText(query.slice(at, nameEnd)) === name;
    if (isMatch) {
      const value = nameEnd === end ? "" : query.slice(nameEnd + 1, end);
      return isPlain ? value : decodeFormText(value);
    }
    at = end + 1;
  }
  return undefined;
}

/**
 * The raw value of the first parameter `name` in the raw `query`, as nginx has it in `$arg_<name>`: not decoded, names
 * compared without regard to case. `name` is lower-case. A flag without `=` counts as absent.
 */
export function rawParam(query: string, name: string): string | undefined {
  for (const parameter of query.split("&")) {
    const equals = parameter.indexOf("=");
    if (equals === name.length && parameter.slice(0, equals).toLowerCase() === name) {
      return parameter.slice(equals + 1);
    }
  }
  return undefined;
}

/** Decodes `+` and escapes; a `%` that starts no escape stands for itself. */
export function decodeFormText(text: string): string {
  if (!ENCODED.test(text)) return text;
  const bytes = text.replaceAll("+", " ")
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return decodeUtf8(bytes);
}
