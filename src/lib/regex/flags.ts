/** Flags inside a pattern: `(?i)`, `(?i-s:…)`, `(?^)`. */
import { eat, peek, refuse, type Scanner } from "./scanner.ts";

/** Switched by `(?i)` and its kin; PCRE's letters. */
export interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
  readonly x: boolean;
  readonly xx: boolean;
  readonly n: boolean;
  readonly U: boolean;
  readonly J: boolean;
}

export const NO_FLAGS: Flags = {
  i: false,
  m: false,
  s: false,
  x: false,
  xx: false,
  n: false,
  U: false,
  J: false,
};

/** Reads flag letters, `i-ms`, `^i`, up to the `)` or `:` behind them. */
export function readFlags(scanner: Scanner, outer: Flags, start: number): Flags {
  let flags = outer;
  let on = true;
  const reset = eat(scanner, "^");
  if (reset) flags = { ...flags, i: false, m: false, s: false, x: false, xx: false, n: false };
  for (;;) {
    const letter = peek(scanner);
    if (letter === "" || letter === ")" || letter === ":") return flags;
    if (letter === "-" && on && !reset) on = false;
    else if (letter === "x") {
      const twice = scanner.source.startsWith("xx", scanner.at);
      if (twice) scanner.at++;
      flags = { ...flags, x: on, xx: on && twice };
    } else if (letter in NO_FLAGS) flags = { ...flags, [letter]: on };
    else refuse(`"(?${letter}" is not a flag or group that is supported`, start);
    scanner.at++;
  }
}
