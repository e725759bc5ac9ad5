/** The field lines of a head or a trailer section: parsed once into offsets, turned into strings only when asked. */
import { GatewayError } from "../errors.ts";
import { decodeAscii, decodeLatin1 } from "../lib/latin1.ts";
import { COLON, CR, FIELD_VALUE, HTAB, LF, SP, TOKEN } from "./chars.ts";
import { FieldId, fieldIdOf } from "./known.ts";

/** Numbers kept per field in {@link Fields.spans}: name start, name end, value start, value end, id. */
export const SPAN = 5;

/** Where every head is parsed, so that lists of spans need not grow; what came of it is copied in one piece. */
const PARSED: number[] = new Array<number>(200 * SPAN).fill(0);

/** Lines without those that a table of drops marks, and those that were removed. */
export interface KeptLines {
  readonly drop: Uint8Array;
  readonly removed: readonly string[];
  readonly lines: string;
}

/** What a peer may send; exceeding it is refused with 431. */
export interface HeadLimits {
  /** Bytes of a head or of a trailer section. */
  readonly maxHeadBytes: number;
  readonly maxFields: number;
}

/**
 * Field lines as offsets into `text`, which is the section as it came, one character a byte. A line runs from the start of
 * its name to the start of the next line's. Parsed once, they do not change: messages that repeat them share them.
 */
export class Fields {
  text = "";
  /** {@link SPAN} numbers a field, relative to `text`. */
  spans: readonly number[] = [];
  /** Bit n is set when a field with the id n is there, so that nobody looks for one that is not. */
  #present = 0;
  /** Whether other messages may share them, so that what is made of them is worth keeping. */
  isRemembered = false;
  /** The lines that were written of it last; see `keptLines`. */
  kept: KeptLines | undefined;

  /** Number of field lines. */
  get count(): number {
    return this.spans.length / SPAN;
  }

  /**
   * Parses field lines from `at` to the empty line. Returns the offset behind the empty line, or -1 when `limit` comes
   * first. Strict (RFC 9112 5): no folding, no space before the colon, no bare CR or LF, no control characters.
   */
  parse(bytes: Uint8Array, at: number, limit: number, maxFields: number): number {
    const base = at;
    let filled = 0;
    let extended = 0;
    let present = 0;
    for (;;) {
      if (at >= limit) return -1;
      const nameStart = at;
      let code = bytes[at] as number;
      if (code === CR) {
        if (at + 1 >= limit) return -1;
        if (bytes[at + 1] !== LF) throw new GatewayError("BAD_REQUEST", "bare CR in the header section");
        this.spans = PARSED.slice(0, filled);
        this.#present = present;
        this.text = extended > 0x7f ? decodeLatin1(bytes.subarray(base, at)) : decodeAscii(bytes, base, at);
        return at + 2;
      }
      while (TOKEN[code] === 1) {
        if (++at >= limit) return -1;
        code = bytes[at] as number;
      }
      if (code !== COLON || at === nameStart) throw badName(code, at === nameStart);
      const nameEnd = at++;
      while (at < limit && ((code = bytes[at] as number) === SP || code === HTAB)) at++;
      const valueStart = at;
      while (at < limit && FIELD_VALUE[code = bytes[at] as number] === 1) {
        extended |= code;
        at++;
      }
      if (at + 1 >= limit) {
        if (at < limit && code !== CR) throw badValue(code);
        return -1;
      }
      if (code !== CR || bytes[at + 1] !== LF) throw badValue(code);
      let valueEnd = at;
      while (valueEnd > valueStart && ((code = bytes[valueEnd - 1] as number) === SP || code === HTAB)) {
        valueEnd--;
      }
      at += 2;
      PARSED[filled++] = nameStart - base;
      PARSED[filled++] = nameEnd - base;
      PARSED[filled++] = valueStart - base;
      PARSED[filled++] = valueEnd - base;
      const id = PARSED[filled++] = fieldIdOf(bytes, nameStart, nameEnd);
      if (id < FieldId.UNDERSCORED) present |= 1 << id;
      if (filled > maxFields * SPAN) {
        throw new GatewayError("HEADERS_TOO_LARGE", `more than ${maxFields} header fields`, {
          limit: "request.maxFields",
        });
      }
    }
  }

  name(index: number): string {
    const at = index * SPAN;
    return this.text.slice(this.spans[at], this.spans[at + 1]);
  }

  value(index: number): string {
    const at = index * SPAN;
    return this.text.slice(this.spans[at + 2], this.spans[at + 3]);
  }

  id(index: number): number {
    return this.spans[index * SPAN + 4] as number;
  }

  /** Whether there is a field with this id. */
  has(id: number): boolean {
    return (this.#present & (1 << id)) !== 0;
  }

  /** Index of the first field with this id, from `index` on, or -1. */
  indexOfId(id: number, index = 0): number {
    if (!this.has(id)) return -1;
    const { spans } = this;
    for (let at = index * SPAN + 4; at < spans.length; at += SPAN) {
      if (spans[at] === id) return (at - 4) / SPAN;
    }
    return -1;
  }

  /** Value of the first field with this id, or undefined. */
  valueOfId(id: number): string | undefined {
    const index = this.indexOfId(id);
    return index === -1 ? undefined : this.value(index);
  }

  /** Values of all fields with this id, joined with ", "; undefined when there is none. */
  joinedOfId(id: number): string | undefined {
    let value: string | undefined;
    for (let index = this.indexOfId(id); index !== -1 && index < this.count; index++) {
      if (this.id(index) !== id) continue;
      value = value === undefined ? this.value(index) : `${value}, ${this.value(index)}`;
    }
    return value;
  }

  /**
   * Value of a field by lower-case name, lines joined with ", "; undefined when absent. `_` and `-` are one: the
   * spelling of the first line found decides, lines of the other spelling do not count.
   */
  get(name: string): string | undefined {
    const { spans } = this;
    let value: string | undefined;
    let spelling = "";
    for (let at = 0; at < spans.length; at += SPAN) {
      const start = spans[at] as number;
      const end = spans[at + 1] as number;
      if (end - start !== name.length || !this.#isNamed(start, name)) continue;
      const text = this.text.slice(spans[at + 2], spans[at + 3]);
      if (value === undefined) {
        value = text;
        spelling = this.text.slice(start, end).toLowerCase();
      } else if (this.text.slice(start, end).toLowerCase() === spelling) {
        // RFC 6265 5.4: cookies are joined by "; ", everything else by ", " (RFC 9110 5.3).
        value += (name === "cookie" ? "; " : ", ") + text;
      }
    }
    return value;
  }

  #isNamed(start: number, name: string): boolean {
    for (let i = 0; i < name.length; i++) {
      let code = this.text.charCodeAt(start + i);
      if (code >= 0x41 && code <= 0x5a) code |= 0x20;
      else if (code === 0x5f) code = 0x2d;
      let wanted = name.charCodeAt(i);
      if (wanted === 0x5f) wanted = 0x2d;
      if (code !== wanted) return false;
    }
    return true;
  }
}

function badName(code: number, empty: boolean): GatewayError {
  if (empty && (code === SP || code === HTAB)) return new GatewayError("BAD_REQUEST", "folded header line");
  if (empty && code === COLON) return new GatewayError("BAD_REQUEST", "empty header name");
  if (code === SP || code === HTAB) return new GatewayError("BAD_REQUEST", "space in or after a header name");
  if (code === LF || code === CR) return new GatewayError("BAD_REQUEST", "header line without a colon");
  return new GatewayError("BAD_REQUEST", "invalid character in a header name");
}

function badValue(code: number): GatewayError {
  if (code === LF) return new GatewayError("BAD_REQUEST", "bare LF in the header section");
  if (code === CR) return new GatewayError("BAD_REQUEST", "bare CR in the header section");
  return new GatewayError("BAD_REQUEST", "control character in a header value");
}
