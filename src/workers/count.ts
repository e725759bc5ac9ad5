/** How many workers serve when nobody says. */

/** `workerLimit` of an ALB2 that sets none. */
const DEFAULT_LIMIT = 8;
/** What a limit of 0 means. */
const NO_LIMIT = 4;

/** One for each processor that is granted, also for a part of one; as ALB counts, decimals included. */
export function workerCount(cpus: number, limit = DEFAULT_LIMIT): number {
  if (limit === 0) return NO_LIMIT;
  return Math.max(1, Math.min(Math.ceil(cpus), limit));
}
