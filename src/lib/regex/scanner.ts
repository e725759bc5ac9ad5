/** A cursor over the text of a pattern, and the way in which its parsers report what they refuse. */

/** Thrown by the parsers and caught by `parsePattern`; `position` counts characters of the pattern from 0. */
export class PatternError extends Error {
  readonly position: number;

  constructor(reason: string, position: number) {
    super(reason);
    this.position = position;
  }
}

export interface Scanner {
  readonly source: string;
  at: number;
}

export function refuse(reason: string, position: number): never {
  throw new PatternError(reason, position);
}

/** The next character, "" at the end. */
export function peek(scanner: Scanner): string {
  return scanner.source.charAt(scanner.at);
}

/** The braces of a quantifier; others are plain characters. */
export const COUNTS = /\{[0-9]+(?:,[0-9]*)?\}/y;

/** Whether the sticky `pattern` matches next. */
export function comesNext(scanner: Scanner, pattern: RegExp): boolean {
  pattern.lastIndex = scanner.at;
  return pattern.test(scanner.source);
}

/** Steps over `text` if it comes next. */
export function eat(scanner: Scanner, text: string): boolean {
  if (!scanner.source.startsWith(text, scanner.at)) return false;
  scanner.at += text.length;
  return true;
}

/** Steps over what the sticky `pattern` matches next, and returns it; "" when it does not match. */
export function eatMatch(scanner: Scanner, pattern: RegExp): string {
  pattern.lastIndex = scanner.at;
  const found = pattern.exec(scanner.source)?.[0] ?? "";
  scanner.at += found.length;
  return found;
}
