/** The counts of several processes as one. */
import { addPeerCount, addStatusCell, newRouteCells, type RouteCells, splitStatusKey } from "./cells.ts";
import type { RouteDelta, TrafficDelta } from "./delta.ts";
import type { Histogram } from "./histogram.ts";
import type { Traffic } from "./traffic.ts";

/** What one process says of its gauges, by port. */
type Gauges = Map<number, { readonly connections: number; readonly exchanges: number }>;

/** Adds up what other processes count; what one has told stays counted when it is gone. */
export class TrafficSum {
  readonly #traffic: Traffic;
  readonly #gauges = new Map<object, Gauges>();

  constructor(traffic: Traffic) {
    this.#traffic = traffic;
  }

  /** `teller` stands for the process. */
  add(teller: object, { routes, ports, upstreams }: TrafficDelta): void {
    const traffic = this.#traffic;
    for (const route of routes) addRoute(traffic, traffic.routeCells(route.identity, route.routeId), route);
    for (const port of ports) {
      const cells = traffic.portCells(port.port);
      for (const [method, count] of port.mismatches.entries()) cells.mismatches[method]! += count;
      for (const [code, count] of port.errors) cells.errors.set(code, (cells.errors.get(code) ?? 0) + count);
      if (port.unmatched === null) continue;
      cells.unmatched ??= newRouteCells(port.unmatched.identity, "");
      addRoute(traffic, cells.unmatched, port.unmatched);
    }
    for (const { name, attempts, retries, connectFailures, duration } of upstreams) {
      const cells = traffic.upstreamCells(name);
      cells.attempts += attempts;
      cells.retries += retries;
      cells.connectFailures += connectFailures;
      addHistogram(cells.duration, duration);
    }
    this.#countGauges(teller, -1);
    this.#gauges.set(teller, new Map(ports.map((port) => [port.port, port])));
    this.#countGauges(teller, 1);
  }

  /** The process is gone, and with it its connections. */
  forget(teller: object): void {
    this.#countGauges(teller, -1);
    this.#gauges.delete(teller);
  }

  #countGauges(teller: object, sign: 1 | -1): void {
    for (const [port, { connections, exchanges }] of this.#gauges.get(teller) ?? []) {
      const cells = this.#traffic.portCells(port);
      cells.connections += sign * connections;
      cells.exchanges += sign * exchanges;
    }
  }
}

function addRoute(traffic: Traffic, cells: RouteCells, delta: RouteDelta): void {
  for (const [key, count, requestBytes, responseBytes] of delta.statuses) {
    const { status, method } = splitStatusKey(key);
    const cell = cells.statuses.get(key) ?? addStatusCell(cells, status, method);
    cell.count += count;
    cell.requestBytes += requestBytes;
    cell.responseBytes += responseBytes;
  }
  addHistogram(cells.duration, delta.duration);
  for (const { name, counts, duration } of delta.peers) {
    const peer = traffic.peerCells(cells, name);
    for (const [key, count] of counts) {
      const { status, method } = splitStatusKey(key);
      (peer.counts.get(key) ?? addPeerCount(cells, peer, status, method)).count += count;
    }
    addHistogram(peer.duration, duration);
  }
}

function addHistogram(histogram: Histogram, { counts, sum }: Histogram): void {
  for (const [bucket, count] of counts.entries()) histogram.counts[bucket]! += count;
  histogram.sum += sum;
}
