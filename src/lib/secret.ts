/**
 * Bytes that must never be printed: keys, passwords, client secrets. Whoever logs, inspects or serialises one sees
 * `[redacted]`; only {@link Secret.bytes} and {@link Secret.text} give the value away, and both are easy to search for.
 */
const REDACTED = "[redacted]";
const decoder = new TextDecoder();
const encoder = new TextEncoder();

export class Secret {
  readonly #bytes: Uint8Array;

  /** Takes the bytes over; the caller must not change them afterwards. Text is kept as UTF-8. */
  constructor(value: Uint8Array | string) {
    this.#bytes = typeof value === "string" ? encoder.encode(value) : value;
  }

  /** The value itself; not a copy. */
  bytes(): Uint8Array {
    return this.#bytes;
  }

  /** The value as UTF-8 text; bytes that are not UTF-8 become U+FFFD. */
  text(): string {
    return decoder.decode(this.#bytes);
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  // Both names are registered symbols, so that this file needs neither runtime's API.
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return REDACTED;
  }

  [Symbol.for("Deno.customInspect")](): string {
    return REDACTED;
  }
}
