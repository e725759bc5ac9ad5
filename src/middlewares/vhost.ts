/** Another Host for the upstream (data-plane spec 3.4). */
import type { VhostFilter } from "../table/filters.ts";
import type { Act } from "./act.ts";

export function vhost({ host }: VhostFilter): Act {
  return function vhost(exchange) {
    exchange.setUpstreamHost(host);
    return undefined;
  };
}
