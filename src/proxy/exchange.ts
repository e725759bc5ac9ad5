/** One request with its response: what the client asked, what was decided, what became of it. */
import { GatewayError } from "../errors.ts";
import { FieldId } from "../http1/known.ts";
import type { RequestHead } from "../http1/request-head.ts";
import { setOnAnswers } from "../lib/gateway-fields.ts";
import { fieldValue } from "../lib/field-names.ts";
import { HeaderEdits } from "../lib/header-edits.ts";
import { normalizeHost } from "../lib/host.ts";
import { clientAddress, isTrustedAddress, parseAddress } from "../lib/ip.ts";
import { normalizePath, splitTarget } from "../lib/path.ts";
import { encodePath } from "../lib/path-encode.ts";
import type { RequestView } from "../matcher/request-view.ts";
import type { AnswerFields, ErrorBody, ExchangePort, ResponseHook } from "../middlewares/ports.ts";
import type { Route } from "../table/table.ts";
import type { BalancedExchange } from "../upstreams/balancers/balancer.ts";
import type { Attempt, ExchangeRecord } from "../telemetry/record.ts";
import type { CompiledListener, CompiledRoute } from "./compiled.ts";
import { chooseErrorBody } from "./error-pages.ts";
import type { Outgoing } from "./outgoing.ts";
import { askedBy, NO_HOST, type Peer } from "./peer.ts";
import type { RequestBody } from "./request-body.ts";
import { upstreamLines } from "./upstream-head.ts";

const HTTPS = /^https:/i;

/** Tells the time of the event that is being worked off, in monotonic milliseconds. */
export interface EventClock {
  readonly recent: number;
}

export class Exchange implements RequestView, ExchangeRecord, ExchangePort, BalancedExchange {
  readonly head: RequestHead;
  readonly listener: CompiledListener;
  readonly peer: Peer;
  /** Normal form, for matching. */
  readonly host: string;
  readonly path: string;
  readonly query: string;
  /** Host as the client sent it: the authority of an absolute target, else the Host field; "" when HTTP/1.0 sent none. */
  readonly authority: string;
  /** Path and query as received, in origin-form (or `*`): what is forwarded unless a rewrite applies. */
  readonly requestUri: string;
  /** As the client sends it; undefined when the request has none. */
  body: RequestBody | undefined;
  /** See {@link BalancedExchange.affinityKey}. */
  affinityKey: string | undefined = undefined;

  compiled: CompiledRoute | undefined;
  /** What a middleware made of the request; undefined while it goes on as it came. */
  outgoing: Outgoing | undefined;
  error: GatewayError | undefined;
  status = 0;
  reason = "";
  readonly attempts: Attempt[] = [];
  responseBytes = 0;
  upstreamBytes = 0;
  /** Bytes carried to the upstream after a protocol switch. */
  tunnelBytes = 0;

  readonly startedAt: number;
  matchedAt = 0;
  filteredAt = 0;
  sentAt = 0;
  headAt = 0;
  endedAt = 0;

  readonly #clock: EventClock;
  #startedWall: number | undefined;
  #clientAddress: string | undefined;
  #requestId: string | undefined;
  #traced: boolean | undefined;
  #abort: AbortController | undefined;
  #abortReason: GatewayError | undefined;
  #requestEdits: HeaderEdits | undefined;
  #responseEdits: HeaderEdits | undefined;
  /** Path that a middleware asks the upstream for, in normal form. */
  rewrittenPath: string | undefined;
  /** Host that a middleware asks the upstream for. */
  upstreamHost: string | undefined;
  #hooks: ResponseHook[] | undefined;
  /** Whether a middleware wants to see the upstream's answer. */
  responseWanted = false;
  /** The upstream's answer, when it has passed the chain. */
  upstreamAnswer: { readonly status: number; readonly received: number } | undefined;
  /** Why there is no answer of the upstream, when a middleware waited for it. */
  upstreamFailure: GatewayError | undefined;
  /** Whether the upstream's answer goes to the client without passing the chain. */
  answeredDirectly = false;

  /** Throws {@link GatewayError} 400 or 501 when target or Host cannot be served. */
  constructor(head: RequestHead, listener: CompiledListener, peer: Peer, clock: EventClock) {
    this.head = head;
    this.listener = listener;
    this.peer = peer;
    this.#clock = clock;
    this.startedAt = clock.recent;
    if (head.method === "CONNECT") throw new GatewayError("METHOD_NOT_SUPPORTED", "CONNECT is not supported");
    if (head.method === "TRACE") throw new GatewayError("METHOD_NOT_ALLOWED", "TRACE is not allowed");
    const target = splitTarget(head.target);
    if (target.form === "authority") throw new GatewayError("BAD_REQUEST", "invalid request target");
    if (target.form === "asterisk" && head.method !== "OPTIONS") {
      throw new GatewayError("BAD_REQUEST", "request target * is for OPTIONS only");
    }
    // Whoever asks for https would take the answer for one that came over TLS (RFC 9110 7.4).
    if (
      target.form === "absolute" && peer.protocol === "http" && HTTPS.test(head.target) && !this.trustsPeer
    ) {
      throw new GatewayError("BAD_REQUEST", "https target on a connection without TLS");
    }
    const asked = askedBy(peer, head, target.authority);
    const path = normalizePath(target.path);
    if (path === null) throw new GatewayError("BAD_REQUEST", "invalid path");
    this.authority = asked.authority;
    this.host = asked.host;
    this.path = path;
    this.query = target.query;
    this.requestUri = target.form === "origin" && !head.target.includes("#")
      ? head.target
      : target.query === ""
      ? target.path
      : `${target.path}?${target.query}`;
  }

  /** Wall clock of the start, from how long ago that was: most exchanges are never asked. */
  get startedWall(): number {
    return this.#startedWall ??= Date.now() - (this.#clock.recent - this.startedAt);
  }

  get method(): string {
    return this.head.method;
  }

  get target(): string {
    return this.head.target;
  }

  get httpVersion(): string {
    return this.head.minor === 1 ? "HTTP/1.1" : "HTTP/1.0";
  }

  get route(): Route | undefined {
    return this.compiled?.route;
  }

  get errorCode(): string {
    return this.error?.code ?? "";
  }

  get protocol(): "http" | "https" {
    return this.peer.protocol;
  }

  get peerAddress(): string {
    return this.peer.address;
  }

  get peerPort(): number {
    return this.peer.port;
  }

  get listenerPort(): number {
    return this.listener.spec.port;
  }

  get listenerName(): string {
    return this.listener.spec.name;
  }

  get requestBytes(): number {
    return this.head.size + (this.body?.bytes ?? 0) + this.tunnelBytes;
  }

  get userAgent(): string {
    return this.header("user-agent") ?? "";
  }

  get forwardedFor(): string {
    return this.#forwardedFor ?? "";
  }

  /** The client's `X-Request-ID`, or a new one. */
  get requestId(): string {
    return this.#requestId ??= this.header("x-request-id") ?? crypto.randomUUID();
  }

  get clientAddress(): string {
    const { listener: { trustedProxies }, peer, head: { fields } } = this;
    return this.#clientAddress ??= trustedProxies.length === 0
      ? peer.address
      : clientAddress(peer.address, this.#forwardedFor, fields.joinedOfId(FieldId.REAL_IP), trustedProxies);
  }

  /** Whether the peer may speak for others than itself. */
  get trustsPeer(): boolean {
    const { listener: { trustedProxies }, peer } = this;
    return trustedProxies.length > 0 && isTrustedAddress(peer.address, trustedProxies);
  }

  /** In its own spelling only: a trusted proxy sets it, but lets its client's `X_Forwarded_For` pass. */
  get #forwardedFor(): string | undefined {
    return this.head.fields.joinedOfId(FieldId.FORWARDED_FOR);
  }

  /** Whether the client asked for the debug trace. */
  get traced(): boolean {
    return this.#traced ??= this.header("cpaas-trace") === "true";
  }

  /** Aborted when the client goes away before the answer is complete. */
  get abortSignal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.#abortReason !== undefined) this.#abort.abort(this.#abortReason);
    }
    return this.#abort.signal;
  }

  /** The client is gone, or its request cannot be completed. */
  aborted(reason: GatewayError): void {
    this.#abortReason = reason;
    this.#abort?.abort(reason);
  }

  get sourceAddress(): string {
    return this.clientAddress;
  }

  header(name: string): string | undefined {
    return this.head.fields.get(name);
  }

  get scheme(): "http" | "https" {
    return this.peer.protocol;
  }

  get requestEdits(): HeaderEdits {
    return this.#requestEdits ??= new HeaderEdits();
  }

  get responseEdits(): HeaderEdits {
    return this.#responseEdits ??= new HeaderEdits();
  }

  /** The edits of the request, undefined when there are none. */
  get pendingRequestEdits(): HeaderEdits | undefined {
    return this.#requestEdits;
  }

  /** The edits of the answer, undefined when there are none: most exchanges must not pay for them. */
  get pendingResponseEdits(): HeaderEdits | undefined {
    return this.#responseEdits;
  }

  /** Field lines that edits add to the answer, each ending in CRLF. */
  responseEditLines(): string {
    return this.#responseEdits?.lines(setOnAnswers(this.listener.viaLine !== "")) ?? "";
  }

  effectiveHeaders(): readonly (readonly [name: string, value: string])[] {
    const lines = upstreamLines(this).split("\r\n");
    return lines.filter((line) => line !== "").map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
    });
  }

  effectiveHeader(name: string): string | undefined {
    if (this.outgoing !== undefined) return this.outgoing.headers.get(name) ?? undefined;
    const original = this.header(name);
    return this.#requestEdits === undefined ? original : this.#requestEdits.apply(name, original);
  }

  get effectivePath(): string {
    return this.rewrittenPath ?? this.path;
  }

  rewritePath(path: string): void {
    this.rewrittenPath = path;
  }

  setUpstreamHost(host: string): void {
    this.upstreamHost = fieldValue(host);
  }

  errorBody(status: number): ErrorBody {
    const { errorPages, spec } = this.listener;
    const key = this.compiled === undefined ? spec.unmatchedErrorPages : this.compiled.route.errorPages;
    return chooseErrorBody(key === null ? undefined : errorPages.get(key), status, this.header("accept"));
  }

  blame(error: GatewayError): void {
    this.error = error;
    this.reason = error.reason;
  }

  beforeResponse(hook: ResponseHook, options?: { readonly early: boolean }): void {
    const hooks = this.#hooks ??= [];
    if (options?.early === true) hooks.unshift(hook);
    else hooks.push(hook);
  }

  /** Runs the hooks of {@link beforeResponse}. */
  answering(status: number, fields: AnswerFields): void {
    if (this.#hooks !== undefined) { for (const hook of this.#hooks) hook(status, fields, this); }
  }

  wantResponse(): void {
    this.responseWanted = true;
  }

  /** The host that the endpoint is asked for, as a name for TLS; "" where it is an address (RFC 6066 3). */
  get upstreamServerName(): string {
    const host = this.upstreamHost === undefined ? this.host : normalizeHost(this.upstreamHost) ?? "";
    return host === NO_HOST || parseAddress(host) !== null ? "" : host;
  }

  /** Method of the request that the upstream gets; it decides how the answer is read. */
  get upstreamMethod(): string {
    return this.outgoing?.method ?? this.head.method;
  }

  /** Body that the upstream gets. */
  get upstreamBody(): RequestBody | undefined {
    return this.outgoing === undefined ? this.body : this.outgoing.body;
  }

  /** Path that the upstream gets unless a middleware names another. */
  get targetPath(): string {
    if (this.rewrittenPath !== undefined) return encodePath(this.rewrittenPath);
    const query = this.requestUri.indexOf("?");
    return query === -1 ? this.requestUri : this.requestUri.slice(0, query);
  }

  get forwardedChain(): string {
    const peer = this.peer.address;
    // Data-plane spec 3.5: an edited X-Forwarded-For is what the peer is appended to.
    const edited = this.#requestEdits?.get("x-forwarded-for");
    if (edited !== undefined) return `${edited}, ${peer}`;
    // The peer's word about who came before counts only if it is trusted, which shows in the address derived.
    return this.clientAddress === peer || this.forwardedFor === "" ? peer : `${this.forwardedFor}, ${peer}`;
  }
}
