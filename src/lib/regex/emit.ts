/** Compiles a syntax tree into a {@link Program}. */
import { type Assertion, looksAt } from "./assertions.ts";
import type { Node, Pattern } from "./ast.ts";
import type { CharSet } from "./charset.ts";
import { type Body, Op, type Program, WIDTH } from "./program.ts";
import { fixedLength, hasCaptures, isAnchored, isNullable } from "./shape.ts";

/** Instructions a program may have. */
export const MAX_INSTRUCTIONS = 10_000;
/** Different classes and characters that a program may take: they bound the size of its tables. */
export const MAX_SETS = 500;
/** Places a program may have at which it must remember what was tried: they bound the memory of a match. */
export const MAX_MEMOS = 1000;

/** Compiles a pattern, or answers undefined when the program would exceed the limits above. */
export function compileProgram(pattern: Pattern): Program | undefined {
  const emitter = new Emitter(pattern.groups);
  try {
    emitter.emit(pattern.root);
    emitter.put(Op.MATCH);
  } catch (error) {
    if (error === TOO_LARGE) return undefined;
    throw error;
  }
  return emitter.finish(isAnchored(pattern.root));
}

const TOO_LARGE = new Error("the program is too large");

class Emitter {
  readonly #code: number[] = [];
  readonly #sets: CharSet[] = [];
  readonly #setIndex = new Map<string, number>();
  readonly #bodies: Body[] = [];
  readonly #groups: number;
  readonly #assertions = new Set<Assertion>();
  readonly #memoLoops: (readonly number[])[] = [];
  #memoCount = 0;
  #slots: number;
  /** Slots of the loops around the current place that may run empty, innermost first, within its body. */
  #loops: readonly number[] = [];
  #body = -1;
  /** Under a negative look-around, where captures are never seen. */
  #blind = false;

  constructor(groups: number) {
    this.#groups = groups;
    this.#slots = 2 * (groups + 1);
  }

  finish(anchored: boolean): Program {
    const seen = new Set([...this.#assertions].map(looksAt));
    return {
      code: new Int32Array(this.#code),
      sets: this.#sets,
      bodies: this.#bodies,
      loops: this.#memoLoops,
      memoCount: this.#memoCount,
      groups: this.#groups,
      slots: this.#slots,
      anchored,
      seesNewlines: seen.has("newlines"),
      seesWords: seen.has("words"),
    };
  }

  /** Appends an instruction and answers its offset. */
  put(op: number, a = 0, b = 0, c = 0): number {
    if (
      this.#code.length >= MAX_INSTRUCTIONS * WIDTH || this.#memoCount > MAX_MEMOS ||
      this.#sets.length > MAX_SETS
    ) throw TOO_LARGE;
    return this.#code.push(op, a, b, c) - WIDTH;
  }

  emit(node: Node): void {
    switch (node.type) {
      case "empty":
        return;
      case "set":
        this.put(Op.TAKE, this.#indexOf(node.set));
        return;
      case "sequence":
        for (const item of node.items) this.emit(item);
        return;
      case "choice":
        return this.#emitBranches(node.alternatives.map((alternative) => () => this.emit(alternative)));
      case "group":
        return this.#emitGroup(node.index, node.body);
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
        this.#assertions.add(node.assertion);
        this.put(Op.ASSERT, node.assertion);
        return;
      case "keep":
        this.put(Op.SAVE, 0);
        return;
    }
  }

  #here(): number {
    return this.#code.length;
  }

  #indexOf(set: CharSet): number {
    const key = set.join();
    const known = this.#setIndex.get(key);
    if (known !== undefined) return known;
    const index = this.#sets.push(set) - 1;
    this.#setIndex.set(key, index);
    return index;
  }

  #emitMemo(): void {
    const loops = this.#memoLoops.push(this.#loops) - 1;
    const base = this.#memoCount;
    this.#memoCount += this.#loops.length + 1;
    this.put(Op.MEMO, base, loops, this.#body);
  }

  #emitGroup(index: number, body: Node): void {
    if (this.#blind) return this.emit(body);
    this.put(Op.SAVE, 2 * index);
    this.emit(body);
    this.put(Op.SAVE, 2 * index + 1);
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
    if (jumps.length > 0) this.#emitMemo();
  }

  #emitRepeat(body: Node, min: number, max: number, lazy: boolean): void {
    const times = max === Infinity ? Math.max(min - 1, 0) : min;
    for (let i = 0; i < times; i++) {
      const before = this.#here();
      this.emit(body);
      // Nothing to repeat, however often: "(?:(?:){65535}){65535}" must not keep anybody waiting.
      if (this.#here() === before) return;
    }
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
    for (const split of splits) this.#aim(split, split + WIDTH, this.#here(), lazy);
    this.#emitMemo();
  }

  /** Sets the targets of a SPLIT that goes on into a repeat or out of it. */
  #aim(split: number, on: number, out: number, lazy: boolean): void {
    this.#code[split + 1] = lazy ? out : on;
    this.#code[split + 2] = lazy ? on : out;
  }

  /** A round that takes nothing counts and ends the loop, as in PCRE; JavaScript would undo it. */
  #emitLoop(body: Node, optional: boolean, lazy: boolean): void {
    const outer = this.#loops;
    const slot = isNullable(body) ? this.#slots++ : -1;
    const head = this.#here();
    this.#emitMemo();
    let split = optional ? this.put(Op.SPLIT) : -1;
    const round = this.#here();
    if (slot >= 0) {
      this.put(Op.SAVE, slot);
      this.#loops = [slot, ...outer];
    }
    this.emit(body);
    this.#loops = outer;
    const check = slot >= 0 ? this.put(Op.LOOP, slot, optional ? head : this.#here() + WIDTH) : -1;
    if (!optional) split = this.put(Op.SPLIT);
    else if (check < 0) this.put(Op.JUMP, head);
    const out = this.#here();
    this.#aim(split, optional ? round : head, out, lazy);
    if (check >= 0) {
      this.#code[check + 3] = out;
      this.#emitMemo();
    }
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
