/** Time spans as people write them in configuration. */

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

const DURATION = /^(?:\d+(?:ms|[smhdw])\s*)+$/;
const PART = /(\d+)(ms|[smhdw])/g;
const LONGEST_MS = 2 ** 31 - 1; // what timers of every runtime take

/**
 * Milliseconds of `75s`, `1h30m`, `1h 30m`, `500ms`; a number alone is seconds (`75`), as nginx reads times.
 * Undefined when it is none of these, or longer than 24.8 days, the longest time that a timer can wait.
 */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim();
  let total = 0;
  if (/^\d+$/.test(trimmed)) total = Number(trimmed) * 1000;
  else if (DURATION.test(trimmed)) {
    for (const [, amount, unit] of trimmed.matchAll(PART)) {
      total += Number(amount) * (UNIT_MS[unit ?? ""] ?? 0);
    }
  } else return undefined;
  return total <= LONGEST_MS ? total : undefined;
}
