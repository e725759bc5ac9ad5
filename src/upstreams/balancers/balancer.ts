/** Picks one endpoint of an upstream. */
import type { UpstreamEndpoint } from "../upstream.ts";

export interface Balancer {
  /** An endpoint that is not in `tried`; undefined when none is left. Endpoints of weight 0 are never picked beside others. */
  pick(tried: readonly UpstreamEndpoint[]): UpstreamEndpoint | undefined;
}
