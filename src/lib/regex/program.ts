/** The program of a pattern, which `automaton.ts` and `backtrack.ts` run. */
import { type Alphabet, alphabetOf, membership } from "./alphabet.ts";
import { type CharSet, NEWLINE, only, WORD } from "./charset.ts";

/**
 * Instructions are four numbers: the operation and up to three operands. Targets are offsets into `Program.code`.
 * A "body" is the inside of a look-around or atomic group: it runs to its own end and is then left for good.
 */
export const Op = {
  /** set: takes one character of this set. */
  TAKE: 0,
  /** first, second: tries both in this order. */
  SPLIT: 1,
  /** target. */
  JUMP: 2,
  /** slot: stores the position. */
  SAVE: 3,
  /** assertion: an `Assertion`. */
  ASSERT: 4,
  /**
   * base, loops, body: a place that several paths lead to, where it is remembered what was tried. `base` is the first
   * of its numbers; `loops` an index into {@link Program.loops}; `body` the body it stands in, -1 outside.
   */
  MEMO: 5,
  /** slot, again, out: goes to `out` when the position is still the one in `slot`, else to `again`. */
  LOOP: 6,
  /** body: index into {@link Program.bodies}. */
  ENTER: 7,
  /** body. */
  LEAVE: 8,
  /** count: steps back by so many characters. */
  BACK: 9,
  MATCH: 10,
} as const;

/** Numbers of an instruction. */
export const WIDTH = 4;

export interface Body {
  readonly kind: "ahead" | "notAhead" | "atomic";
  /** How many bodies are around it. */
  readonly depth: number;
  /** Whether it sets captures (or `\K`) that can be seen from outside. */
  readonly captures: boolean;
  /** Its LEAVE. */
  leave: number;
  /** The instruction behind it. */
  next: number;
}

export interface Program {
  readonly code: Int32Array;
  readonly sets: readonly CharSet[];
  readonly bodies: readonly Body[];
  /** For MEMO: the slots of the loops around it that may run empty, innermost first, within its own body. */
  readonly loops: readonly (readonly number[])[];
  /** Sum of the numbers of all MEMOs. */
  readonly memoCount: number;
  readonly groups: number;
  /** Captures first, two for the whole match and two for each group; then loops. */
  readonly slots: number;
  /** Matches begin only at the start of the text. */
  readonly anchored: boolean;
  /** It holds assertions about newlines, about word characters. */
  readonly seesNewlines: boolean;
  readonly seesWords: boolean;
}

/** Tables over characters, made when a program first runs. */
export interface Tables {
  readonly alphabet: Alphabet;
  /** Byte (set × alphabet.size + class): whether the set holds the class. */
  readonly member: Uint8Array;
}

export function tablesOf(program: Program): Tables {
  const sets = [...program.sets];
  if (program.seesNewlines) sets.push(only(NEWLINE));
  if (program.seesWords) sets.push(WORD);
  const alphabet = alphabetOf(sets);
  return { alphabet, member: membership(alphabet, sets) };
}

/**
 * The classes with which a match can begin, as one byte for each class; undefined when a match may be empty.
 * Look-arounds and assertions are taken to hold, so these are at most too many.
 */
export function startsOf(program: Program, { alphabet, member }: Tables): Uint8Array | undefined {
  const { code, bodies } = program;
  const starts = new Uint8Array(alphabet.size);
  const seen = new Set<number>();
  const todo = [0];
  for (let pc = todo.pop(); pc !== undefined; pc = todo.pop()) {
    if (seen.has(pc)) continue;
    seen.add(pc);
    const operand = code[pc + 1]!;
    switch (code[pc]) {
      case Op.MATCH:
        return undefined;
      case Op.TAKE:
        for (let id = 0; id < alphabet.size; id++) starts[id]! |= member[operand * alphabet.size + id]!;
        break;
      case Op.SPLIT:
        todo.push(operand, code[pc + 2]!);
        break;
      case Op.JUMP:
        todo.push(operand);
        break;
      case Op.LOOP:
        todo.push(code[pc + 2]!, code[pc + 3]!);
        break;
      case Op.ENTER: {
        const body = bodies[operand]!;
        todo.push(body.kind === "atomic" ? pc + WIDTH : body.next);
        break;
      }
      default:
        todo.push(pc + WIDTH);
    }
  }
  return starts;
}

/**
 * The code of `program` for those who only ask whether there is a match: it ends as soon as the end can be reached
 * without taking a character, so that the `.*` at the end of many a pattern costs nothing.
 */
export function codeForTest({ code }: Program): Int32Array {
  const test = code.slice();
  const ends = (pc: number) => test[pc] === Op.MATCH;
  for (let changed = true; changed;) {
    changed = false;
    for (let pc = test.length - WIDTH; pc >= 0; pc -= WIDTH) {
      if (ends(pc) || !leads(test, pc, ends)) continue;
      test[pc] = Op.MATCH;
      changed = true;
    }
  }
  return test;
}

function leads(code: Int32Array, pc: number, ends: (pc: number) => boolean): boolean {
  switch (code[pc]) {
    case Op.SPLIT:
      return ends(code[pc + 1]!) || ends(code[pc + 2]!);
    case Op.JUMP:
      return ends(code[pc + 1]!);
    case Op.SAVE:
    case Op.MEMO:
      return ends(pc + WIDTH);
    case Op.LOOP:
      return ends(code[pc + 2]!) && ends(code[pc + 3]!);
    default:
      return false;
  }
}
