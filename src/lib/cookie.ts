/** The Cookie request field. */

const TAB = 0x09;
const SPACE = 0x20;
const EQUALS = 0x3d;

/**
 * The raw value of the first cookie called `name` in a Cookie field (lines joined with `; `): everything up to the
 * next `;`, quotes and escapes kept (data-plane spec 1.2). `name` is lower-case and compared without regard to case,
 * as nginx does. Undefined when there is none; a name without `=` is none.
 */
export function cookieValue(header: string, name: string): string | undefined {
  return find(header, name, hasNameAt);
}

/** Like {@link cookieValue}, for names whose case counts, as RFC 6265 has it. */
export function exactCookieValue(header: string, name: string): string | undefined {
  return find(header, name, hasExactNameAt);
}

type NameTest = (header: string, at: number, name: string) => boolean;

function find(header: string, name: string, isNameAt: NameTest): string | undefined {
  for (let at = 0; at < header.length;) {
    const semicolon = header.indexOf(";", at);
    const end = semicolon < 0 ? header.length : semicolon;
    at = skipBlanks(header, at);
    if (isNameAt(header, at, name)) {
      const equals = skipBlanks(header, at + name.length);
      if (equals < end && header.charCodeAt(equals) === EQUALS) {
        return header.slice(skipBlanks(header, equals + 1), end);
      }
    }
    at = end + 1;
  }
  return undefined;
}

function hasExactNameAt(header: string, at: number, name: string): boolean {
  return header.startsWith(name, at);
}

function skipBlanks(text: string, at: number): number {
  while (text.charCodeAt(at) === SPACE || text.charCodeAt(at) === TAB) at++;
  return at;
}

/** Folds A to Z only, so that no other character can pass for a letter of the name. */
function hasNameAt(header: string, at: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const code = header.charCodeAt(at + i);
    const folded = code >= 0x41 && code <= 0x5a ? code | 0x20 : code;
    if (folded !== name.charCodeAt(i)) return false;
  }
  return true;
}
