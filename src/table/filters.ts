/**
 * A filter is a route's data for one feature; `middlewares/compile.ts` turns it into a Hono middleware. The union is
 * the one list of features: maps over it are exhaustive by type.
 */
export type Filter = MiddlewareFilter;

/** A middleware that the user (or a test) registered by name. */
export interface MiddlewareFilter {
  readonly type: "middleware";
  readonly name: string;
  /** JSON; handed to the middleware's factory as it is. */
  readonly options: unknown;
}

export type FilterType = Filter["type"];
