/**
 * The fast matcher: a deterministic automaton that is built as texts need it (a "lazy DFA"). One table look-up for
 * each character, whatever the pattern. It says only whether there is a match, and runs only programs without bodies;
 * `backtrack.ts` is its slow twin.
 */
import { classOf } from "./alphabet.ts";
import { type Assertion, holds, Side, sideOf } from "./assertions.ts";
import { NEWLINE } from "./charset.ts";
import { Op, type Program, type Tables, WIDTH } from "./program.ts";

/** Instructions looked at while building, over the life of an automaton; one that needs more is given up. */
const MAX_BUILD_STEPS = 100_000;
/** Numbers in the table. */
const MAX_TABLE = 1 << 16;

/** What the table holds besides offsets of rows. */
const UNKNOWN = 0;
const ACCEPT = -1;
const DEAD = -2;

/** Where the program may stand between two characters, besides at its start if matches can begin anywhere. */
interface State {
  /** Instructions to go on from, ascending. */
  readonly places: readonly number[];
  /** What stands before, as far as the program's assertions can tell. */
  readonly before: Side;
  /** By what comes next: the TAKE instructions that the places lead to; null when the end of the program is reached. */
  readonly closures: Closures;
}

type Closures = (readonly number[] | null | undefined)[];

interface Restart {
  readonly state: State;
  /** Null where the end of the program is reached. */
  readonly columns: (readonly number[] | null | undefined)[];
}

/** Whether an automaton can run `program`. */
export function isRegular(program: Program): boolean {
  return program.bodies.length === 0;
}

export class Automaton {
  readonly #program: Program;
  readonly #tables: Tables;
  /** Columns that are no class: a newline that is the last character, and the end of the text. */
  readonly #finalNewline: number;
  readonly #end: number;
  readonly #stride: number;
  /** Row after row; the first is not used, so that 0 can mean unknown. */
  #table: Int32Array;
  readonly #states: State[] = [];
  readonly #rows = new Map<string, number>();
  /** By what stands before: the state of a program that begins here, and by column, where it goes on. */
  readonly #restarts: Restart[] = [];
  readonly #start: number;
  #steps = 0;
  /** By instruction: the last walk that visited it. */
  readonly #visited: Uint32Array;
  #walk = 0;

  constructor(program: Program, tables: Tables) {
    this.#program = program;
    this.#tables = tables;
    this.#finalNewline = tables.alphabet.size;
    this.#end = tables.alphabet.size + 1;
    this.#stride = tables.alphabet.size + 2;
    this.#table = new Int32Array(this.#stride * 4);
    this.#visited = new Uint32Array(program.code.length / WIDTH);
    const always = this.#close([0], Side.OTHER, undefined) === null;
    this.#start = always ? ACCEPT : this.#rowOf(program.anchored ? [0] : [], Side.EDGE);
  }

  /** Whether there is a match in `text`; undefined when the automaton has grown too large and is of no more use. */
  test(text: string): boolean | undefined {
    const { alphabet } = this.#tables;
    const { low } = alphabet;
    const { length } = text;
    const finalNewline = this.#program.seesNewlines && text.charCodeAt(length - 1) === NEWLINE;
    const last = finalNewline ? length - 1 : length;
    let table = this.#table;
    let row = this.#start;
    if (row < 0) return true;
    for (let at = 0; at < last; at++) {
      const code = text.charCodeAt(at);
      const column = code < 0x100 ? low[code]! : classOf(alphabet, code);
      let next = table[row + column]!;
      if (next <= 0) {
        if (next === UNKNOWN) {
          next = this.#step(row, column);
          table = this.#table;
        }
        if (next <= 0) return next === UNKNOWN ? undefined : next === ACCEPT;
      }
      row = next;
    }
    if (finalNewline) {
      row = table[row + this.#finalNewline]! || this.#step(row, this.#finalNewline);
      if (row <= 0) return row === UNKNOWN ? undefined : row === ACCEPT;
    }
    const result = this.#table[row + this.#end]! || this.#step(row, this.#end);
    return result === UNKNOWN ? undefined : result === ACCEPT;
  }

  /** Finds out and stores what follows `row` on `column`; UNKNOWN when a limit is reached. */
  #step(row: number, column: number): number {
    const { anchored } = this.#program;
    const state = this.#states[row / this.#stride - 1]!;
    const after = this.#sideOf(column);
    const next = new Set<number>();
    const accepts = this.#advance(state, after, column, next) ||
      (!anchored && this.#restart(state.before, after, column, next));
    if (this.#steps > MAX_BUILD_STEPS) return UNKNOWN;
    let target: number = DEAD;
    if (accepts) target = ACCEPT;
    else if (column !== this.#end && (next.size > 0 || !anchored)) {
      const before = after === Side.FINAL_NEWLINE ? Side.NEWLINE : after;
      target = this.#rowOf([...next].sort((a, b) => a - b), before);
    }
    this.#table[row + column] = target;
    return target;
  }

  /** The same as {@link #advance} for a match that begins here; remembered, since it can begin behind any character. */
  #restart(before: Side, after: Side, column: number, next: Set<number>): boolean {
    const restart = this.#restarts[before] ??= { state: { places: [0], before, closures: [] }, columns: [] };
    let places = restart.columns[column];
    if (places === undefined) {
      const reached = new Set<number>();
      places = this.#advance(restart.state, after, column, reached) ? null : [...reached];
      restart.columns[column] = places;
    }
    places?.forEach((place) => next.add(place));
    return places === null;
  }

  /** What a column looks like to the assertions of this program. */
  #sideOf(column: number): Side {
    const { seesNewlines, seesWords } = this.#program;
    if (column === this.#end) return Side.EDGE;
    if (column === this.#finalNewline) return Side.FINAL_NEWLINE;
    const side = sideOf(this.#tables.alphabet.samples[column]!);
    return (side === Side.WORD ? seesWords : seesNewlines) ? side : Side.OTHER;
  }

  /** Adds to `next` where the places of `state` go on `column`; true when they reach the end of the program first. */
  #advance(state: State, after: Side, column: number, next: Set<number>): boolean {
    let takes = state.closures[after];
    if (takes === undefined) {
      takes = this.#close(state.places, state.before, after);
      state.closures[after] = takes;
    }
    if (takes === null) return true;
    if (column === this.#end) return false;
    const { alphabet, member } = this.#tables;
    const id = column === this.#finalNewline ? classOf(alphabet, NEWLINE) : column;
    for (const pc of takes) {
      if (member[this.#program.code[pc + 1]! * alphabet.size + id] === 1) next.add(pc + WIDTH);
    }
    this.#steps += takes.length;
    return false;
  }

  /**
   * The TAKE instructions that `places` lead to without taking a character, or null when they lead to the end of the
   * program. With `after` undefined, assertions do not hold.
   */
  #close(places: readonly number[], before: Side, after: Side | undefined): readonly number[] | null {
    const { code } = this.#program;
    const visited = this.#visited;
    const walk = ++this.#walk;
    const takes: number[] = [];
    const todo = [...places];
    for (let pc = todo.pop(); pc !== undefined; pc = todo.pop()) {
      if (visited[pc / WIDTH] === walk) continue;
      visited[pc / WIDTH] = walk;
      this.#steps++;
      const operand = code[pc + 1]!;
      switch (code[pc]) {
        case Op.TAKE:
          takes.push(pc);
          break;
        case Op.SPLIT:
          todo.push(operand, code[pc + 2]!);
          break;
        case Op.JUMP:
          todo.push(operand);
          break;
        case Op.LOOP:
          // Whether the round took something decides captures, not whether there is a match.
          todo.push(code[pc + 2]!);
          break;
        case Op.ASSERT:
          if (after !== undefined && holds(operand as Assertion, before, after)) todo.push(pc + WIDTH);
          break;
        case Op.MATCH:
          return null;
        default:
          todo.push(pc + WIDTH);
      }
    }
    return takes;
  }

  /** Offset of the row of a state, new or known; ACCEPT when it has matched already; UNKNOWN when the table is full. */
  #rowOf(places: readonly number[], before: Side): number {
    const key = `${before}:${places.join()}`;
    let row = this.#rows.get(key);
    if (row !== undefined) return row;
    row = (this.#states.length + 1) * this.#stride;
    if (this.#close(places, before, undefined) === null) row = ACCEPT;
    else if (row + this.#stride > MAX_TABLE) return UNKNOWN;
    else {
      this.#states.push({ places, before, closures: [] });
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
