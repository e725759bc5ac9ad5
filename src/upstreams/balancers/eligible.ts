/** Which endpoints take part, and with which weight (data-plane spec 3.9). */
import type { UpstreamEndpoint } from "../upstream.ts";

export interface Eligible {
  readonly endpoint: UpstreamEndpoint;
  /** Above zero. */
  readonly weight: number;
}

/** All weights zero share equally; zero beside others is never chosen. */
export function eligibleOf(endpoints: readonly UpstreamEndpoint[]): readonly Eligible[] {
  const allZero = endpoints.every(({ weight }) => weight === 0);
  return endpoints
    .filter(({ weight }) => allZero || weight > 0)
    .map((endpoint) => ({ endpoint, weight: allZero ? 1 : endpoint.weight }));
}

/** Whether two endpoints are one, although they may be from before and after a change of the table. */
export function isSame(a: UpstreamEndpoint, b: UpstreamEndpoint): boolean {
  return a.pool === b.pool;
}

/** Whether an endpoint was tried. */
export function isTried(endpoint: UpstreamEndpoint, tried: readonly UpstreamEndpoint[]): boolean {
  for (let i = 0; i < tried.length; i++) if (isSame(tried[i] as UpstreamEndpoint, endpoint)) return true;
  return false;
}
