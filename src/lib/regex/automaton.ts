/**
 * The fast matcher: a deterministic automaton, built as texts need it (a "lazy DFA"). One table look-up for each
 * character, whatever the pattern. It answers only whether there is a match, and only for programs without bodies;
 * `backtrack.ts` is its obvious twin.
 */
import { classOf } from "./alphabet.ts";
import { holds, Side, sideOf } from "./assertions.ts";
import { Op, type Program, type Tables, WIDTH } from "./program.ts";

/** Instructions visited while building; an automaton that needs more is given up, see {@link Automaton.test}. */
export const MAX_BUILD_STEPS = 1_000_000;
/** Entries of the table. */
export const MAX_TABLE = 1 << 16;

/** What the table holds besides offsets of rows. */
const UNKNOWN = 0;
const ACCEPT = -1;
const DEAD = -2;

/** Where the program may stand between two characters. */
interface State {
  /** Instructions to go on from, ascending. */
  readonly places: readonly number[];
  /** What stands before, as far as assertions can see it. */
  readonly before: Side;
}

/** Whether the automaton can run `program`. */
export function isRegular(program: Program): boolean {
  return program.bodies.length === 0;
}

export class Automaton {
  readonly #program: Program;
  readonly #tables: Tables;
  readonly #ends: Columns;
  /** Numbers of a row: one for each class, then the columns of #ends. */
  readonly #stride: number;
  /** Row after row; the first is unused, so that 0 can mean unknown. */
  #table: Int32Array;
  readonly #states: State[] = [];
  readonly #rows = new Map<string, number>();
  readonly #start: number;
  #steps = 0;
  /** By instruction: the last walk that visited it. */
  readonly #visited: Uint32Array;
  #walk = 0;

  constructor(program: Program, tables: Tables) {
    this.#program = program;
    this.#tables = tables;
    const { size } = tables.alphabet;
    this.#ends = { finalNewline: size, end: size + 1 };
    this.#stride = size + 2;
    this.#table = new Int32Array(this.#stride * 8);
    this.#visited = new Uint32Array(program.code.length / WIDTH);
    this.#start = this.#rowOf({ places: [0], before: Side.EDGE });
  }

  /** Whether there is a match in `text`; undefined when the automaton has grown too large and is of no more use. */
  test(text: string): boolean | undefined {
    const { alphabet } = this.#tables;
    const { low } = alphabet;
    const { length } = text;
    const newline = this.#program.seesNewlines && length > 0 && text.charCodeAt(length - 1) === 0x0a;
    const plain = newline ? length - 1 : length;
    let table = this.#table;
    let row = this.#start;
    if (row < 0) return true;
    if (row === UNKNOWN) return undefined;
    for (let at = 0; at < plain; at++) {
      const code = text.charCodeAt(at);
      const column = code < 0x100 ? low[code]! : classOf(alphabet, code);
      let next = table[row + column]!;
      if (next === UNKNOWN) {
        next = this.#step(row, column);
        table = this.#table;
      }
      if (next < 0) return next === ACCEPT;
      if (next === UNKNOWN) return undefined;
      row = next;
    }
    if (newline) {
      const next = table[row + this.#ends.finalNewline]! || this.#step(row, this.#ends.finalNewline);
      if (next < 0) return next === ACCEPT;
      if (next === UNKNOWN) return undefined;
      row = next;
    }
    const last = this.#table[row + this.#ends.end]! || this.#step(row, this.#ends.end);
    return last === UNKNOWN ? undefined : last === ACCEPT;
  }

  /** Computes and stores what follows `row` on `column`; UNKNOWN when a limit is reached. */
  #step(row: number, column: number): number {
    const { code, anchored } = this.#program;
    const { alphabet, member } = this.#tables;
    const state = this.#states[row / this.#stride - 1]!;
    const id = column === this.#ends.finalNewline ? classOf(alphabet, 0x0a) : column;
    const after = this.#sideOf(column);
    const reached = this.#close(state, after);
    if (this.#steps > MAX_BUILD_STEPS) return UNKNOWN;
    let next = DEAD;
    if (reached === undefined) next = ACCEPT;
    else if (column !== this.#ends.end) {
      const places = new Set(anchored ? [] : [0]);
      for (const pc of reached) {
        if (member[code[pc + 1]! * alphabet.size + id] === 1) places.add(pc + WIDTH);
      }
      const before = after === Side.FINAL_NEWLINE ? Side.NEWLINE : after;
      if (places.size > 0) next = this.#rowOf({ places: [...places].sort((a, b) => a - b), before });
    }
    this.#table[row + column] = next;
    return next;
  }

  /** What a column looks like to assertions in this program. */
  #sideOf(column: number): Side {
    const { seesNewlines, seesWords } = this.#program;
    if (column === this.#ends.end) return Side.EDGE;
    if (column === this.#ends.finalNewline) return Side.FINAL_NEWLINE;
    const side = sideOf(this.#tables.alphabet.samples[column]!);
    if (side === Side.WORD) return seesWords ? side : Side.OTHER;
    return seesNewlines ? side : Side.OTHER;
  }

  /**
   * The TAKE instructions that `state` leads to when `after` comes next, or undefined when it leads to the end of the
   * program. `after` undefined: only what does not depend on it.
   */
  #close(state: State, after: Side | undefined): number[] | undefined {
    const { code } = this.#program;
    const visited = this.#visited;
    const walk = ++this.#walk;
    const takes: number[] = [];
    const todo = [...state.places];
    for (let pc = todo.pop(); pc !== undefined; pc = todo.pop()) {
      if (visited[pc / WIDTH] === walk) continue;
      visited[pc / WIDTH] = walk;
      this.#steps++;
      const a = code[pc + 1]!;
      switch (code[pc]) {
        case Op.TAKE:
          takes.push(pc);
          break;
        case Op.SPLIT:
          todo.push(a, code[pc + 2]!);
          break;
        case Op.JUMP:
          todo.push(a);
          break;
        case Op.LOOP:
          // Whether the round was empty makes no difference to what can match.
          todo.push(code[pc + 2]!);
          break;
        case Op.ASSERT:
          if (after !== undefined && holds(a, state.before, after)) todo.push(pc + WIDTH);
          break;
        case Op.MATCH:
          return undefined;
        default:
          todo.push(pc + WIDTH);
      }
    }
    return takes;
  }

  /** Offset of the state's row, new or known; ACCEPT when it is one already, UNKNOWN when the table is full. */
  #rowOf(state: State): number {
    const key = `${state.before}:${state.places.join()}`;
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    let row = (this.#states.length + 1) * this.#stride;
    if (this.#close(state, undefined) === undefined) row = ACCEPT;
    else if (row + this.#stride > MAX_TABLE) return UNKNOWN;
    else {
      this.#states.push(state);
      this.#steps += state.places.length;
      if (row + this.#stride > this.#table.length) {
        const larger = new Int32Array(this.#table.length * 2);
        larger.set(this.#table);
        this.#table = larger;
      }
    }
    this.#rows.set(key, row);
    return row;
  }
}

/** Columns of the table that are no class of characters. */
interface Columns {
  readonly finalNewline: number;
  readonly end: number;
}
