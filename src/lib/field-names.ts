/** Names and values of fields, as edits of messages have them. */

/** Fields that frame a message or end at this hop: whoever edits headers has no say in them. */
const FORBIDDEN = new Set([
  "connection",
  "content-length",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

// deno-lint-ignore no-control-regex -- they are what is looked for
const CONTROLS = /[\x00-\x08\x0a-\x1f\x7f]+/g;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const encoder = new TextEncoder();

/**
 * The name under which the spellings of a request field are one: backends that make variables of fields (CGI and its
 * heirs) turn everything but letters and digits into `_`, so `X_User` and `X.User` pass for `X-User` (rulings: field
 * names).
 */
export function fieldKey(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "-");
}

/** What an edit needs to know of a name. */
export interface FieldName {
  readonly lower: string;
  /** See {@link fieldKey}. */
  readonly key: string;
  /** Whether lines of that name may be added, and whether those that came may be removed. */
  readonly addable: boolean;
  readonly removable: boolean;
}

/** Names that were edited before: rules use the same few for every request. */
const known = new Map<string, FieldName>();
/** Middlewares of users may make up names; then this starts anew. */
const MAX_KNOWN = 1000;

export function fieldName(name: string): FieldName {
  return known.get(name) ?? learn(name);
}

function learn(name: string): FieldName {
  const lower = name.toLowerCase();
  const key = fieldKey(name);
  const learned = {
    lower,
    key,
    addable: !FORBIDDEN.has(key) && TOKEN.test(name),
    removable: !FORBIDDEN.has(lower),
  };
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(name, learned);
  return learned;
}

/** Why a field cannot be edited, to stand behind its name; undefined when it can. */
export function headerEditFault(name: string): string | undefined {
  if (!TOKEN.test(name)) return "is no header name";
  return FORBIDDEN.has(fieldKey(name)) ? "belongs to the connection or frames the message" : undefined;
}

/** One byte a character, as heads are written: text beyond ISO-8859-1 travels as UTF-8. */
export function fieldValue(value: string): string {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f || code > 0xff) return convert(value);
  }
  return value;
}

function convert(value: string): string {
  const line = value.replace(CONTROLS, "");
  return /[\u0100-\uffff]/.test(line) ? String.fromCharCode(...encoder.encode(line)) : line;
}
