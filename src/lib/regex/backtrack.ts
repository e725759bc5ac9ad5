/**
 * The matcher of all patterns: backtracking that remembers. Without back-references, what follows from one instruction
 * at one position is always the same. So a place that failed is never tried again, and a look-around or atomic group
 * is not run again from a place that led to its end: the work is at most the size of the program times the length of
 * the text. The stack is an array, so nothing recurses on the text.
 */
import { classOf } from "./alphabet.ts";
import { holds, sideAfter, sideBefore } from "./assertions.ts";
import { Op, type Program, startsOf, type Tables, WIDTH } from "./program.ts";

/** Instructions that one search may execute; one that needs more counts as no match, as PCRE's match limit does. */
export const MAX_STEPS = 8_000_000;
/** Bits that one search may remember. */
export const MAX_BITS = 1 << 26;

/** Tags of stack frames. A frame is a tag and a value; a tag that is not negative is a choice: go there, at value. */
const TRIED = -1;
/** `UNDO - slot`: the slot's old value. */
const UNDO = -2;

const FAILED = -1;
const GAVE_UP = -2;

/** Memory that searches share, since only one runs at a time; larger needs are met for one search alone. */
const SHARED_WORDS = 1 << 14;
const sharedStack = new Int32Array(SHARED_WORDS);
const sharedTried = new Uint32Array(SHARED_WORDS);
const sharedWon = new Uint32Array(SHARED_WORDS);

function clearedWords(shared: Uint32Array, words: number): Uint32Array {
  return words > SHARED_WORDS ? new Uint32Array(words) : shared.fill(0, 0, words);
}

export class Backtracker {
  readonly #program: Program;
  readonly #tables: Tables;
  readonly #starts: Uint8Array | undefined;
  readonly #replays: boolean;
  readonly #slots: Int32Array;
  /** By depth of the body: height of the stack and position when it was entered. */
  readonly #heights: Int32Array;
  readonly #entries: Int32Array;
  #text = "";
  #stack = sharedStack;
  #top = 0;
  #steps = 0;
  /** Bit (number of the memo × (text length + 1) + position): was tried, and failed unless it is in #won. */
  #tried: Uint32Array = sharedTried;
  /** The same: led to the end of its body. */
  #won: Uint32Array = sharedWon;
  /** Where an atomic group ended from there. */
  readonly #ends = new Map<number, number>();
  /** Second pass, along the path that is known to succeed, to see captures inside bodies. */
  #replaying = false;

  constructor(program: Program, tables: Tables) {
    this.#program = program;
    this.#tables = tables;
    this.#starts = startsOf(program, tables);
    this.#replays = program.bodies.some((body) => body.captures);
    this.#slots = new Int32Array(program.slots);
    this.#heights = new Int32Array(program.bodies.length);
    this.#entries = new Int32Array(program.bodies.length);
  }

  /** Whether there is a match in `text`. */
  test(text: string): boolean {
    return this.#search(text) >= 0;
  }

  /**
   * The first match: start and end of the match and of each group, -1 where unset; or null. The array is valid until
   * the next search.
   */
  exec(text: string): Int32Array | null {
    const start = this.#search(text);
    if (start < 0) return null;
    if (this.#replays) {
      this.#replaying = true;
      this.#slots.fill(-1);
      const end = this.#run(start);
      this.#replaying = false;
      if (end < 0) return null;
      this.#slots[1] = end;
      // Not set by \K.
      if (this.#slots[0]! < 0) this.#slots[0] = start;
    }
    return this.#slots;
  }

  /** The first position from which the program matches, or a negative number. */
  #search(text: string): number {
    const { program, starts } = { program: this.#program, starts: this.#starts };
    const { alphabet } = this.#tables;
    const bits = program.memoCount * (text.length + 1);
    if (bits > MAX_BITS) return GAVE_UP;
    const words = (bits + 31) >>> 5;
    this.#tried = clearedWords(sharedTried, words);
    if (program.bodies.length > 0) this.#won = clearedWords(sharedWon, words);
    this.#ends.clear();
    this.#text = text;
    this.#steps = MAX_STEPS;
    this.#slots.fill(-1);
    const last = program.anchored ? 0 : text.length;
    for (let start = 0; start <= last; start++) {
      if (starts !== undefined) {
        if (start === text.length) break;
        if (starts[classOf(alphabet, text.charCodeAt(start))] === 0) continue;
      }
      this.#slots[0] = start;
      const end = this.#run(start);
      if (end === FAILED) continue;
      this.#slots[1] = end;
      return end < 0 ? end : start;
    }
    return FAILED;
  }

  /** Runs the program from `start`; the position behind the match, or FAILED or GAVE_UP. */
  #run(start: number): number {
    const { code, bodies, loops } = this.#program;
    const { alphabet, member } = this.#tables;
    const { low, size } = alphabet;
    const slots = this.#slots;
    const text = this.#text;
    const { length } = text;
    const width = length + 1;
    const tried = this.#tried;
    let steps = this.#steps;
    let pc = 0;
    let at = start;
    this.#top = 0;
    // A case that ends in `continue` goes on; one that ends in `break` has failed.
    for (;;) {
      if (--steps < 0) return GAVE_UP;
      const a = code[pc + 1]!;
      switch (code[pc]) {
        case Op.TAKE:
          if (at < length) {
            const char = text.charCodeAt(at);
            const id = char < 0x100 ? low[char]! : classOf(alphabet, char);
            if (member[a * size + id] === 1) {
              at++;
              pc += WIDTH;
              continue;
            }
          }
          break;
        case Op.SPLIT:
          this.#push(code[pc + 2]!, at);
          pc = a;
          continue;
        case Op.JUMP:
          pc = a;
          continue;
        case Op.SAVE:
          this.#push(UNDO - a, slots[a]!);
          slots[a] = at;
          pc += WIDTH;
          continue;
        case Op.ASSERT:
          if (holds(a, sideBefore(text, at), sideAfter(text, at))) {
            pc += WIDTH;
            continue;
          }
          break;
        case Op.MEMO: {
          const around = loops[code[pc + 2]!]!;
          let number = a;
          // What follows also depends on which loops around have taken nothing in this round yet. Those are always
          // the innermost ones, so their count says it all.
          for (let i = 0; i < around.length && slots[around[i]!] === at; i++) number++;
          const key = number * width + at;
          const word = key >>> 5;
          const bit = 1 << (key & 31);
          pc += WIDTH;
          if ((tried[word]! & bit) === 0) {
            tried[word]! |= bit;
            if (bodies.length > 0) this.#push(TRIED, key);
            continue;
          }
          if (bodies.length === 0 || (this.#won[word]! & bit) === 0) break;
          const inner = bodies[code[pc - 1]!];
          if (this.#replaying && (inner === undefined || inner.captures)) continue;
          if (inner === undefined) break;
          at = this.#ends.get(key) ?? at;
          pc = inner.leave;
          continue;
        }
        case Op.LOOP:
          pc = code[pc + (slots[a] === at ? 3 : 2)]!;
          continue;
        case Op.ENTER: {
          const body = bodies[a]!;
          if (body.kind === "notAhead") this.#push(body.next, at);
          this.#heights[body.depth] = this.#top;
          this.#entries[body.depth] = at;
          pc += WIDTH;
          continue;
        }
        case Op.LEAVE: {
          const body = bodies[a]!;
          const height = this.#heights[body.depth]!;
          this.#cut(height, body.kind === "atomic" ? at : -1);
          if (body.kind === "notAhead") {
            // Its only choice, to go on behind it, goes too.
            this.#backtrack(height);
            this.#top -= 2;
            break;
          }
          if (body.kind === "ahead") at = this.#entries[body.depth]!;
          pc = body.next;
          continue;
        }
        case Op.BACK:
          if (at < a) break;
          at -= a;
          pc += WIDTH;
          continue;
        case Op.MATCH:
          if (bodies.length > 0) this.#cut(0, -1);
          this.#steps = steps;
          return at;
      }
      if (!this.#backtrack(0)) {
        this.#steps = steps;
        return FAILED;
      }
      at = this.#stack[this.#top + 1]!;
      pc = this.#stack[this.#top]!;
    }
  }

  #push(tag: number, value: number): void {
    if (this.#top === this.#stack.length) {
      const larger = new Int32Array(this.#stack.length * 4);
      larger.set(this.#stack);
      this.#stack = larger;
    }
    this.#stack[this.#top] = tag;
    this.#stack[this.#top + 1] = value;
    this.#top += 2;
  }

  /** Takes back what was done since the latest choice above `height`, and that choice; false when there is none. */
  #backtrack(height: number): boolean {
    while (this.#top > height) {
      this.#top -= 2;
      const tag = this.#stack[this.#top]!;
      if (tag >= 0) return true;
      if (tag !== TRIED) this.#slots[UNDO - tag] = this.#stack[this.#top + 1]!;
    }
    return false;
  }

  /** Drops the choices above `height` for good; what was tried and is still there has led to the end of the body. */
  #cut(height: number, end: number): void {
    const stack = this.#stack;
    let kept = height;
    for (let i = height; i < this.#top; i += 2) {
      const tag = stack[i]!;
      const value = stack[i + 1]!;
      if (tag === TRIED) {
        this.#won[value >>> 5]! |= 1 << (value & 31);
        if (end >= 0) this.#ends.set(value, end);
      } else if (tag < 0) {
        stack[kept] = tag;
        stack[kept + 1] = value;
        kept += 2;
      }
    }
    this.#top = kept;
  }
}
