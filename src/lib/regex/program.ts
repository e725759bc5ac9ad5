/** Compiles a syntax tree into a program for the matcher in `run.ts`. */
import type { AssertKind, Node, Pattern } from "./ast.ts";
import { type CharSet, MAX_CODE, single } from "./charset.ts";
import { fixedLength, hasCaptures, isNullable } from "./shape.ts";

/**
 * Instructions are four numbers: the operation and up to three operands. Targets are offsets into `Program.code`.
 * "Body" means the inside of a look-around or atomic group: it runs to its own end and is then left for good.
 */
export const Op = {
  /** code: takes this character. */
  CHAR: 0,
  /** set: takes a character of this set. */
  SET: 1,
  /** Takes any character. */
  ANY: 2,
  /** first, second: tries both in this order. */
  SPLIT: 3,
  /** target. */
  JUMP: 4,
  /** slot: stores the position. */
  SAVE: 5,
  /** kind: index into {@link ASSERT_KINDS}. */
  ASSERT: 6,
  /** memo: index into `Program.memos`; stops when the same was tried from this position before. */
  MEMO: 7,
  /** slot, loop, out: to `out` when the position is still the one in `slot`, else to `loop`. */
  LOOP: 8,
  /** body: index into `Program.bodies`. */
  ENTER: 9,
  /** body. */
  LEAVE: 10,
  /** count: steps back by so many characters. */
  BACK: 11,
  MATCH: 12,
} as const;

export const ASSERT_KINDS: readonly AssertKind[] = [
  "textStart",
  "lineStart",
  "textEnd",
  "finalLineEnd",
  "lineEnd",
  "wordBoundary",
  "notWordBoundary",
];

/** Numbers of an instruction. */
export const WIDTH = 4;

/** A place that several paths lead to, so that it is worth remembering what was tried there. */
export interface Memo {
  /** First of its numbers; it has one for each count of empty loops around it, see `run.ts`. */
  readonly base: number;
  /** Slots of the loops around it that may run empty, innermost first; within its own body only. */
  readonly loops: readonly number[];
  /** The body it stands in, -1 outside. */
  readonly body: number;
}

export interface Body {
  readonly kind: "ahead" | "notAhead" | "atomic";
  /** How many bodies are around it. */
  readonly depth: number;
  /** Where to go on behind it. */
  next: number;
  /** Its LEAVE. */
  leave: number;
  /** Whether it holds capture groups whose values can be seen from outside. */
  readonly captures: boolean;
}

export interface Program {
  readonly code: Int32Array;
  readonly sets: readonly CharSet[];
  readonly memos: readonly Memo[];
  /** Sum of the numbers of all memos. */
  readonly memoCount: number;
  readonly bodies: readonly Body[];
  readonly groups: number;
  /** Captures first, two for each group and two for the whole match; then loops. */
  readonly slots: number;
}

/** Instructions a program may have: bounds time and memory of a match to this times the length of the text. */
export const MAX_INSTRUCTIONS = 2000;

/** Compiles a pattern, or answers undefined when the program would exceed {@link MAX_INSTRUCTIONS}. */
export function compileProgram(pattern: Pattern): Program | undefined {
  const emitter = new Emitter(pattern.groups);
  try {
    emitter.emit(pattern.root);
    emitter.put(Op.MATCH);
  } catch (error) {
    if (error === TOO_LARGE) return undefined;
    throw error;
  }
  return emitter.finish();
}

const TOO_LARGE = new Error("the program is too large");

class Emitter {
  readonly #code: number[] = [];
  readonly #sets: CharSet[] = [];
  readonly #setIndex = new Map<string, number>();
  readonly #memos: Memo[] = [];
  readonly #bodies: Body[] = [];
  readonly #groups: number;
  #memoCount = 0;
  #slots: number;
  /** Slots of the loops around the current place, innermost first, back to the edge of its body. */
  #loops: readonly number[] = [];
  #body = -1;
  /** Under a negative look-around, where captures are never seen. */
  #blind = false;

  constructor(groups: number) {
    this.#groups = groups;
    this.#slots = 2 * (groups + 1);
  }

  finish(): Program {
    return {
      code: Int32Array.from(this.#code),
      sets: this.#sets,
      memos: this.#memos,
      memoCount: this.#memoCount,
      bodies: this.#bodies,
      groups: this.#groups,
      slots: this.#slots,
    };
  }

  put(op: number, a = 0, b = 0, c = 0): number {
    if (this.#code.length >= MAX_INSTRUCTIONS * WIDTH) throw TOO_LARGE;
    return this.#code.push(op, a, b, c) - WIDTH;
  }

  emit(node: Node): void {
    switch (node.type) {
      case "empty":
        return;
      case "set":
        return this.#emitSet(node.set);
      case "sequence":
        for (const item of node.items) this.emit(item);
        return;
      case "choice":
        return this.#emitChoice(node.alternatives);
      case "group":
        if (this.#blind) return this.emit(node.body);
        this.put(Op.SAVE, 2 * node.index);
        this.emit(node.body);
        this.put(Op.SAVE, 2 * node.index + 1);
        return;
      case "repeat":
        return this.#emitRepeat(node.body, node.min, node.max, node.lazy);
      case "atomic":
        return this.#emitBody("atomic", node.body, () => this.emit(node.body));
      case "look":
        return this.#emitBody(
          node.negative ? "notAhead" : "ahead",
          node.body,
          () => node.behind ? this.#emitBehind(node.body) : this.emit(node.body),
        );
      case "assert":
        this.put(Op.ASSERT, ASSERT_KINDS.indexOf(node.kind));
        return;
      case "keep":
        this.put(Op.SAVE, 0);
        return;
    }
  }

  #here(): number {
    return this.#code.length;
  }

  #emitSet(set: CharSet): void {
    const code = single(set);
    if (code !== undefined) this.put(Op.CHAR, code);
    else if (set[0] === 0 && set[1] === MAX_CODE) this.put(Op.ANY);
    else {
      const key = set.join();
      let index = this.#setIndex.get(key);
      if (index === undefined) {
        index = this.#sets.push(set) - 1;
        this.#setIndex.set(key, index);
      }
      this.put(Op.SET, index);
    }
  }

  #emitMemo(): void {
    const memo = this.#memos.push({ base: this.#memoCount, loops: this.#loops, body: this.#body }) - 1;
    this.#memoCount += this.#loops.length + 1;
    this.put(Op.MEMO, memo);
  }

  #emitChoice(alternatives: readonly Node[]): void {
    this.#emitBranches(alternatives.map((alternative) => () => this.emit(alternative)));
  }

  #emitBranches(branches: readonly (() => void)[]): void {
    const jumps: number[] = [];
    branches.forEach((branch, i) => {
      if (i === branches.length - 1) return branch();
      const split = this.put(Op.SPLIT, this.#here() + WIDTH);
      branch();
      jumps.push(this.put(Op.JUMP));
      this.#code[split + 2] = this.#here();
    });
    for (const jump of jumps) this.#code[jump + 1] = this.#here();
    this.#emitMemo();
  }

  #emitRepeat(body: Node, min: number, max: number, lazy: boolean): void {
    const once = max === Infinity ? Math.max(min - 1, 0) : min;
    for (let i = 0; i < once; i++) this.emit(body);
    if (max === Infinity) this.#emitLoop(body, min === 0, lazy);
    else if (max > min) this.#emitOptional(body, max - min, lazy);
  }

  /** `(body (body …)?)?` */
  #emitOptional(body: Node, times: number, lazy: boolean): void {
    const splits: number[] = [];
    for (let i = 0; i < times; i++) {
      splits.push(this.put(Op.SPLIT));
      this.emit(body);
    }
    for (const split of splits) this.#patchSplit(split, split + WIDTH, this.#here(), lazy);
    this.#emitMemo();
  }

  #patchSplit(split: number, loop: number, out: number, lazy: boolean): void {
    this.#code[split + 1] = lazy ? out : loop;
    this.#code[split + 2] = lazy ? loop : out;
  }

  /** A round that takes nothing ends the loop and counts, as in PCRE; JavaScript would undo it. */
  #emitLoop(body: Node, optional: boolean, lazy: boolean): void {
    const outer = this.#loops;
    const slot = isNullable(body) ? this.#slots++ : -1;
    const entry = optional ? this.put(Op.SPLIT) : -1;
    const head = this.#here();
    this.#emitMemo();
    if (slot >= 0) {
      this.put(Op.SAVE, slot);
      this.#loops = [slot, ...outer];
    }
    this.emit(body);
    this.#loops = outer;
    const check = slot >= 0 ? this.put(Op.LOOP, slot) : -1;
    const again = this.put(Op.SPLIT);
    const out = this.#here();
    this.#patchSplit(again, head, out, lazy);
    if (entry >= 0) this.#patchSplit(entry, head, out, lazy);
    if (check >= 0) {
      this.#code[check + 2] = again;
      this.#code[check + 3] = out;
    }
    this.#emitMemo();
  }

  #emitBody(kind: Body["kind"], node: Node, emit: () => void): void {
    const outer = { loops: this.#loops, body: this.#body, blind: this.#blind };
    this.#blind ||= kind === "notAhead";
    const depth = outer.body < 0 ? 0 : this.#bodies[outer.body]!.depth + 1;
    const captures = !this.#blind && hasCaptures(node);
    const body: Body = { kind, depth, captures, next: 0, leave: 0 };
    this.#body = this.#bodies.push(body) - 1;
    this.#loops = [];
    this.put(Op.ENTER, this.#body);
    emit();
    body.leave = this.put(Op.LEAVE, this.#body);
    body.next = this.#here();
    this.#loops = outer.loops;
    this.#body = outer.body;
    this.#blind = outer.blind;
  }

  /** The parser has made sure that every alternative has one length. */
  #emitBehind(body: Node): void {
    const alternatives = body.type === "choice" ? body.alternatives : [body];
    this.#emitBranches(alternatives.map((alternative) => () => {
      this.put(Op.BACK, fixedLength(alternative) ?? 0);
      this.emit(alternative);
    }));
  }
}
