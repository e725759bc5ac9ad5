/** Puts the characters that a program cannot tell apart into one class, so that tables over characters stay small. */
import { type CharSet, contains, MAX_CODE } from "./charset.ts";

export interface Alphabet {
  /** Number of classes. */
  readonly size: number;
  /** Class of each character below 0x100. */
  readonly low: Uint8Array;
  /** The other characters: ascending starts of segments, and the class of each segment. */
  readonly starts: readonly number[];
  readonly classes: readonly number[];
  /** One character of each class. */
  readonly samples: readonly number[];
}

/** Characters below this have an entry of their own. */
const LOW = 0x100;

/** Divides all characters into as few classes as `sets` allow. */
export function alphabetOf(sets: readonly CharSet[]): Alphabet {
  const starts = highStarts(sets);
  const points = LOW + starts.length;
  const ids = new Uint32Array(points);
  let next = 1;
  for (const set of sets) {
    // Each set splits the classes that it holds a part of.
    const moved = new Map<number, number>();
    for (let i = 0; i < set.length; i += 2) {
      const end = pointOf(starts, set[i + 1]! + 1);
      for (let point = pointOf(starts, set[i]!); point < end; point++) {
        let id = moved.get(ids[point]!);
        if (id === undefined) moved.set(ids[point]!, id = next++);
        ids[point] = id;
      }
    }
  }
  return number(ids, starts);
}

/** Where sets begin or end among the characters that have no entry of their own; the first of them always does. */
function highStarts(sets: readonly CharSet[]): number[] {
  const starts = new Set([LOW]);
  for (const set of sets) {
    for (let i = 0; i < set.length; i += 2) {
      if (set[i]! > LOW) starts.add(set[i]!);
      if (set[i + 1]! >= LOW && set[i + 1]! < MAX_CODE) starts.add(set[i + 1]! + 1);
    }
  }
  return [...starts].sort((a, b) => a - b);
}

/** Index of a low character, or of the segment that begins with a high one. */
function pointOf(starts: readonly number[], code: number): number {
  if (code < LOW) return code;
  return LOW + (code > MAX_CODE ? starts.length : segmentOf(starts, code));
}

/** Index of the segment that holds `code`. */
function segmentOf(starts: readonly number[], code: number): number {
  let from = 0;
  let to = starts.length - 1;
  while (from < to) {
    const middle = (from + to + 1) >>> 1;
    if (starts[middle]! <= code) from = middle;
    else to = middle - 1;
  }
  return from;
}

/** Numbers the classes in the order of their first character, so that those of low characters fit a byte. */
function number(ids: Uint32Array, starts: readonly number[]): Alphabet {
  const numbers = new Map<number, number>();
  const samples: number[] = [];
  const classes = ids.map((id, point) => {
    let known = numbers.get(id);
    if (known === undefined) {
      known = samples.push(point < LOW ? point : starts[point - LOW]!) - 1;
      numbers.set(id, known);
    }
    return known;
  });
  return {
    size: samples.length,
    low: new Uint8Array(classes.subarray(0, LOW)),
    starts,
    classes: [...classes.subarray(LOW)],
    samples,
  };
}

/** The class of any character. */
export function classOf(alphabet: Alphabet, code: number): number {
  return code < LOW ? alphabet.low[code]! : alphabet.classes[segmentOf(alphabet.starts, code)]!;
}

/** One row for each set, one byte for each class: whether the set holds the class. */
export function membership(alphabet: Alphabet, sets: readonly CharSet[]): Uint8Array {
  const rows = new Uint8Array(sets.length * alphabet.size);
  sets.forEach((set, row) => {
    alphabet.samples.forEach((sample, id) => {
      if (contains(set, sample)) rows[row * alphabet.size + id] = 1;
    });
  });
  return rows;
}
