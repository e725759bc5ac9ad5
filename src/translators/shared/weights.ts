/** How the weight of a Service becomes the weights of its endpoints (data-plane spec 3.9). */

/** Weights of Services count from 0 to 100; ALB takes an absent one for 0. */
export function clampWeight(weight: number | undefined): number {
  return Math.min(100, Math.max(0, weight ?? 0));
}

/**
 * Weight of each of the `count` endpoints of a Service.
 *
 * @param weight of the Service, clamped
 * @param total of all Services of the group, also of those without endpoints
 */
export function endpointWeight(weight: number, total: number, count: number): number {
  const share = Math.floor((100 * weight) / ((total || 100) * count) + 0.5);
  // A Service that is to get something must not be rounded away.
  return share === 0 && weight !== 0 ? 1 : share;
}
