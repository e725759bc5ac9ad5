/**
 * The matcher of all patterns: backtracking that remembers. Without back-references, what follows from one instruction
 * at one position is always the same. So a place that failed is never tried again, and a look-around or atomic group
 * is not run again from a place that led to its end: the work is at most the size of the program times the length of
 * the text. The stack is an array, so nothing recurses on the text.
 */
import { classOf } from "./alphabet.ts";
import { type Assertion, holds, sideAfter, sideBefore } from "./assertions.ts";
import { codeForTest, Op, type Program, startsOf, type Tables, WIDTH } from "./program.ts";

/** Instructions that one search may execute; one that needs more counts as no match, as PCRE's match limit does. */
const MAX_STEPS = 2_000_000;
/** Places × positions that one search may remember. */
const MAX_REMEMBERED = 1 << 26;
/** The same for programs with atomic groups, which remember a number and not a bit. */
const MAX_REMEMBERED_ENDS = 1 << 22;
/** Numbers on the stack. */
const MAX_STACK = 1 << 22;

/** Tags of stack frames. A frame is a tag and a value; a tag that is not negative is a choice: go there, at value. */
const TRIED = -1;
/** `UNDO - slot`: the slot's old value. */
const UNDO = -2;

const FAILED = -1;
const GAVE_UP = -2;

/** Memory of searches: only one runs at a time, and one that needs more gets its own. */
const SHARED_SIZE = 1 << 14;
const sharedStack = new Int32Array(SHARED_SIZE);
const sharedTried = new Uint32Array(SHARED_SIZE);
const sharedWon = new Uint32Array(SHARED_SIZE);
const sharedEnds = new Int32Array(SHARED_SIZE);

export class Backtracker {
  readonly #program: Program;
  readonly #tables: Tables;
  readonly #testCode: Int32Array;
  readonly #starts: Uint8Array | undefined;
  readonly #hasAtomic: boolean;
  /** Captures inside bodies are seen by following the path of the match again. */
  readonly #replays: boolean;
  readonly #slots: Int32Array;
  /** By depth of the body: height of the stack and position when it was entered. */
  readonly #heights: Int32Array;
  readonly #entries: Int32Array;
  #stack: Int32Array = sharedStack;
  /** Bit (position × number of places + place): was tried; it failed unless it is in #won. */
  #tried: Uint32Array = sharedTried;
  /** The same: led to the end of its body. */
  #won: Uint32Array = sharedWon;
  /** The same, as an index: where the atomic group ended. Not cleared: read only where #won says it was written. */
  #ends: Int32Array = sharedEnds;
  #text = "";
  #steps = 0;

  constructor(program: Program, tables: Tables) {
    this.#program = program;
    this.#tables = tables;
    this.#testCode = codeForTest(program);
    this.#starts = startsOf(program, tables);
    this.#hasAtomic = program.bodies.some((body) => body.kind === "atomic");
    this.#replays = program.bodies.some((body) => body.captures);
    this.#slots = new Int32Array(program.slots);
    this.#heights = new Int32Array(program.bodies.length);
    this.#entries = new Int32Array(program.bodies.length);
  }

  /** Whether there is a match in `text`. */
  test(text: string): boolean {
    const found = this.#search(text, this.#testCode) >= 0;
    this.#release();
    return found;
  }

  /**
   * The first match: start and end of the match and of each group, -1 where unset; or null. The array is valid until
   * the next search.
   */
  exec(text: string): Int32Array | null {
    const slots = this.#slots;
    const { code } = this.#program;
    const start = this.#search(text, code);
    let end = slots[1]!;
    if (start >= 0 && this.#replays) {
      slots.fill(-1);
      end = this.#run(start, code, true);
      slots[1] = end;
      // Unless \K has set it.
      if (slots[0]! < 0) slots[0] = start;
    }
    this.#release();
    return start < 0 || end < 0 ? null : slots;
  }

  /** The first position from which the program matches, or FAILED or GAVE_UP; sets the slots. */
  #search(text: string, code: Int32Array): number {
    const { memoCount, bodies, anchored } = this.#program;
    const starts = this.#starts;
    const size = memoCount * (text.length + 1);
    if (size > (this.#hasAtomic ? MAX_REMEMBERED_ENDS : MAX_REMEMBERED)) return GAVE_UP;
    if (size > 0) {
      const words = (size + 31) >>> 5;
      this.#tried = cleared(sharedTried, words);
      if (bodies.length > 0) this.#won = cleared(sharedWon, words);
      if (this.#hasAtomic && size > SHARED_SIZE) this.#ends = new Int32Array(size);
    }
    this.#text = text;
    this.#steps = MAX_STEPS;
    this.#slots.fill(-1);
    const last = anchored ? 0 : text.length;
    for (let start = 0; start <= last; start++) {
      if (starts !== undefined) {
        if (start === text.length) break;
        if (starts[classOf(this.#tables.alphabet, text.charCodeAt(start))] === 0) continue;
      }
      this.#slots[0] = start;
      const end = this.#run(start, code, false);
      if (end === FAILED) continue;
      this.#slots[1] = end;
      return end < 0 ? end : start;
    }
    return FAILED;
  }

  /** Lets go of the text, and of memory that only this search needed. */
  #release(): void {
    this.#text = "";
    this.#stack = sharedStack;
    this.#tried = sharedTried;
    this.#won = sharedWon;
    this.#ends = sharedEnds;
  }

  /** Runs the program from `start`; answers the position behind the match, or FAILED or GAVE_UP. */
  #run(start: number, code: Int32Array, replaying: boolean): number {
    const { bodies, loops, memoCount } = this.#program;
    const { alphabet, member } = this.#tables;
    const { low, size } = alphabet;
    const tried = this.#tried;
    const slots = this.#slots;
    const text = this.#text;
    const { length } = text;
    const tracing = bodies.length > 0;
    let stack = this.#stack;
    let top = 0;
    let steps = this.#steps;
    let pc = 0;
    let at = start;
    // A case that ends in `continue` goes on; one that ends in `break` has failed.
    for (;;) {
      // An instruction pushes one frame at most.
      if (top === stack.length) {
        if (top === MAX_STACK) return GAVE_UP;
        stack = this.#grow();
      }
      if (--steps < 0) return GAVE_UP;
      const operand = code[pc + 1]!;
      switch (code[pc]) {
        case Op.TAKE:
          if (at < length) {
            const char = text.charCodeAt(at);
            const id = char < 0x100 ? low[char]! : classOf(alphabet, char);
            if (member[operand * size + id] === 1) {
              at++;
              pc += WIDTH;
              continue;
            }
          }
          break;
        case Op.SPLIT:
          stack[top++] = code[pc + 2]!;
          stack[top++] = at;
          pc = operand;
          continue;
        case Op.JUMP:
          pc = operand;
          continue;
        case Op.SAVE:
          stack[top++] = UNDO - operand;
          stack[top++] = slots[operand]!;
          slots[operand] = at;
          pc += WIDTH;
          continue;
        case Op.ASSERT:
          if (!holds(operand as Assertion, sideBefore(text, at), sideAfter(text, at))) break;
          pc += WIDTH;
          continue;
        case Op.MEMO: {
          let place = operand;
          // What follows depends also on which loops around have taken nothing in this round yet. Those are always
          // the innermost ones, so their count says it all.
          const around = loops[code[pc + 2]!]!;
          for (let i = 0; i < around.length && slots[around[i]!] === at; i++) place++;
          const key = at * memoCount + place;
          const bit = 1 << (key & 31);
          const known = tried[key >>> 5]!;
          const body = code[pc + 3]!;
          pc += WIDTH;
          if ((known & bit) === 0) {
            tried[key >>> 5] = known | bit;
            if (!tracing) continue;
            stack[top++] = TRIED;
            stack[top++] = key;
            continue;
          }
          if (!tracing || (this.#won[key >>> 5]! & bit) === 0) break;
          const inner = bodies[body];
          if (replaying && (inner === undefined || inner.captures)) continue;
          if (inner === undefined) break;
          if (inner.kind === "atomic") at = this.#ends[key]!;
          pc = inner.leave;
          continue;
        }
        case Op.LOOP:
          pc = code[pc + (slots[operand] === at ? 3 : 2)]!;
          continue;
        case Op.ENTER: {
          const body = bodies[operand]!;
          if (body.kind === "notAhead") {
            stack[top++] = body.next;
            stack[top++] = at;
          }
          this.#heights[body.depth] = top;
          this.#entries[body.depth] = at;
          pc += WIDTH;
          continue;
        }
        case Op.LEAVE: {
          const body = bodies[operand]!;
          const height = this.#heights[body.depth]!;
          top = this.#cut(height, top, body.kind === "atomic" ? at : -1);
          if (body.kind === "notAhead") {
            // Left above the choice to go on behind the body are old values only; that choice falls, too.
            for (; top > height; top -= 2) slots[UNDO - stack[top - 2]!] = stack[top - 1]!;
            top -= 2;
            break;
          }
          if (body.kind === "ahead") at = this.#entries[body.depth]!;
          pc = body.next;
          continue;
        }
        case Op.BACK:
          if (at < operand) break;
          at -= operand;
          pc += WIDTH;
          continue;
        case Op.MATCH:
          if (tracing) this.#cut(0, top, -1);
          this.#steps = steps;
          return at;
      }
      // Back to the latest choice, taking back what was done since.
      for (;;) {
        if (top === 0) {
          this.#steps = steps;
          return FAILED;
        }
        at = stack[--top]!;
        pc = stack[--top]!;
        if (pc >= 0) break;
        if (pc !== TRIED) slots[UNDO - pc] = at;
      }
    }
  }

  /**
   * Drops the choices above `height` for good and answers the new top. What was tried and still stands there has led
   * to the end of the body; old values stay.
   */
  #cut(height: number, top: number, end: number): number {
    const stack = this.#stack;
    let kept = height;
    for (let i = height; i < top; i += 2) {
      const tag = stack[i]!;
      const value = stack[i + 1]!;
      if (tag === TRIED) {
        this.#won[value >>> 5]! |= 1 << (value & 31);
        if (end >= 0) this.#ends[value] = end;
      } else if (tag < 0) {
        stack[kept++] = tag;
        stack[kept++] = value;
      }
    }
    return kept;
  }

  #grow(): Int32Array {
    const larger = new Int32Array(this.#stack.length * 2);
    larger.set(this.#stack);
    return this.#stack = larger;
  }
}

/** `words` zeros: of the shared memory when they fit. */
function cleared(memory: Uint32Array, words: number): Uint32Array {
  return words > SHARED_SIZE ? new Uint32Array(words) : memory.fill(0, 0, words);
}
