/**
 * Everything that can go wrong, as data: problems of configuration ({@link Problem}) and failures of traffic
 * ({@link GatewayError}). Imports nothing of ours, may be imported by everyone.
 */

/** Names one object of the configuration; `file`, `line` and `column` are known when it came from a file. */
export interface ObjectRef {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  /** 1-based. */
  readonly column?: number;
}

/** Why a piece of configuration was refused; literal, so that callers can switch on it. */
export type ProblemCode =
  | "UnreadableFile" // not YAML or JSON, or cannot be opened
  | "InvalidObject" // the schema of its kind refuses it
  | "UnknownKind" // a kind that this program does not serve (warning)
  | "DuplicateObject" // two objects of one kind, namespace and name
  | "InvalidMatch" // dslx that cannot be compiled
  | "InvalidAction" // a filter that cannot be built
  | "InvalidAuth" // authentication that cannot be built: fails closed
  | "UnresolvedReference" // names an object, port or key that does not exist
  | "UnknownProtocol"
  | "ListenerConflict" // two Frontends on one port and protocol
  | "ListenerFailed" // the port could not be bound
  | "NoSuchOwner" // not bound to any ALB2 or Frontend
  | "Unsupported"; // understood, but this runtime or version cannot do it

/** One configuration error. Problems never stop anything but the object they name. */
export interface Problem {
  readonly severity: "error" | "warning";
  readonly code: ProblemCode;
  readonly object: ObjectRef;
  /** Path of the offending field, e.g. `spec.dslx[0].values[1]`; "" when it is the object itself. */
  readonly field: string;
  /** Sentence for people: what is wrong and what is expected; quotes values. */
  readonly reason: string;
  /** True while an earlier, good version of the object keeps serving. */
  readonly stale?: boolean;
  /** Of a file that cannot be read: the objects that serve on as it gave them before. */
  readonly keeps?: readonly ObjectRef[];
}

/** `Kind namespace/name`, the way objects are named in logs and messages. */
export function objectLabel(ref: ObjectRef): string {
  return `${ref.kind} ${ref.namespace === "" ? "" : `${ref.namespace}/`}${ref.name}`;
}

/** `file:line object field: reason`, and whether an earlier version serves on: the line that `albatross validate` prints. */
export function formatProblem(problem: Problem): string {
  const { object } = problem;
  const place = object.file === undefined ? "" : `${object.file}:${object.line ?? 1} `;
  const field = problem.field === "" ? "" : ` ${problem.field}`;
  const mark = problem.severity === "warning" ? "warning: " : "";
  const stale = problem.stale === true ? " (stale: the last good version keeps serving)" : "";
  // A text that cannot be parsed may be one long line.
  const isText = problem.code === "UnreadableFile" && object.column !== undefined;
  const column = isText ? ` (column ${object.column})` : "";
  return `${place}${objectLabel(object)}${field}: ${mark}${problem.reason}${column}${stale}`;
}

/** The limits that peers can reach, by the names under which they are set (docs/limits.md) and counted. */
export const LIMIT_NAMES = [
  "request.maxHeadBytes",
  "request.maxFields",
  "request.maxTargetBytes",
  "maxResponseHeadBytes",
  "headerReadMs",
  "bodyIdleMs",
  "sendIdleMs",
  "maxBodyBytes",
  "maxReplayBytes",
  "maxBufferedBodyBytes",
  "upstreamIdleMs",
  "maxIdlePerEndpoint",
  "requestsPerUpstreamConnection",
  "maxConnections",
  "maxConnectionsPerAddress",
  "drainIdleMs",
  "keepalive.http.timeout",
  "keepalive.http.requests",
] as const;

export type LimitName = (typeof LIMIT_NAMES)[number];

/** Whose fault a failed exchange is. */
export type FaultSource = "client" | "gateway" | "upstream";

interface ErrorSpec {
  readonly status: number;
  readonly source: FaultSource;
  /** Whether another endpoint may be tried when nothing has reached the client yet. */
  readonly retryable: boolean;
  /** First word of `X-ALB-ERR-REASON`; "" = no reason header (data-plane spec 3.13). */
  readonly word: string;
}

function spec(status: number, source: FaultSource, word: string, retryable = false): ErrorSpec {
  return { status, source, retryable, word };
}

/**
 * The catalogue of traffic failures: one line each, documented in `docs/errors.md`.
 * Status and reason words follow data-plane spec 3.13; ALB sends no reason with 400, 502, 503 and 504, we do.
 */
export const ERRORS = {
  NO_RULE_MATCH: spec(404, "client", "InvalidUpstream"),
  EMPTY_POLICY: spec(404, "client", "InvalidUpstream"),
  NO_ENDPOINTS: spec(500, "gateway", "InvalidBalancer"),
  NO_ENDPOINTS_STANDARD: spec(503, "gateway", "InvalidBalancer"),
  INVALID_ACTION: spec(500, "gateway", "InvalidConfig"),
  INVALID_AUTH: spec(503, "gateway", "AuthFail"),
  AUTH_REQUIRED: spec(401, "client", "AuthFail"),
  AUTH_FORBIDDEN: spec(403, "client", "AuthFail"),
  AUTH_FAILED: spec(500, "gateway", "AuthFail"),
  MIDDLEWARE_FAILED: spec(500, "gateway", "MiddlewareFail"),
  INTERNAL: spec(500, "gateway", "InternalError"),
  CONNECT_REFUSED: spec(502, "upstream", "UpstreamFail", true),
  CONNECT_FAILED: spec(502, "upstream", "UpstreamFail", true),
  CONNECT_TIMEOUT: spec(504, "upstream", "TimeoutViaBackend", true),
  SEND_TIMEOUT: spec(504, "upstream", "TimeoutViaBackend", true),
  READ_TIMEOUT: spec(504, "upstream", "TimeoutViaBackend", true),
  UPSTREAM_RESET: spec(502, "upstream", "UpstreamFail", true),
  UPSTREAM_PROTOCOL: spec(502, "upstream", "UpstreamFail"),
  OVERLOADED: spec(503, "gateway", "Overloaded"),
  BAD_REQUEST: spec(400, "client", "BadRequest"),
  REQUEST_TIMEOUT: spec(408, "client", "BadRequest"),
  BODY_TOO_LARGE: spec(413, "client", "BadRequest"),
  URI_TOO_LONG: spec(414, "client", "BadRequest"),
  EXPECTATION_FAILED: spec(417, "client", "BadRequest"),
  HEADERS_TOO_LARGE: spec(431, "client", "BadRequest"),
  METHOD_NOT_ALLOWED: spec(405, "client", "BadRequest"),
  METHOD_NOT_SUPPORTED: spec(501, "client", "BadRequest"),
  VERSION_NOT_SUPPORTED: spec(505, "client", "BadRequest"),
  CLIENT_ABORTED: spec(499, "client", ""),
} as const satisfies Record<string, ErrorSpec>;

export type ErrorCode = keyof typeof ERRORS;

/** A failed exchange. `message` is the text behind the word in `X-ALB-ERR-REASON`; it never holds secrets. */
export class GatewayError extends Error {
  override readonly name = "GatewayError";
  readonly code: ErrorCode;
  readonly status: number;
  readonly source: FaultSource;
  readonly retryable: boolean;
  /** The limit that was reached, if that is what went wrong. */
  readonly limit: LimitName | undefined;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown; limit?: LimitName }) {
    super(message, options);
    const entry: ErrorSpec = ERRORS[code];
    this.code = code;
    this.status = entry.status;
    this.source = entry.source;
    this.retryable = entry.retryable;
    this.limit = options?.limit;
  }

  /** Value of `X-ALB-ERR-REASON`, `<Word> : <text>`; "" when none is to be sent. */
  get reason(): string {
    const { word } = ERRORS[this.code];
    return word === "" ? "" : `${word} : ${this.message}`;
  }
}
