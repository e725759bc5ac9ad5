/**
 * Counts exchanges. Called once per request, so that nothing here builds a string or hashes labels once a route,
 * status and method have been seen. What the counts are called on `/metrics` is decided in `families.ts` and
 * `alb-families.ts`.
 */
import type { Listener, Route, Table } from "../../table/table.ts";
import type { ExchangeObserver, ExchangeRecord } from "../record.ts";
import { upstreamMs } from "../upstream-time.ts";
import {
  addPeerCells,
  addPeerCount,
  addStatusCell,
  identityKey,
  identityOf,
  methodIndex,
  METHODS,
  newRouteCells,
  newUpstreamCells,
  type PeerCells,
  type RouteCells,
  type RouteIdentity,
  statusKey,
  type UpstreamCells,
} from "./cells.ts";
import { observe } from "./histogram.ts";
import { pruneRoutes } from "./prune.ts";

/** What is counted by port: the gauges, and requests that no route matched. */
export interface PortCells {
  readonly port: number;
  connections: number;
  exchanges: number;
  /** Requests that no rule matched, by method. */
  readonly mismatches: number[];
  /** Responses that the gateway made itself, by error code. */
  readonly errors: Map<string, number>;
  /** For requests that matched no route; undefined until there was one. */
  unmatched: RouteCells | undefined;
}

const CONNECT_ERRORS: ReadonlySet<string> = new Set(["CONNECT_REFUSED", "CONNECT_FAILED", "CONNECT_TIMEOUT"]);
const MISMATCH_ERRORS: ReadonlySet<string> = new Set(["NO_RULE_MATCH", "EMPTY_POLICY"]);

/** Endpoints come and go while routes stay: so many tables later, series of those that are gone are forgotten. */
const TABLES_UNPRUNED = 100;

export class Traffic implements ExchangeObserver {
  readonly #ports = new Map<number, PortCells>();
  readonly #upstreams = new Map<string, UpstreamCells>();
  /** Keeps a route's counts over changes of the table that leave its labels alone. */
  readonly #routes = new Map<string, RouteCells>();
  /** The short way from a request to its cells. */
  #byRoute = new WeakMap<Route, RouteCells>();
  #table: Table | undefined;
  #listeners: ReadonlyMap<number, Listener> = new Map();
  /** Whether there may be series of routes, endpoints or upstreams that are gone. */
  #stale = false;
  /** Tables since the last pruning. */
  #unpruned = 0;

  exchangeEnded(record: ExchangeRecord): void {
    const { route, status, errorCode } = record;
    const port = this.portCells(record.listenerPort);
    const method = methodIndex(record.method);
    const cells = route === undefined
      ? port.unmatched ??= newRouteCells(this.#identity(record), "")
      : this.#byRoute.get(route) ?? this.#addRoute(route, record);
    const key = statusKey(status, method);
    const cell = cells.statuses.get(key) ?? addStatusCell(cells, status, method);
    cell.count++;
    cell.requestBytes += record.requestBytes;
    cell.responseBytes += record.responseBytes;
    observe(cells.duration, (record.endedAt - record.startedAt) / 1000);
    if (errorCode !== "") countError(port, errorCode, method);
    if (route === undefined) return;

    this.#countPeer(cells, record, key, method);
    if (route.upstream !== null && record.attempts.length > 0) this.#countAttempts(route.upstream, record);
  }

  /** Belongs to no route and has no method: the error count is all that can be said. */
  requestRefused({ listenerPort, errorCode }: ExchangeRecord): void {
    const { errors } = this.portCells(listenerPort);
    errors.set(errorCode, (errors.get(errorCode) ?? 0) + 1);
  }

  connectionChanged(listenerPort: number, delta: 1 | -1): void {
    this.portCells(listenerPort).connections += delta;
  }

  activeChanged(listenerPort: number, delta: 1 | -1): void {
    this.portCells(listenerPort).exchanges += delta;
  }

  /** Tells which routes, listeners and upstreams exist from now on. */
  tableApplied(table: Table): void {
    this.#table = table;
    this.#listeners = new Map(table.listeners.map((listener) => [listener.port, listener]));
    this.#byRoute = new WeakMap(); // a route that stays the same may have got other labels
    this.#stale = true;
    // Without a scraper nobody prunes; do it here before the dead outnumber the living.
    const alive = table.listeners.reduce((sum, listener) => sum + listener.routes.length, 0);
    if (this.#routes.size > alive || ++this.#unpruned >= TABLES_UNPRUNED) this.prune();
  }

  /** Forgets series of what the table no longer has. */
  prune(): void {
    if (!this.#stale || this.#table === undefined) return;
    this.#stale = false;
    this.#unpruned = 0;
    const table = this.#table;
    pruneRoutes(this.#routes, table);
    for (const name of this.#upstreams.keys()) {
      if (table.upstreams[name] === undefined) this.#upstreams.delete(name);
    }
    for (const [port, cells] of this.#ports) {
      const name = this.#listeners.get(port)?.name;
      if (cells.unmatched?.identity.listener !== name) cells.unmatched = undefined;
      if (name === undefined && cells.connections === 0 && cells.exchanges === 0) this.#ports.delete(port);
    }
  }

  routes(): Iterable<RouteCells> {
    return this.#routes.values();
  }

  ports(): Iterable<PortCells> {
    return this.#ports.values();
  }

  upstreams(): Iterable<UpstreamCells> {
    return this.#upstreams.values();
  }

  upstreamNames(): Iterable<string> {
    return this.#upstreams.keys();
  }

  /** Cells are made when they are first asked for. An exchange that outlived its route must not bring its series back for long. */
  routeCells(identity: RouteIdentity, routeId: string): RouteCells {
    const key = identityKey(identity);
    let cells = this.#routes.get(key);
    if (cells === undefined) {
      cells = newRouteCells(identity, routeId);
      this.#routes.set(key, cells);
      this.#stale = true;
    }
    return cells;
  }

  peerCells(cells: RouteCells, endpoints: string): PeerCells {
    const known = cells.peers.get(endpoints);
    if (known !== undefined) return known;
    this.#stale = true;
    return addPeerCells(cells, endpoints);
  }

  upstreamCells(name: string): UpstreamCells {
    let cells = this.#upstreams.get(name);
    if (cells === undefined) {
      cells = newUpstreamCells(name);
      this.#upstreams.set(name, cells);
      this.#stale = true;
    }
    return cells;
  }

  portCells(port: number): PortCells {
    return this.#ports.get(port) ?? this.#addPort(port);
  }

  /** Name of the Frontend on a port; "" when the table has none. */
  listenerName(port: number): string {
    return this.#listeners.get(port)?.name ?? "";
  }

  #addPort(port: number): PortCells {
    const cells: PortCells = {
      port,
      connections: 0,
      exchanges: 0,
      mismatches: new Array<number>(METHODS.length).fill(0),
      errors: new Map(),
      unmatched: undefined,
    };
    this.#ports.set(port, cells);
    this.#stale = true;
    return cells;
  }

  /** An exchange may have begun under an older table, but counts under the names of today. */
  #identity({ listenerPort, listenerName, route }: ExchangeRecord): RouteIdentity {
    return identityOf(listenerPort, this.#listeners.get(listenerPort)?.name ?? listenerName, route);
  }

  #addRoute(route: Route, record: ExchangeRecord): RouteCells {
    const cells = this.routeCells(this.#identity(record), route.id);
    this.#byRoute.set(route, cells);
    return cells;
  }

  #countPeer(cells: RouteCells, record: ExchangeRecord, key: number, method: number): void {
    const { attempts } = record;
    const name = attempts.length === 1
      ? attempts[0]!.endpoint
      : attempts.map(({ endpoint }) => endpoint).join(", ");
    const peer = this.peerCells(cells, name);
    const count = peer.counts.get(key) ?? addPeerCount(cells, peer, record.status, method);
    count.count++;
    observe(peer.duration, upstreamMs(record) / 1000);
  }

  #countAttempts(upstream: string, { attempts }: ExchangeRecord): void {
    const cells = this.upstreamCells(upstream);
    cells.attempts += attempts.length;
    cells.retries += attempts.length - 1;
    for (const attempt of attempts) {
      observe(cells.duration, attempt.headMs / 1000);
      if (attempt.error !== "" && CONNECT_ERRORS.has(attempt.error)) cells.connectFailures++;
    }
  }
}

function countError(port: PortCells, code: string, method: number): void {
  if (MISMATCH_ERRORS.has(code)) port.mismatches[method]!++;
  port.errors.set(code, (port.errors.get(code) ?? 0) + 1);
}
