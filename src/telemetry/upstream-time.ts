/** How long upstreams took, from the times of a record. */
import type { ExchangeRecord } from "./record.ts";

/**
 * Milliseconds spent on all tries together: from the end of the filters to the end of the exchange. 0 when nothing was
 * tried. (ALB reports 0 after retries, which hides exactly the slow requests.)
 */
export function upstreamMs({ attempts, filteredAt, endedAt }: ExchangeRecord): number {
  return attempts.length === 0 || filteredAt === 0 ? 0 : Math.max(0, endedAt - filteredAt);
}

/** Milliseconds of each try; the last one includes the transfer of its body. */
export function attemptMs(record: ExchangeRecord): number[] {
  const { attempts } = record;
  const times = attempts.map(({ headMs }) => headMs);
  const last = attempts.length - 1;
  if (last >= 0) {
    const before = times.slice(0, last).reduce((sum, ms) => sum + ms, 0);
    times[last] = Math.max(times[last]!, upstreamMs(record) - before);
  }
  return times;
}
