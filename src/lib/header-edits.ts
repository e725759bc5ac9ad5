/** Changes to the fields of a message, applied when its head is written, so that nobody builds a `Headers` for them. */
import { fieldKey, type FieldName, fieldName, fieldValue } from "./field-names.ts";

/**
 * One change to one field. Made once for many messages where it is the same for all: it remembers the {@link EditState}
 * that it was last made from and what came of it, so that a chain of edits that never vary costs a comparison each.
 */
export class FieldEdit {
  readonly name: FieldName;
  /** With its CRLF; "" when nothing is added. */
  readonly line: string;
  /** @internal */
  from: EditState | undefined;
  /** @internal */
  to: EditState | undefined;

  private constructor(
    readonly kind: "set" | "add" | "remove",
    readonly spelling: string,
    readonly value: string,
  ) {
    this.name = fieldName(spelling);
    this.line = kind === "remove" ? "" : `${spelling}: ${value}\r\n`;
  }

  /**
   * Replaces all lines of a field by one. Control characters in the value are dropped: a value is one line (RFC 9110 5.5).
   */
  static set(name: string, value: string): FieldEdit {
    return new FieldEdit("set", name, fieldValue(value));
  }

  /** Adds one line to a field; the value as for {@link set}. */
  static add(name: string, value: string): FieldEdit {
    return new FieldEdit("add", name, fieldValue(value));
  }

  /** Drops all lines of a field, those added before included. */
  static remove(name: string): FieldEdit {
    return new FieldEdit("remove", name, "");
  }
}

/** What edits come to. A state never changes, so that messages may share it, and what is made of it is kept in it. */
class EditState {
  #lines: string | undefined;
  #except: ReadonlySet<string> | undefined;

  constructor(
    readonly removed: readonly string[],
    readonly removedKeys: readonly string[],
    readonly added: readonly FieldEdit[],
    /** The state with all that was added but the last. */
    readonly before?: EditState | undefined,
  ) {}

  after(edit: FieldEdit): EditState {
    // deno-lint-ignore no-this-alias -- the states that an edit leads to start here
    let state: EditState = this;
    if (edit.kind !== "add" && edit.name.removable) state = state.#without(edit.name);
    if (edit.kind !== "remove" && edit.name.addable) {
      state = new EditState(state.removed, state.removedKeys, [...state.added, edit], state);
    }
    return state;
  }

  #without({ lower, key }: FieldName): EditState {
    const isKnown = this.removed.includes(lower);
    const isAdded = this.added.some(({ name }) => name.key === key);
    if (isKnown && !isAdded) return this;
    return new EditState(
      isKnown ? this.removed : [...this.removed, lower],
      isKnown ? this.removedKeys : [...this.removedKeys, key],
      isAdded ? this.added.filter(({ name }) => name.key !== key) : this.added,
      isAdded ? undefined : this.before,
    );
  }

  lines(except: ReadonlySet<string> | undefined): string {
    if (this.#lines !== undefined && this.#except === except) return this.#lines;
    const last = this.added.at(-1);
    const lines = this.before === undefined || last === undefined
      ? this.added.map((edit) => lineOf(edit, except)).join("")
      : this.before.lines(except) + lineOf(last, except);
    this.#except = except;
    return this.#lines = lines;
  }
}

function lineOf({ name, line }: FieldEdit, except: ReadonlySet<string> | undefined): string {
  return except?.has(name.key) === true ? "" : line;
}

const UNEDITED = new EditState([], [], []);
const NOTHING: FieldEdit[] = [];

/** What follows edits as they are made. */
export interface EditObserver {
  /** Drops every spelling of a name, see {@link fieldKey}. */
  removed(name: string): void;
  added(name: string, value: string): void;
}

export class HeaderEdits {
  /** Told of every edit from now on. */
  observer: EditObserver | undefined;
  #state = UNEDITED;
  /**
   * Lines that were added once, of names that no later edit has touched: behind those of the state, so that edits which
   * never vary need not follow upon edits which do. Only the order of lines with one name counts (RFC 9110 5.3).
   */
  #once: FieldEdit[] = NOTHING;

  get empty(): boolean {
    return this.#state === UNEDITED && this.#once.length === 0;
  }

  /** Lower-case names of the fields whose original lines are dropped. */
  get removed(): readonly string[] {
    return this.#state.removed;
  }

  /** The same as {@link fieldKey} has them. */
  get removedKeys(): readonly string[] {
    return this.#state.removedKeys;
  }

  /** Makes an edit that was prepared. */
  make(edit: FieldEdit): void {
    if (this.#once.length > 0 && this.#hasOnce(edit.name.key)) this.#settle();
    if (edit.from !== this.#state) {
      edit.to = this.#state.after(edit);
      edit.from = this.#state;
    }
    this.#state = edit.to as EditState;
    if (this.observer !== undefined) tell(this.observer, edit);
  }

  /** Makes them one after the other. */
  makeAll(edits: readonly FieldEdit[]): void {
    for (let i = 0; i < edits.length; i++) this.make(edits[i] as FieldEdit);
  }

  /** {@link FieldEdit.set}, made at once. */
  set(name: string, value: string): void {
    this.make(FieldEdit.set(name, value));
  }

  /** {@link FieldEdit.add}, made at once. */
  add(name: string, value: string): void {
    const edit = FieldEdit.add(name, value);
    if (!edit.name.addable) return;
    if (this.#once.length === 0) this.#once = [edit];
    else this.#once.push(edit);
    this.observer?.added(name, edit.value);
  }

  /** {@link FieldEdit.remove}, made at once. */
  remove(name: string): void {
    this.make(FieldEdit.remove(name));
  }

  /** Value that was set or added last; undefined when none was. `name` is lower-case. */
  get(name: string): string | undefined {
    const added = this.#added();
    for (let i = added.length - 1; i >= 0; i--) {
      const edit = added[i] as FieldEdit;
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
    const values = this.#added().filter((edit) => edit.name.key === key).map(({ value }) => value);
    if (original !== undefined && !this.removedKeys.includes(key)) {
      values.unshift(original);
    }
    // RFC 6265 5.4: cookies are joined by "; ", everything else by ", " (RFC 9110 5.3).
    return values.length === 0 ? undefined : values.join(key === "cookie" ? "; " : ", ");
  }

  /** The added fields in order. */
  entries(): readonly (readonly [name: string, value: string])[] {
    return this.#added().map(({ spelling, value }) => [spelling, value]);
  }

  /**
   * The added lines, each ending in CRLF, without those whose name, in whatever spelling, is in `except`: a set that does
   * not change, since what is found for it is kept.
   */
  lines(except?: ReadonlySet<string>): string {
    return this.sharedLines(except) + this.ownLines(except);
  }

  /** Those of {@link lines} that other messages are likely to have, too: one string for all of them. */
  sharedLines(except?: ReadonlySet<string>): string {
    return this.#state.lines(except);
  }

  /** The rest of {@link lines}. */
  ownLines(except?: ReadonlySet<string>): string {
    let lines = "";
    for (let i = 0; i < this.#once.length; i++) lines += lineOf(this.#once[i] as FieldEdit, except);
    return lines;
  }

  #hasOnce(key: string): boolean {
    for (let i = 0; i < this.#once.length; i++) if (this.#once[i]?.name.key === key) return true;
    return false;
  }

  #added(): readonly FieldEdit[] {
    return this.#once.length === 0 ? this.#state.added : [...this.#state.added, ...this.#once];
  }

  /** What was added once becomes part of the state. */
  #settle(): void {
    for (const edit of this.#once) this.#state = this.#state.after(edit);
    this.#once = NOTHING;
  }
}

function tell(observer: EditObserver, { kind, name, spelling, value }: FieldEdit): void {
  if (kind !== "add" && name.removable) observer.removed(spelling);
  if (kind !== "remove" && name.addable) observer.added(spelling, value);
}
