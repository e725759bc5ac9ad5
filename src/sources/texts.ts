/**
 * The texts of objects, one copy of each. A parser cuts them out of the file, and engines then keep the whole file for as
 * long as any of them is used; and most texts of a configuration occur in every object.
 */

/** Longer ones are copied, but seldom occur twice. */
const LONGEST_SHARED = 128;
const MOST_SHARED = 50_000;

/** May be forgotten at any time: then equal texts are kept twice. */
let shared: WeakRef<Map<string, string>> | undefined;

/** A function that answers a text that is equal to the one given, and keeps nothing else alive. Not to be kept. */
export function textSharer(): (text: string) => string {
  let pool = shared?.deref();
  if (pool === undefined || pool.size > MOST_SHARED) {
    pool = new Map();
    shared = new WeakRef(pool);
  }
  const known = pool;
  return function share(text) {
    if (text.length > LONGEST_SHARED) return copyOf(text);
    let same = known.get(text);
    if (same === undefined) {
      same = copyOf(text);
      known.set(same, same);
    }
    return same;
  };
}

const encoder = new TextEncoder();
// A byte order mark within a text is one of its characters.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

function copyOf(text: string): string {
  return text.isWellFormed() ? decoder.decode(encoder.encode(text)) : text;
}
