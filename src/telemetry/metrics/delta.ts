/** What was counted since the last time, for a process that adds up the counts of others. JSON-able. */
import type { PeerCells, RouteCells, RouteIdentity, UpstreamCells } from "./cells.ts";
import type { Histogram } from "./histogram.ts";
import type { PortCells, Traffic } from "./traffic.ts";

export interface TrafficDelta {
  readonly routes: readonly RouteDelta[];
  readonly ports: readonly PortDelta[];
  readonly upstreams: readonly UpstreamDelta[];
}

export interface RouteDelta {
  readonly identity: RouteIdentity;
  readonly routeId: string;
  /** By `statusKey`. */
  readonly statuses: readonly (readonly [
    key: number,
    count: number,
    requestBytes: number,
    responseBytes: number,
  ])[];
  readonly duration: Histogram;
  readonly peers: readonly PeerDelta[];
}

export interface PeerDelta {
  readonly name: string;
  readonly counts: readonly (readonly [key: number, count: number])[];
  readonly duration: Histogram;
}

export interface PortDelta {
  readonly port: number;
  /** Now, not since the last time. */
  readonly connections: number;
  readonly exchanges: number;
  readonly mismatches: readonly number[];
  readonly errors: readonly (readonly [code: string, count: number])[];
  readonly unmatched: RouteDelta | null;
}

export interface UpstreamDelta {
  readonly name: string;
  readonly attempts: number;
  readonly retries: number;
  readonly connectFailures: number;
  readonly duration: Histogram;
}

/** Takes the counts out of `traffic`; the gauges stay. */
export function takeDelta(traffic: Traffic): TrafficDelta {
  const delta = {
    routes: Array.from(traffic.routes(), takeRoute).filter((route) => route !== null),
    ports: Array.from(traffic.ports(), takePort),
    upstreams: Array.from(traffic.upstreamNames(), (name) => takeUpstream(name, traffic.upstreamCells(name)))
      .filter((upstream) => upstream !== null),
  };
  traffic.prune();
  return delta;
}

/** Takes the counts out of the cells, which begin at 0 again; null when there are none. */
function takeRoute(cells: RouteCells): RouteDelta | null {
  const statuses: [number, number, number, number][] = [];
  for (const [key, cell] of cells.statuses) {
    if (cell.count === 0) continue;
    statuses.push([key, cell.count, cell.requestBytes, cell.responseBytes]);
    cell.count = cell.requestBytes = cell.responseBytes = 0;
  }
  if (statuses.length === 0) return null;
  const { identity, routeId } = cells;
  const peers = Array.from(cells.peers.values(), takePeer).filter(({ counts }) => counts.length > 0);
  return { identity, routeId, statuses, duration: takeHistogram(cells.duration), peers };
}

function takePeer({ name, counts, duration }: PeerCells): PeerDelta {
  const taken: [number, number][] = [];
  for (const [key, cell] of counts) {
    if (cell.count > 0) taken.push([key, cell.count]);
    cell.count = 0;
  }
  return { name, counts: taken, duration: taken.length > 0 ? takeHistogram(duration) : duration };
}

function takePort(cells: PortCells): PortDelta {
  const { port, connections, exchanges, unmatched } = cells;
  const errors = [...cells.errors];
  cells.errors.clear();
  const mismatches = [...cells.mismatches];
  cells.mismatches.fill(0);
  const route = unmatched === undefined ? null : takeRoute(unmatched);
  return { port, connections, exchanges, mismatches, errors, unmatched: route };
}

/** Null when there is nothing to tell. */
function takeUpstream(name: string, cells: UpstreamCells): UpstreamDelta | null {
  const { attempts, retries, connectFailures } = cells;
  if (attempts === 0) return null;
  cells.attempts = cells.retries = cells.connectFailures = 0;
  return { name, attempts, retries, connectFailures, duration: takeHistogram(cells.duration) };
}

function takeHistogram(histogram: Histogram): Histogram {
  const taken = { counts: [...histogram.counts], sum: histogram.sum };
  histogram.counts.fill(0);
  histogram.sum = 0;
  return taken;
}
