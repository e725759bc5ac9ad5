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

/** Divides all characters into as few classes as `sets` allow. */
export function alphabetOf(sets: readonly CharSet[]): Alphabet {
  const classBySets = new Map<string, number>();
  const samples: number[] = [];
  const starts: number[] = [];
  const classes: number[] = [];
  const low = new Uint8Array(0x100);
  const inside = new Set<number>();
  const events = eventsOf(sets);
  events.forEach(({ at, index, opens }, i) => {
    if (opens) inside.add(index);
    else inside.delete(index);
    const end = events[i + 1]?.at ?? MAX_CODE + 1;
    if (end === at) return;
    const key = [...inside].sort((a, b) => a - b).join();
    let id = classBySets.get(key);
    if (id === undefined) {
      id = samples.push(at) - 1;
      classBySets.set(key, id);
    }
    // Classes are numbered in the order of their first character, so those of the low 256 fit a byte.
    low.fill(id, Math.min(at, 0x100), Math.min(end, 0x100));
    starts.push(at);
    classes.push(id);
  });
  return { size: samples.length, low, starts, classes, samples };
}

/** Where sets begin and end, in ascending order; the first one opens a set of everything. */
function eventsOf(sets: readonly CharSet[]): { at: number; index: number; opens: boolean }[] {
  const events = [{ at: 0, index: -1, opens: true }];
  sets.forEach((set, index) => {
    set.forEach((bound, i) => {
      const opens = i % 2 === 0;
      const at = opens ? bound : bound + 1;
      if (at <= MAX_CODE) events.push({ at, index, opens });
    });
  });
  return events.sort((a, b) => a.at - b.at);
}

/** The class of any character. */
export function classOf(alphabet: Alphabet, code: number): number {
  if (code < 0x100) return alphabet.low[code]!;
  let from = 0;
  let to = alphabet.starts.length - 1;
  while (from < to) {
    const middle = (from + to + 1) >>> 1;
    if (alphabet.starts[middle]! <= code) from = middle;
    else to = middle - 1;
  }
  return alphabet.classes[from]!;
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
