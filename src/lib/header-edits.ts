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

/** A line to be added, in the form in which it is written. */
export interface FieldEdit {
  readonly name: FieldName;
  readonly spelling: string;
  readonly value: string;
  /** With its CRLF. */
  readonly line: string;
}

/**
 * Prepares an edit, for those that are the same for every message. Control characters in the value are dropped: a value
 * is one line (RFC 9110 5.5).
 */
export function fieldEdit(name: string, value: string): FieldEdit {
  const text = fieldValue(value);
  return { name: nameOf(name), spelling: name, value: text, line: `${name}: ${text}\r\n` };
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
  #added: FieldEdit[] = [];

  get empty(): boolean {
    return this.removed.length === 0 && this.#added.length === 0;
  }

  /** Replaces all lines of a field by one. */
  set(name: string, value: string): void {
    this.setField(fieldEdit(name, value));
  }

  /** Adds one line to a field. */
  add(name: string, value: string): void {
    this.addField(fieldEdit(name, value));
  }

  /** {@link set} with what was prepared. */
  setField(edit: FieldEdit): void {
    this.#remove(edit.name, edit.spelling);
    this.addField(edit);
  }

  /** {@link add} with what was prepared. */
  addField(edit: FieldEdit): void {
    if (!edit.name.addable) return;
    this.#added.push(edit);
    this.observer?.added(edit.spelling, edit.value);
  }

  /** Drops all lines of a field, those added before included. */
  remove(name: string): void {
    this.#remove(nameOf(name), name);
  }

  #remove({ lower, key, removable }: FieldName, spelling: string): void {
    if (!removable) return;
    if (!this.removed.includes(lower)) {
      this.removed.push(lower);
      this.removedKeys.push(key);
    }
    this.observer?.removed(spelling);
    for (let i = 0; i < this.#added.length; i++) {
      if (this.#added[i]?.name.key !== key) continue;
      this.#added = this.#added.filter((edit) => edit.name.key !== key);
      return;
    }
  }

  /** Value that was set or added last; undefined when none was. `name` is lower-case. */
  get(name: string): string | undefined {
    for (let i = this.#added.length - 1; i >= 0; i--) {
      const edit = this.#added[i] as FieldEdit;
      if (edit.name.lower === name) return edit.value;
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
    const values = this.#added.filter((edit) => edit.name.key === key).map(({ value }) => value);
    if (original !== undefined && !this.removedKeys.includes(key)) {
      values.unshift(original);
    }
    // RFC 6265 5.4: cookies are joined by "; ", everything else by ", " (RFC 9110 5.3).
    return values.length === 0 ? undefined : values.join(key === "cookie" ? "; " : ", ");
  }

  /** The added fields in order. */
  entries(): readonly (readonly [name: string, value: string])[] {
    return this.#added.map(({ spelling, value }) => [spelling, value]);
  }

  /** The added lines, each ending in CRLF, without those whose name, in whatever spelling, is in `except`. */
  lines(except?: ReadonlySet<string>): string {
    let lines = "";
    for (let i = 0; i < this.#added.length; i++) {
      const { name, line } = this.#added[i] as FieldEdit;
      if (except === undefined || !except.has(name.key)) lines += line;
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
