/**
 * The matcher: backtracking that remembers. Without back-references, what happens from one instruction at one position
 * is always the same, so a place that failed once is never tried again, and a look-around or atomic group that
 * succeeded from there is not run again. Time and memory are at most the size of the program times the length of the
 * text. The stack is an array: no recursion on the text.
 */
import { contains, NEWLINE, WORD } from "./charset.ts";
import { ASSERT_KINDS, type Memo, Op, type Program, WIDTH } from "./program.ts";

/** Tags of stack frames that are no choice; a choice is [target, position], targets are not negative. */
const TRIED = -1;
/** An old value of slot s is [UNDO - s, value]. */
const UNDO = -2;

/** One search in one text. */
class Search {
  readonly #program: Program;
  readonly #text: string;
  readonly #width: number;
  /** Bit (memo number × width + position): was tried, and failed unless it is in #won. */
  readonly #tried: Uint32Array;
  /** Bit: led to the end of its body. */
  readonly #won: Uint32Array;
  /** Where an atomic group ended from there. */
  readonly #ends = new Map<number, number>();
  readonly slots: Int32Array;
  #stack = new Int32Array(256);
  #top = 0;
  /** By depth of the body: height of the stack and position when it was entered. */
  readonly #base: Int32Array;
  readonly #entered: Int32Array;
  /** Second pass: follow the path that is known to succeed, to see its captures. */
  #replay = false;

  constructor(program: Program, text: string) {
    this.#program = program;
    this.#text = text;
    this.#width = text.length + 1;
    const words = (program.memoCount * this.#width + 31) >>> 5;
    this.#tried = new Uint32Array(words);
    this.#won = new Uint32Array(program.bodies.length === 0 ? 0 : words);
    this.slots = new Int32Array(program.slots).fill(-1);
    this.#base = new Int32Array(program.bodies.length);
    this.#entered = new Int32Array(program.bodies.length);
  }

  /** Position behind the first match that begins at `start`, or -1. */
  from(start: number): number {
    this.#top = 0;
    return this.#run(start);
  }

  /** Runs again from `start`, which is known to succeed, and fills the slots. */
  replay(start: number): number {
    this.#replay = true;
    this.#top = 0;
    this.slots.fill(-1);
    return this.#run(start);
  }

  #push(tag: number, value: number): void {
    if (this.#top + 2 > this.#stack.length) {
      const larger = new Int32Array(this.#stack.length * 2);
      larger.set(this.#stack);
      this.#stack = larger;
    }
    this.#stack[this.#top++] = tag;
    this.#stack[this.#top++] = value;
  }

  #run(start: number): number {
    const { code, sets, memos, bodies } = this.#program;
    const text = this.#text;
    let pc = 0;
    let at = start;
    for (;;) {
      let alive = true;
      switch (code[pc]) {
        case Op.CHAR:
          alive = at < text.length && text.charCodeAt(at) === code[pc + 1];
          at++;
          break;
        case Op.SET:
          alive = at < text.length && contains(sets[code[pc + 1]!]!, text.charCodeAt(at));
          at++;
          break;
        case Op.ANY:
          alive = at < text.length;
          at++;
          break;
        case Op.SPLIT:
          this.#push(code[pc + 2]!, at);
          pc = code[pc + 1]!;
          continue;
        case Op.JUMP:
          pc = code[pc + 1]!;
          continue;
        case Op.SAVE: {
          const slot = code[pc + 1]!;
          this.#push(UNDO - slot, this.slots[slot]!);
          this.slots[slot] = at;
          break;
        }
        case Op.ASSERT:
          alive = this.#holds(code[pc + 1]!, at);
          break;
        case Op.MEMO: {
          const memo = memos[code[pc + 1]!]!;
          const key = this.#key(memo, at);
          const won = this.#has(this.#won, key);
          if (won && memo.body >= 0 && !(this.#replay && bodies[memo.body]!.captures)) {
            at = this.#ends.get(key) ?? at;
            pc = bodies[memo.body]!.leave;
            continue;
          }
          alive = won || !this.#has(this.#tried, key);
          if (alive && !this.#replay) {
            this.#tried[key >>> 5]! |= 1 << (key & 31);
            if (bodies.length > 0) this.#push(TRIED, key);
          }
          break;
        }
        case Op.LOOP:
          pc = code[pc + (this.slots[code[pc + 1]!] === at ? 3 : 2)]!;
          continue;
        case Op.ENTER: {
          const body = bodies[code[pc + 1]!]!;
          if (body.kind === "notAhead") this.#push(body.next, at);
          this.#base[body.depth] = this.#top;
          this.#entered[body.depth] = at;
          break;
        }
        case Op.LEAVE: {
          const body = bodies[code[pc + 1]!]!;
          this.#cut(this.#base[body.depth]!, body.kind === "atomic" ? at : -1);
          if (body.kind === "notAhead") {
            this.#unwind(this.#base[body.depth]! - 2);
            alive = false;
          } else {
            if (body.kind === "ahead") at = this.#entered[body.depth]!;
            pc = body.next;
            continue;
          }
          break;
        }
        case Op.BACK:
          at -= code[pc + 1]!;
          alive = at >= 0;
          break;
        case Op.MATCH:
          this.#cut(0, -1);
          return at;
      }
      if (alive) {
        pc += WIDTH;
        continue;
      }
      // Back to the latest choice.
      for (;;) {
        if (this.#top === 0) return -1;
        const value = this.#stack[--this.#top]!;
        const tag = this.#stack[--this.#top]!;
        if (tag >= 0) {
          pc = tag;
          at = value;
          break;
        }
        if (tag !== TRIED) this.slots[UNDO - tag] = value;
      }
    }
  }

  #holds(kind: number, at: number): boolean {
    const text = this.#text;
    switch (ASSERT_KINDS[kind]!) {
      case "textStart":
        return at === 0;
      case "lineStart":
        return at === 0 || (at < text.length && text.charCodeAt(at - 1) === NEWLINE);
      case "textEnd":
        return at === text.length;
      case "finalLineEnd":
        return at === text.length || (at === text.length - 1 && text.charCodeAt(at) === NEWLINE);
      case "lineEnd":
        return at === text.length || text.charCodeAt(at) === NEWLINE;
      case "wordBoundary":
        return this.#isWord(at - 1) !== this.#isWord(at);
      case "notWordBoundary":
        return this.#isWord(at - 1) === this.#isWord(at);
    }
  }

  #isWord(at: number): boolean {
    return at >= 0 && at < this.#text.length && contains(WORD, this.#text.charCodeAt(at));
  }

  /**
   * What happens also depends on which loops around have taken nothing in this round yet. Those are always the
   * innermost ones, so their count says it all.
   */
  #key(memo: Memo, at: number): number {
    let empty = 0;
    while (empty < memo.loops.length && this.slots[memo.loops[empty]!] === at) empty++;
    return (memo.base + empty) * this.#width + at;
  }

  #has(bits: Uint32Array, key: number): boolean {
    return ((bits[key >>> 5] ?? 0) & (1 << (key & 31))) !== 0;
  }

  /** Drops the choices above `height`: what was tried there has led to the end of the body. Keeps old values. */
  #cut(height: number, end: number): void {
    let kept = height;
    for (let i = height; i < this.#top; i += 2) {
      const tag = this.#stack[i]!;
      const value = this.#stack[i + 1]!;
      if (tag === TRIED) {
        this.#won[value >>> 5]! |= 1 << (value & 31);
        if (end >= 0) this.#ends.set(value, end);
      } else if (tag < 0) {
        this.#stack[kept++] = tag;
        this.#stack[kept++] = value;
      }
    }
    this.#top = kept;
  }

  /** Restores old values above `height`. */
  #unwind(height: number): void {
    while (this.#top > height) {
      const value = this.#stack[--this.#top]!;
      const tag = this.#stack[--this.#top]!;
      if (tag <= UNDO) this.slots[UNDO - tag] = value;
    }
  }
}

/** Slots of the first match in `text`: start and end of the match and of each group, -1 where unset; or null. */
export function search(program: Program, text: string, anchored: boolean): Int32Array | null {
  const run = new Search(program, text);
  const last = anchored ? 0 : text.length;
  for (let start = 0; start <= last; start++) {
    run.slots[0] = start;
    let end = run.from(start);
    if (end < 0) continue;
    if (program.bodies.some((body) => body.captures)) {
      end = run.replay(start);
      if (run.slots[0]! < 0) run.slots[0] = start;
    }
    run.slots[1] = end;
    return run.slots;
  }
  return null;
}
