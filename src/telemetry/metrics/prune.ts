/** Which series have lost what they were about. */
import { formatEndpoint } from "../../lib/endpoint.ts";
import type { Listener, Route, Table } from "../../table/table.ts";
import { identityKey, identityOf, OTHER_PEERS, type RouteCells } from "./cells.ts";

/** Deletes the cells of routes that are gone or renamed, and in the others those of endpoints that are gone. */
export function pruneRoutes(routes: Map<string, RouteCells>, table: Table): void {
  if (routes.size === 0) return;
  const live = liveRoutes(table);
  for (const [key, cells] of routes) {
    const found = live.get(cells.routeId);
    if (found === undefined || keyOf(found) !== key) routes.delete(key);
    else prunePeers(cells, found.route, table);
  }
}

interface LiveRoute {
  readonly route: Route;
  readonly listener: Listener;
}

function liveRoutes(table: Table): Map<string, LiveRoute> {
  const live = new Map<string, LiveRoute>();
  for (const listener of table.listeners) {
    for (const route of listener.routes) live.set(route.id, { route, listener });
  }
  return live;
}

function keyOf({ route, listener }: LiveRoute): string {
  return identityKey(identityOf(listener.port, listener.name, route));
}

function prunePeers(cells: RouteCells, route: Route, table: Table): void {
  const endpoints = route.upstream === null ? [] : table.upstreams[route.upstream]?.endpoints ?? [];
  const live = new Set(endpoints.map(formatEndpoint));
  for (const peer of cells.peers.keys()) {
    const isLive = peer === "" || peer === OTHER_PEERS || peer.split(", ").every((part) => live.has(part));
    if (!isLive) cells.peers.delete(peer);
  }
}
