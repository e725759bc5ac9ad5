/**
 * What the admin API and the commands with `--json` answer, as zod schemas for readers outside the program; documented
 * in `docs/admin-api.md`. `shape` is raised when a reader would have to change; new fields do not count as such. The
 * shape of the table is `src/table/schema.ts`.
 */
import * as z from "zod";

const objectRef = z.object({
  kind: z.string(),
  namespace: z.string(),
  name: z.string(),
  file: z.string().optional(),
  line: z.int().optional(),
  column: z.int().optional(),
});

/** `GET /` */
export const indexShape = z.object({
  shape: z.literal(1),
  name: z.string(),
  version: z.string(),
  runtime: z.string(),
  /** Of the process that answers: with several workers, the one that supervises them. */
  pid: z.int().optional(),
  /** Processes that serve traffic. */
  workers: z.int().optional(),
  /** Tables taken into service since the start. */
  revision: z.int(),
  paths: z.array(z.string()),
});
export type IndexAnswer = z.infer<typeof indexShape>;

/** `GET /readyz` */
export const readinessShape = z.object({ ready: z.boolean(), reasons: z.array(z.string()) });

/** `GET /api/problems` */
export const problemsShape = z.object({
  shape: z.literal(1),
  problems: z.array(z.object({
    severity: z.enum(["error", "warning"]),
    code: z.string(),
    object: objectRef,
    field: z.string(),
    reason: z.string(),
    stale: z.boolean().optional(),
    /** Of a file that cannot be read: the objects that serve on as it gave them before. */
    keeps: z.array(objectRef).optional(),
  })),
});
export type ProblemsAnswer = z.infer<typeof problemsShape>;

/** `GET /api/objects`: what was read, secrets as `[redacted]`. */
export const objectsShape = z.object({
  shape: z.literal(1),
  objects: z.array(objectRef.extend({ object: z.record(z.string(), z.unknown()) })),
});
export type ObjectsAnswer = z.infer<typeof objectsShape>;

/** `GET /api/listeners` */
export const listenersShape = z.object({
  shape: z.literal(1),
  listeners: z.array(z.object({
    id: z.string(),
    name: z.string(),
    port: z.int(),
    protocol: z.string(),
    addresses: z.array(z.string()),
    state: z.enum(["serving", "pending", "failed", "draining"]),
    reason: z.string(),
    connections: z.int(),
  })),
});
export type ListenersAnswer = z.infer<typeof listenersShape>;

/** `GET /api/upstreams` */
export const upstreamsShape = z.object({
  shape: z.literal(1),
  upstreams: z.array(z.object({
    name: z.string(),
    policy: z.string(),
    endpoints: z.array(z.object({
      endpoint: z.string(),
      weight: z.number(),
      resting: z.boolean(),
      active: z.int(),
      idle: z.int(),
      requests: z.int(),
      failures: z.int(),
    })),
  })),
});
export type UpstreamsAnswer = z.infer<typeof upstreamsShape>;

const routeRef = z.object({
  id: z.string(),
  name: z.string(),
  index: z.int(),
  object: z.object({ kind: z.string(), namespace: z.string(), name: z.string() }),
});

const action = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("forward"),
    upstream: z.string(),
    policy: z.string(),
    backendProtocol: z.string(),
    endpoints: z.array(z.object({ endpoint: z.string(), weight: z.number(), service: z.string() })),
    timeouts: z.object({ connectMs: z.number(), sendMs: z.number(), readMs: z.number() }),
  }),
  /** The gateway answers by itself. */
  z.object({ type: z.literal("answer"), status: z.int(), error: z.string(), reason: z.string() }),
  /** No HTTP takes place. */
  z.object({ type: z.literal("none"), reason: z.string() }),
]);

/** `GET /api/explain` and `explain --json` */
export const explanationShape = z.object({
  shape: z.literal(1),
  request: z.object({
    method: z.string(),
    url: z.string(),
    /** The TCP peer. */
    from: z.string(),
    /** What is matched against; null when the request is refused before. */
    view: z.object({
      host: z.string(),
      path: z.string(),
      query: z.string(),
      sourceAddress: z.string(),
    }).nullable(),
  }),
  listener: z.object({ id: z.string(), name: z.string(), port: z.int(), protocol: z.string() }).nullable(),
  /** The route that wins. */
  route: routeRef.nullable(),
  /** What runs before the action, in order. */
  filters: z.array(z.string()),
  action,
  /** What clients are told instead of the gateway's own words, by status. */
  errorPages: z.array(z.object({
    /** `404`, `500-599` */
    statuses: z.array(z.string()),
    contentType: z.string(),
  })),
  /** What of this is not as it was written, because what was written is invalid: the last good version serves. */
  stale: z.array(z.object({
    object: z.object({ kind: z.string(), namespace: z.string(), name: z.string() }),
    field: z.string(),
    reason: z.string(),
  })),
  /** Routes in the order in which they are tried, up to the one that wins. */
  steps: z.array(routeRef.extend({
    matched: z.boolean(),
    /** The first term that failed and the value it saw. */
    failed: z.object({ term: z.string(), saw: z.string() }).nullable(),
  })),
});
export type Explanation = z.infer<typeof explanationShape>;

/** Every answer with a status of 400 and above. */
export const errorShape = z.object({ error: z.object({ code: z.string(), message: z.string() }) });
export type ErrorAnswer = z.infer<typeof errorShape>;
