/** What every table must be, whoever made it; checked in tests and before a table is served. */
import { compareRoutes } from "./precedence.ts";
import type { Endpoint, Listener, Route, Table, Upstream } from "./table.ts";

/**
 * Sentences that say what is wrong; empty when the table may be served. A finding is an error of ours, not of users.
 * `check-changes.ts` finds the same with less work.
 */
export function checkTable(table: Table): readonly string[] {
  return [
    ...repeated(table.listeners.map(({ id }) => id)).map((id) => `listener ${id} occurs twice`),
    ...repeated(routeIds(table)).map((id) => `route ${id} occurs twice`),
    ...table.listeners.flatMap((listener) => [
      ...checkListener(listener),
      ...listener.routes.flatMap((route, place, routes) =>
        checkRoute(route, place, routes[place - 1], table.upstreams)
      ),
    ]),
    ...Object.entries(table.upstreams).flatMap(([key, upstream]) => checkUpstream(key, upstream)),
  ];
}

function routeIds({ listeners }: Table): string[] {
  return listeners.flatMap(({ routes }) => routes.map(({ id }) => id));
}

/** What concerns the listener itself, without its routes. */
export function checkListener({ id, port, protocol }: Listener): string[] {
  const findings: string[] = [];
  const family = protocol === "udp" ? "udp" : "tcp";
  if (id !== `${family}/${port}`) findings.push(`listener ${id} should be ${family}/${port}`);
  if (!isPort(port)) findings.push(`listener ${id} has port ${port}`);
  return findings;
}

/** @param place 0-based, among the routes of its listener; `before` is its neighbour there */
export function checkRoute(
  route: Route,
  place: number,
  before: Route | undefined,
  upstreams: Table["upstreams"],
): string[] {
  const { id, index, upstream, match } = route;
  const findings: string[] = [];
  if (index !== place + 1) findings.push(`route ${id} has index ${index} at place ${place + 1}`);
  if (before !== undefined && compareRoutes(before, route) >= 0) {
    findings.push(`route ${id} stands behind ${before.id}, which it precedes`);
  }
  if (upstream !== null && !Object.hasOwn(upstreams, upstream)) {
    findings.push(`route ${id} sends to upstream ${upstream}, which does not exist`);
  }
  if (match?.some(({ rows }) => rows.length === 0)) findings.push(`route ${id} has a term without rows`);
  return findings;
}

export function checkUpstream(key: string, { name, endpoints }: Upstream): string[] {
  return [
    ...(key === name ? [] : [`upstream ${name} is kept as ${key}`]),
    ...repeated(endpoints.map(endpointKey)).map((each) => `upstream ${name} has endpoint ${each} twice`),
    ...endpoints.filter(({ port }) => !isPort(port)).map((each) =>
      `upstream ${name} has endpoint ${endpointKey(each)}`
    ),
    ...endpoints.filter(({ weight }) => !(weight >= 0)).map((each) =>
      `upstream ${name} has endpoint ${endpointKey(each)} of weight ${each.weight}`
    ),
  ];
}

function endpointKey({ address, port }: Endpoint): string {
  return `${address} port ${port}`;
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65535;
}

function repeated(keys: readonly string[]): string[] {
  const seen = new Set<string>();
  return keys.filter((key) => seen.size === seen.add(key).size);
}
