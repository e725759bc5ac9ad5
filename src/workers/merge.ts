/** What several workers say about themselves as one answer. */
import type { ListenerStatus, UpstreamStatus } from "../data-plane.ts";
import type { Problem } from "../errors.ts";

/** A listener serves when it serves in every worker; its connections are those of all. The worst state is told. */
export function mergeListeners(told: readonly (readonly ListenerStatus[])[]): ListenerStatus[] {
  const groups = Map.groupBy(
    told.flat(),
    // A port may be served anew while connections of its last life are still open.
    ({ id, state, addresses }) => `${id} ${state === "draining" && addresses.length === 0}`,
  );
  return Array.from(groups.values(), (group) => {
    const absent = ["failed", "pending"].map((state) => group.filter((each) => each.state === state))
      .find(({ length }) => length > 0) ?? [];
    const [first] = absent.length > 0 ? absent : group;
    const reasons = [...new Set(absent.map(({ reason }) => reason))].join("; ");
    const isEverywhere = absent.length === 0 || absent.length === group.length;
    return {
      ...first!, // groups have members
      addresses: group.find(({ addresses }) => addresses.length > 0)?.addresses ?? [],
      reason: isEverywhere ? reasons : `in ${absent.length} of ${group.length} workers: ${reasons}`,
      connections: group.reduce((sum, { connections }) => sum + connections, 0),
    };
  });
}

/** Counts are those of the workers that live. */
export function mergeUpstreams(told: readonly (readonly UpstreamStatus[])[]): UpstreamStatus[] {
  return Array.from(Map.groupBy(told.flat(), ({ name }) => name).values(), (group) => {
    const endpoints = Map.groupBy(group.flatMap(({ endpoints }) => endpoints), ({ endpoint }) => endpoint);
    return {
      ...group[0]!,
      endpoints: Array.from(endpoints.values(), (parts) => ({
        ...parts[0]!,
        resting: parts.some(({ resting }) => resting),
        active: sum(parts, ({ active }) => active),
        idle: sum(parts, ({ idle }) => idle),
        requests: sum(parts, ({ requests }) => requests),
        failures: sum(parts, ({ failures }) => failures),
      })),
    };
  });
}

/** Each once. */
export function mergeProblems(told: readonly (readonly Problem[])[]): Problem[] {
  return [...new Map(told.flat().map((problem) => [JSON.stringify(problem), problem])).values()];
}

function sum<T>(items: readonly T[], read: (item: T) => number): number {
  return items.reduce((total, item) => total + read(item), 0);
}
