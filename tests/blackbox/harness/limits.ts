/** Sites with limits set low, and whether those are counted. */
import assert from "node:assert/strict";
import { type Site, startSite } from "./suite.ts";
import { type Handler, reply } from "./upstream.ts";
import { eventually } from "./wire.ts";

/** No connection is pooled, so that tests may play the upstream by hand. */
export const handler: Handler = () => reply(200, [["Connection", "close"]]);

/** A site with `--limits` for each of `limits`, `NAME=NUMBER`. */
export function startLimited(limits: readonly string[], frontend: unknown = {}): Promise<Site> {
  return startSite({ handler, args: limits.flatMap((each) => ["--limits", each]), frontend });
}

/** Runs `act` and waits until the limit has been reached `times` more. */
export async function reachesAt<T>(
  { gateway }: Site,
  limit: string,
  act: () => Promise<T>,
  times = 1,
): Promise<T> {
  const hits = () => gateway.metric("albatross_limit_hits_total", { limit });
  const before = await hits();
  const result = await act();
  let now = 0;
  await eventually(async () => (now = await hits()) >= before + times, () => `${limit}: ${before}, ${now}`);
  assert.equal(now, before + times, limit);
  return result;
}
