/**
 * Calls of the gateway's own to other servers. Whoever makes some receives an {@link HttpCaller}; `runtimes/` has one.
 */

/** A field line; the value holds one byte a character. */
export type HttpField = readonly [name: string, value: string];

export interface HttpCall {
  readonly method: string;
  /** `http:` or `https:`; without user information and fragment. */
  readonly url: URL;
  /** In this order; Host is among them. There is no body. */
  readonly headers: readonly HttpField[];
  /** Until the connection stands, TLS included. */
  readonly connectMs: number;
  /** From then on until the head of the answer is there. */
  readonly readMs: number;
  readonly tls: {
    /** Whether the server's certificate must be valid for its name. */
    readonly verify: boolean;
    /** PEM; the only authorities that count, or null for those that the runtime knows. */
    readonly ca: string | null;
  };
  /** Whether an address must not be called, whatever name it was found under. */
  refuses(address: string): boolean;
  readonly signal?: AbortSignal;
}

/** Head of the final answer; its body is not looked at, redirects are not followed. */
export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case, lines in their order. */
  readonly headers: readonly HttpField[];
}

/** Rejects with an Error when there is no answer; its message says why and quotes nothing of the request. */
export type HttpCaller = (call: HttpCall) => Promise<HttpAnswer>;
