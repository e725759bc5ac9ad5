/** Decimal numbers in text, compared exactly: identifiers of 64 bits do not fit a double. */

/** A decimal number without leading and trailing zeros; zero is not negative. */
export interface Decimal {
  readonly isNegative: boolean;
  readonly whole: string;
  readonly fraction: string;
}

/** Reads `-12.50`; null for anything else, also for exponents, a leading `+` and a bare dot. */
export function parseDecimal(text: string): Decimal | null {
  const parts = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (parts === null) return null;
  const whole = parts[2]!.replace(/^0+/, "");
  const fraction = withoutTrailingZeros(parts[3] ?? "");
  return { isNegative: parts[1] === "-" && whole + fraction !== "", whole, fraction };
}

/** A regular expression for this would be quadratic in runs of zeros. */
function withoutTrailingZeros(digits: string): string {
  let end = digits.length;
  while (digits.charCodeAt(end - 1) === 0x30) end--;
  return digits.slice(0, end);
}

/** Negative, zero or positive, as `a` is less than, equal to or greater than `b`. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  if (a.isNegative !== b.isNegative) return a.isNegative ? -1 : 1;
  return a.isNegative ? compareMagnitudes(b, a) : compareMagnitudes(a, b);
}

function compareMagnitudes(a: Decimal, b: Decimal): number {
  return a.whole.length - b.whole.length || compareText(a.whole, b.whole) ||
    compareText(a.fraction, b.fraction);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
