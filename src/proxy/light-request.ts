/**
 * The Request that middlewares see: answers from what the parser found, and becomes a real Request only when somebody
 * asks for more than method, URL and headers. About ten times cheaper than `new Request`.
 */
import { FieldId } from "../http1/known.ts";
import { fieldKey } from "../lib/field-names.ts";
import { type EditObserver } from "../lib/header-edits.ts";
import { bodyStream } from "./body-stream.ts";
import type { Exchange } from "./exchange.ts";

/** Request fields, built when first asked for; remembers whether somebody changed them, other than by edits. */
export class TrackedHeaders extends Headers implements EditObserver {
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

  added(name: string, value: string): void {
    super.append(name, value);
  }

  removed(name: string): void {
    const key = fieldKey(name);
    for (const each of [...this.keys()]) if (fieldKey(each) === key) super.delete(each);
  }
}

/** Edits made after a Request was put in the place of the client's, which cannot know of them. */
class LateEdits implements EditObserver {
  readonly #view: TrackedHeaders;
  #late: ((headers: TrackedHeaders) => void)[] = [];

  constructor(view: TrackedHeaders) {
    this.#view = view;
  }

  added(name: string, value: string): void {
    this.#view.added(name, value);
    this.#late.push((headers) => headers.added(name, value));
  }

  removed(name: string): void {
    this.#view.removed(name);
    this.#late.push((headers) => headers.removed(name));
  }

  /** Whoever looks at the headers now has seen all edits until now. */
  seen(): void {
    if (this.#late.length > 0) this.#late = [];
  }

  /** A copy of `headers` with the edits that its maker has not seen. */
  applied(headers: Headers): Headers {
    const copy = new TrackedHeaders(headers);
    for (const edit of this.#late) edit(copy);
    return copy;
  }
}

export class LightRequest {
  readonly #exchange: Exchange;
  readonly #client: { continue(): void };
  #headers: TrackedHeaders | undefined;
  #edits: LateEdits | undefined;
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
   * take away what features or middlewares add under the same name; fields of the protocol are. Nor is what it says like a
   * proxy without being trusted. Later edits show, too.
   */
  get headers(): Headers {
    this.#edits?.seen();
    if (this.#headers !== undefined) return this.#headers;
    const { head: { fields, connection: { named } }, requestEdits: edits, trustsPeer } = this.#exchange;
    const headers = new TrackedHeaders();
    const removed = new Set(edits.removedKeys);
    for (let index = 0; index < fields.count; index++) {
      const name = fields.name(index);
      if (removed.size > 0 && removed.has(fieldKey(name))) continue;
      const id = fields.id(index);
      const isHearsay = (id & ~FieldId.UNDERSCORED) === FieldId.FORWARDED_HEARSAY;
      if (isHearsay && (!trustsPeer || id !== FieldId.FORWARDED_HEARSAY)) continue;
      const isHopsOwn = named.length > 0 && (id === FieldId.OTHER || isHearsay) &&
        named.includes(name.toLowerCase());
      if (!isHopsOwn) headers.append(name, fields.value(index));
    }
    for (const [name, value] of edits.entries()) headers.append(name, value);
    headers.changed = false;
    edits.observer = this.#edits = new LateEdits(headers);
    return this.#headers = headers;
  }

  /** Headers of a Request in the place of this one, with the edits that came after it was made. */
  withLateEdits(headers: Headers): Headers {
    return this.#edits?.applied(headers) ?? headers;
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
