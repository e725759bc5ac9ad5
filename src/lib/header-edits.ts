/** Changes to the fields of a message, applied when its head is written, so that nobody builds a `Headers` for them. */

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
interface FieldName {
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

function nameOf(name: string): FieldName {
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

interface Added {
  readonly lower: string;
  /** See {@link fieldKey}. */
  readonly key: string;
  readonly name: string;
  readonly value: string;
}

/** What follows edits as they are made. */
export interface EditObserver {
  /** Drops every spelling of a name, see {@link fieldKey}. */
  removed(name: string): void;
  added(name: string, value: string): void;
}

export class HeaderEdits {
  /** Lower-case names of the fields whose original lines are dropped. */
  readonly removed: string[] = [];
  /** The same as {@link fieldKey} has them. */
  readonly removedKeys: string[] = [];
  /** Told of every edit from now on. */
  observer: EditObserver | undefined;
  #added: Added[] = [];

  get empty(): boolean {
    return this.removed.length === 0 && this.#added.length === 0;
  }

  /** Replaces all lines of a field by one. */
  set(name: string, value: string): void {
    this.remove(name);
    this.add(name, value);
  }

  /** Adds one line to a field. Control characters in the value are dropped: a value is one line (RFC 9110 5.5). */
  add(name: string, value: string): void {
    const { lower, key, addable } = nameOf(name);
    if (!addable) return;
    const entry = { lower, key, name, value: fieldValue(value) };
    this.#added.push(entry);
    this.observer?.added(name, entry.value);
  }

  /** Drops all lines of a field, those added before included. */
  remove(name: string): void {
    const { lower, key, removable } = nameOf(name);
    if (!removable) return;
    if (!this.removed.includes(lower)) {
      this.removed.push(lower);
      this.removedKeys.push(key);
    }
    this.observer?.removed(name);
    if (this.#added.some((entry) => entry.key === key)) {
      this.#added = this.#added.filter((entry) => entry.key !== key);
    }
  }

  /** Value that was set or added last; undefined when none was. `name` is lower-case. */
  get(name: string): string | undefined {
    for (let i = this.#added.length - 1; i >= 0; i--) {
      const entry = this.#added[i] as Added;
      if (entry.lower === name) return entry.value;
    }
    return undefined;
  }

  /**
   * Value of a request field whose original value is `original`, lines joined; `name` in any spelling. Undefined when
   * none is left.
   */
  apply(name: string, original: string | undefined): string | undefined {
    if (this.empty) return original;
    const key = fieldKey(name);
    const values = this.#added.filter((entry) => entry.key === key).map(({ value }) => value);
    if (original !== undefined && !this.removedKeys.includes(key)) {
      values.unshift(original);
    }
    // RFC 6265 5.4: cookies are joined by "; ", everything else by ", " (RFC 9110 5.3).
    return values.length === 0 ? undefined : values.join(key === "cookie" ? "; " : ", ");
  }

  /** The added fields in order. */
  entries(): readonly (readonly [name: string, value: string])[] {
    return this.#added.map(({ name, value }) => [name, value]);
  }

  /** The added lines, each ending in CRLF, without those whose name, in whatever spelling, is in `except`. */
  lines(except?: ReadonlySet<string>): string {
    let lines = "";
    for (const { key, name, value } of this.#added) {
      if (except === undefined || !except.has(key)) lines += `${name}: ${value}\r\n`;
    }
    return lines;
  }
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
