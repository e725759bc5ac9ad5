/** How long answers of an authentication server may be used again, in the words of nginx's proxy_cache_valid. */
import { parseDuration } from "../../../lib/duration.ts";

/** As ingress-nginx has it. */
export const DEFAULT_CACHE_DURATION = "200 202 401 5m";
/** What nginx means by a duration alone. */
const PLAIN_STATUSES = [200, 301, 302];

export interface CacheLifetime {
  readonly statuses: readonly number[];
  readonly ms: number;
}

/**
 * Reads `200 202 10m, 401 5m`: statuses and a duration, several separated by commas. Undefined when something else
 * stands there. `any` is not accepted: it would remember the failures of a moment.
 */
export function readCacheDuration(text: string): readonly CacheLifetime[] | undefined {
  const lifetimes = text.split(",").map(readLifetime);
  return lifetimes.every((each) => each !== undefined) ? lifetimes : undefined;
}

function readLifetime(text: string): CacheLifetime | undefined {
  const words = text.trim().split(/\s+/);
  const ms = parseDuration(words.pop() ?? "");
  const areStatuses = words.every((word) => /^[1-5]\d\d$/.test(word));
  if (ms === undefined || !areStatuses) return undefined;
  return { statuses: words.length === 0 ? PLAIN_STATUSES : words.map(Number), ms };
}
