/**
 * The Request that middlewares see: answers from what the parser found, and becomes a real Request only when somebody
 * asks for more than method, URL and headers. About ten times cheaper than `new Request`.
 */
import { FieldId } from "../http1/known.ts";
import { fieldKey } from "../lib/header-edits.ts";
import { bodyStream } from "./body-stream.ts";
import type { Exchange } from "./exchange.ts";

/** Request fields, built when first asked for; remembers whether somebody changed them. */
export class TrackedHeaders extends Headers {
  changed = false;

  override append(name: string, value: string): void {
    this.changed = true;
    super.append(name, value);
  }

  override set(name: string, value: string): void {
    this.changed = true;
    super.set(name, value);
  }

  override delete(name: string): void {
    this.changed = true;
    super.delete(name);
  }
}

export class LightRequest {
  readonly #exchange: Exchange;
  readonly #client: { continue(): void };
  #headers: TrackedHeaders | undefined;
  #native: Request | undefined;
  #url: string | undefined;

  /** `client` is told to send its body, if it waits for that, when somebody reads. */
  constructor(exchange: Exchange, client: { continue(): void }) {
    this.#exchange = exchange;
    this.#client = client;
  }

  get method(): string {
    return this.#exchange.method;
  }

  get url(): string {
    const { authority, requestUri, peer } = this.#exchange;
    return this.#url ??= `${peer.protocol}://${authority === "" ? "localhost" : authority}${
      requestUri === "*" ? "" : requestUri
    }`;
  }

  /**
   * As the features in front have left them. What the client says is for this hop alone is not there, so that it cannot
   * take away what features or middlewares add under the same name; fields of the protocol are.
   */
  get headers(): Headers {
    if (this.#headers !== undefined) return this.#headers;
    const { head: { fields, connection: { named } }, pendingRequestEdits: edits } = this.#exchange;
    const headers = new TrackedHeaders();
    const removed = new Set(edits?.removed.map(fieldKey));
    for (let index = 0; index < fields.count; index++) {
      const name = fields.name(index);
      if (removed.size > 0 && removed.has(fieldKey(name))) continue;
      const isHopsOwn = named.length > 0 && fields.id(index) === FieldId.OTHER &&
        named.includes(name.toLowerCase());
      if (!isHopsOwn) headers.append(name, fields.value(index));
    }
    for (const [name, value] of edits?.entries() ?? []) headers.append(name, value);
    headers.changed = false;
    return this.#headers = headers;
  }

  /** The headers as a middleware left them; undefined when nobody changed any. */
  get changedHeaders(): Headers | undefined {
    return this.#headers?.changed === true ? this.#headers : undefined;
  }

  get signal(): AbortSignal {
    return this.#exchange.abortSignal;
  }

  get body(): ReadableStream<Uint8Array> | null {
    return this.#exchange.body === undefined ? null : this.native.body;
  }

  get bodyUsed(): boolean {
    return this.#native?.bodyUsed ?? false;
  }

  /** The same as a real Request. */
  get native(): Request {
    if (this.#native !== undefined) return this.#native;
    const { body } = this.#exchange;
    const init: RequestInit & { duplex?: "half" } = {
      method: this.method,
      headers: this.headers,
      signal: this.signal,
    };
    if (body !== undefined && this.method !== "GET" && this.method !== "HEAD") {
      this.#client.continue();
      init.body = bodyStream(body, this.#exchange.listener.limits.maxBufferedBodyBytes, this.signal);
      init.duplex = "half";
    }
    return this.#native = new Request(this.url, init);
  }

  clone(): Request {
    return this.native.clone();
  }
}

// Everything else a Request can do is done by the real one.
for (const name of ["text", "json", "arrayBuffer", "blob", "bytes", "formData"] as const) {
  Object.defineProperty(LightRequest.prototype, name, {
    value: function (this: LightRequest) {
      return (this.native as unknown as Record<string, () => unknown>)[name]?.();
    },
  });
}
for (
  const name of [
    "cache",
    "credentials",
    "destination",
    "integrity",
    "keepalive",
    "mode",
    "redirect",
    "referrer",
    "referrerPolicy",
    "duplex",
  ]
) {
  Object.defineProperty(LightRequest.prototype, name, {
    get(this: LightRequest) {
      return (this.native as unknown as Record<string, unknown>)[name];
    },
  });
}
// `c.req.raw instanceof Request` must hold.
Object.setPrototypeOf(LightRequest.prototype, Request.prototype);
