/** What is measured: a proxy that listens on 127.0.0.1. */

export interface Target {
  /** As printed: `nginx`, `albatross (bun)`, … */
  readonly name: string;
  readonly port: number;
  /** The processes that do its work. */
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

/** The route that is asked for is always the last one; see {@link routeNumber}. */
export interface RouteAddress {
  readonly host: string;
  readonly prefix: string;
}

/** Host and path prefix of one of the generated routes, 1-based. Equally long, so that requests differ in nothing else. */
export function routeNumber(index: number): RouteAddress {
  const number = String(index).padStart(5, "0");
  return { host: `app-${number}.example`, prefix: `/service-${number}` };
}
