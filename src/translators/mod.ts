/**
 * Translation: everything that was configured, as the one table that is served. Pure: no clock, no I/O, and what it
 * remembers saves work only; the same snapshot gives the same table.
 */
import type { Problem } from "../errors.ts";
import { deepEqual } from "../lib/deep-equal.ts";
import { atOnce, eachOf, type Steps } from "../lib/steps.ts";
import { objectKey, type Snapshot } from "../resources/snapshot.ts";
import { TABLE_SHAPE, type Upstream } from "../table/table.ts";
import { translateRules } from "./rule/mod.ts";
import { chooseOwner, gatewaySettings } from "./shared/owner.ts";
import { createReport } from "./shared/report.ts";
import { createServiceDirectory } from "./shared/services.ts";
import { createEndpointResolver, type UpstreamPlan } from "./shared/upstream.ts";
import type { TranslateOptions, Translation, Uses } from "./types.ts";

/** Translates all objects of a snapshot. Never throws for what users wrote: that becomes problems. */
export function translate(snapshot: Snapshot, options: TranslateOptions): Translation {
  return atOnce(translateSteps(snapshot, options));
}

/** {@link translate} for thousands of objects beside traffic. */
export function* translateSteps(snapshot: Snapshot, options: TranslateOptions): Steps<Translation> {
  const problems: Problem[] = [];
  const report = createReport(snapshot, problems);
  const owner = chooseOwner(snapshot, options, report);
  const gateway = gatewaySettings(owner, options, report);
  const uses = new Map<string, Uses>();
  const { listeners, upstreams } = owner === undefined
    ? { listeners: [], upstreams: [] }
    : yield* translateRules({ snapshot, options, owner, report, uses });
  const base = { shape: TABLE_SHAPE, gateway, listeners } as const;
  const plan = { byService: yield* indexByService(upstreams), unresolved: new Map() };
  return yield* resolve({ table: { ...base, upstreams: {} }, problems, uses, plan }, upstreams, snapshot);
}

/**
 * The short path for a change of nothing but Services, EndpointSlices, Endpoints and resolved names: listeners and
 * routes stay the very same objects, and only upstreams of the Services named are looked at.
 *
 * @param services keys (`namespace/name`) of the Services whose addresses may have changed
 */
export function* refreshEndpoints(
  previous: Translation,
  snapshot: Snapshot,
  services: ReadonlySet<string>,
): Steps<Translation> {
  const { byService, unresolved } = previous.plan;
  const affected = new Set([...services].flatMap((key) => byService.get(key) ?? []));
  if (affected.size === 0) return previous;
  const ofReferences = new Set([...unresolved.values()].flat());
  const problems = previous.problems.filter((problem) => !ofReferences.has(problem));
  return yield* resolve({ ...previous, problems }, affected, snapshot);
}

function* indexByService(
  upstreams: readonly UpstreamPlan[],
): Steps<ReadonlyMap<string, readonly UpstreamPlan[]>> {
  const byService = new Map<string, UpstreamPlan[]>();
  yield* eachOf(upstreams, (upstream) => {
    for (const { namespace, name } of upstream.services) {
      const key = objectKey(namespace, name);
      const known = byService.get(key);
      if (known === undefined) byService.set(key, [upstream]);
      else known.push(upstream);
    }
  });
  return byService;
}

/** Completes a translation, which lacks problems of references, with the endpoints of `affected` upstreams. */
function* resolve(
  { table, problems, uses, plan }: Translation,
  affected: Iterable<UpstreamPlan>,
  snapshot: Snapshot,
): Steps<Translation> {
  const endpointsOf = createEndpointResolver(yield* createServiceDirectory(snapshot));
  const upstreams: Record<string, Upstream> = { ...table.upstreams };
  const unresolved = new Map(plan.unresolved);
  const earlier = new Map<Endpoints, Endpoints>();
  yield* eachOf(affected, ({ upstream, object, services }) => {
    const { endpoints, faults } = endpointsOf(services);
    upstreams[upstream.name] = resolvedAs(upstream, endpoints, earlier);
    if (faults.length === 0) {
      unresolved.delete(upstream.name);
      return;
    }
    const found: Problem[] = [];
    const report = createReport(snapshot, found);
    for (const { field, reason } of faults) {
      report(object, { code: "UnresolvedReference", field, reason, severity: "warning" });
    }
    unresolved.set(upstream.name, found);
  });
  return {
    table: { ...table, upstreams },
    problems: [...problems, ...[...unresolved.values()].flat()],
    uses,
    plan: { ...plan, unresolved },
  };
}

type Endpoints = Upstream["endpoints"];

/** What was made of a plan last: the same object need not be compared with itself later. Forgets with the plan. */
const RESOLVED = new WeakMap<UpstreamPlan["upstream"], Upstream>();

/** @param earlier lists of endpoints by equal ones that were found now, as far as seen */
function resolvedAs(
  plan: UpstreamPlan["upstream"],
  endpoints: Endpoints,
  earlier: Map<Endpoints, Endpoints>,
): Upstream {
  const known = RESOLVED.get(plan);
  if (known !== undefined) {
    if (earlier.get(endpoints) === known.endpoints) return known;
    if (deepEqual(known.endpoints, endpoints)) {
      earlier.set(endpoints, known.endpoints);
      return known;
    }
  }
  const made = { ...plan, endpoints: earlier.get(endpoints) ?? endpoints };
  RESOLVED.set(plan, made);
  return made;
}
