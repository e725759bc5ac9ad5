/** Another Host for the upstream (data-plane spec 3.4). */
import type { MiddlewareHandler } from "hono";
import type { VhostFilter } from "../table/filters.ts";
import type { GatewayContext } from "./ports.ts";

export function vhost({ host }: VhostFilter): MiddlewareHandler {
  return function vhost(c, next) {
    (c as GatewayContext).env.exchange.setUpstreamHost(host);
    return next();
  };
}
