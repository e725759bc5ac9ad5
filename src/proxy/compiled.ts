/** The table as functions: built once per table, replaced in one assignment. */
import type { Problem } from "../errors.ts";
import type { Network } from "../lib/ip.ts";
import type { Matcher } from "../matcher/mod.ts";
import type { Listener, Route } from "../table/table.ts";
import type { LiveUpstream } from "../upstreams/upstream.ts";
import type { ErrorPages } from "./error-pages.ts";
import type { ProxyLimits } from "./limits.ts";
import type { UpstreamConnection } from "./upstream-connection.ts";
import type { ExchangePort } from "../middlewares/ports.ts";
import type { ActingMiddleware, Chain } from "../middlewares/compile.ts";

export interface CompiledRoute {
  readonly route: Route;
  /** undefined for routes that answer by themselves. */
  readonly upstream: LiveUpstream<UpstreamConnection> | undefined;
  /** All middlewares of the route and what stands behind them; undefined when it has none. */
  readonly chain: Chain | undefined;
  /** Whether a request must go through the chain; for one that need not, {@link acts} are all that is to be done. */
  readonly needsChain: (exchange: ExchangePort) => boolean;
  readonly acts: readonly ActingMiddleware[];
}

export interface CompiledListener {
  readonly spec: Listener;
  readonly matcher: Matcher;
  readonly routes: ReadonlyMap<Route, CompiledRoute>;
  /** What of the routes could not be built. */
  readonly problems: readonly Problem[];
  readonly trustedProxies: readonly Network[];
  readonly limits: ProxyLimits;
  /** Names this process in traces: `<namespace>/<gateway>`. */
  readonly instance: string;
  readonly errorPages: ErrorPages;
  /** `Via: …\r\n` or "". */
  readonly viaLine: string;
}

export interface CompiledGateway {
  /** Labels of traces. */
  readonly name: string;
  /** By listener id. */
  readonly listeners: ReadonlyMap<string, CompiledListener>;
}
