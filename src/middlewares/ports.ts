/** What the features of a route see of an exchange, and what they may change. Implemented by `proxy/exchange.ts`. */
import type { Context } from "hono";
import type { GatewayError } from "../errors.ts";
import type { HttpField } from "../lib/http-call.ts";
import type { HeaderEdits } from "../lib/header-edits.ts";

export interface ExchangePort {
  readonly method: string;
  /** `HTTP/1.1` or `HTTP/1.0`. */
  readonly httpVersion: string;
  readonly scheme: "http" | "https";
  /** Normal form: lower-case, without port. */
  readonly host: string;
  /** Host as the client sent it, port included; "" when HTTP/1.0 sent none. */
  readonly authority: string;
  /** Normal form: decoded, dot segments resolved. The one that matched; rewriting does not change it. */
  readonly path: string;
  /** Raw text behind the first `?`. */
  readonly query: string;
  /** Raw path and query. */
  readonly requestUri: string;
  readonly peerAddress: string;
  readonly peerPort: number;
  /** Under the trust rule. */
  readonly clientAddress: string;
  /** X-Forwarded-For as the upstream gets it. */
  readonly forwardedChain: string;
  readonly listenerPort: number;
  readonly requestId: string;
  /** Head and body as far as they have come. */
  readonly requestBytes: number;
  /** Wall clock of the start, milliseconds since the epoch. */
  readonly startedWall: number;
  /** Request field by lower-case name as the client sent it, lines joined; `_` and `-` are one. */
  header(name: string): string | undefined;

  /** Changes to the request that the upstream gets. Fields that the gateway sets win over them (data-plane spec 3.5). */
  readonly requestEdits: HeaderEdits;
  /** Changes to every answer the client gets, except the gateway's own error pages (data-plane spec 3.13). */
  readonly responseEdits: HeaderEdits;
  /** The request's fields as the upstream will get them, without those that the gateway sets. */
  effectiveHeaders(): readonly (readonly [name: string, value: string])[];
  /** Like {@link header}, as the features in front have left it. */
  effectiveHeader(name: string): string | undefined;
  /** Normal form of the path that the upstream gets: {@link path}, or what it was rewritten to. */
  readonly effectivePath: string;
  /** Replaces the path that the upstream gets; decoded text, encoded when it is sent. The query stays. */
  rewritePath(path: string): void;
  /** Replaces the Host that the upstream gets. */
  setUpstreamHost(host: string): void;
  /** Aborted when the client goes away before the answer is complete. */
  readonly abortSignal: AbortSignal;
  /** What an answer with this status says that the gateway makes itself. */
  errorBody(status: number): ErrorBody;
  /** Says why a feature answers as it does: in `X-ALB-ERR-REASON`, metrics and the access log. */
  blame(error: GatewayError): void;
  /**
   * Calls `hook` just before the head of the answer is written; it may still use {@link responseEdits}. Hooks run in the
   * order in which they came, those that are `early` before all others.
   */
  beforeResponse(hook: ResponseHook, options?: { readonly early: boolean }): void;
  /**
   * Asks for the upstream's answer in `c.res` after `await next()`. Without it the answer goes straight to the client, and
   * `next()` resolves at once.
   */
  wantResponse(): void;
}

/** A body, with the fields that describe it. */
export interface ErrorBody {
  readonly fields: readonly HttpField[];
  readonly bytes: Uint8Array;
}

/** Sees the status of an answer and its fields as they are without {@link ExchangePort.responseEdits}. */
export type ResponseHook = (status: number, fields: AnswerFields, exchange: ExchangePort) => void;

export interface AnswerFields {
  /** Lines joined; `name` in lower case. Nullish when there is none. */
  get(name: string): string | null | undefined;
}

/** `c.env` of every middleware. */
export interface Bindings {
  readonly exchange: ExchangePort;
}

export type GatewayContext = Context<{ Bindings: Bindings }>;
