/** The table as functions: built once per table, replaced in one assignment. */
import type { Network } from "../lib/ip.ts";
import type { Matcher } from "../matcher/mod.ts";
import type { Listener, Route } from "../table/table.ts";
import type { LiveUpstream } from "../upstreams/upstream.ts";
import type { Exchange } from "./exchange.ts";
import type { UpstreamConnection } from "./upstream-connection.ts";
import type { Context } from "hono";

/** What runs for a matched request: the middlewares, folded, with forwarding at their end. */
export type Chain = (c: Context) => Response | Promise<Response>;

export interface CompiledRoute {
  readonly route: Route;
  /** undefined for routes that answer by themselves. */
  readonly upstream: LiveUpstream<UpstreamConnection> | undefined;
  /** undefined when the route has no middleware: the request then goes straight to the upstream. */
  readonly chain: Chain | undefined;
}

export interface CompiledListener {
  readonly spec: Listener;
  readonly matcher: Matcher;
  readonly routes: ReadonlyMap<Route, CompiledRoute>;
  readonly trustedProxies: readonly Network[];
  /** `Via: …\r\n` or "". */
  readonly viaLine: string;
}

export interface CompiledGateway {
  /** Labels of traces. */
  readonly name: string;
  /** By listener id. */
  readonly listeners: ReadonlyMap<string, CompiledListener>;
}

/** Answers an exchange; `app.ts` makes one per data plane. */
export type Serve = (exchange: Exchange) => void;
