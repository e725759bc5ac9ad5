/**
 * Where requests are counted. A cell is found by small keys (route object, status and method), never by label text,
 * and carries its labels ready for printing.
 */
import type { Route } from "../../table/table.ts";
import { type LabelText, labelText } from "./family.ts";
import { type Histogram, newHistogram } from "./histogram.ts";

/** Values of the label `method`: a client must not be able to make series by inventing methods. */
export const METHODS = [
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "DELETE",
  "CONNECT",
  "OPTIONS",
  "TRACE",
  "PATCH",
  "OTHER",
] as const;
const METHOD_INDEX: ReadonlyMap<string, number> = new Map(METHODS.map((method, index) => [method, index]));

export function methodIndex(method: string): number {
  return METHOD_INDEX.get(method) ?? METHODS.length - 1;
}

/** Key of a {@link StatusCell}. */
export function statusKey(status: number, method: number): number {
  return status * METHODS.length + method;
}

export function splitStatusKey(key: number): { readonly status: number; readonly method: number } {
  return { status: Math.floor(key / METHODS.length), method: key % METHODS.length };
}

/** Exchanges of one route with one status and method. */
export interface StatusCell {
  count: number;
  requestBytes: number;
  responseBytes: number;
  readonly labels: LabelText;
  readonly albLabels: LabelText;
}

/** Exchanges of one route that were sent to one endpoint (or, after retries, to one list of them). */
export interface PeerCells {
  /** ALB's label `upstream_ip`. */
  readonly name: string;
  readonly counts: Map<number, PeerCount>;
  readonly duration: Histogram;
  readonly albLabels: LabelText;
}

export interface PeerCount {
  count: number;
  readonly albLabels: LabelText;
}

/** Identity of a route's series: two routes with equal identity share them. */
export interface RouteIdentity {
  readonly port: string;
  /** Name of the Frontend. */
  readonly listener: string;
  /** Name of the route, "" for requests that none matched. */
  readonly rule: string;
  /** `namespace/name`, "" likewise. */
  readonly route: string;
  /** As ALB labels it: empty for plain Rules. */
  readonly source: { readonly type: string; readonly namespace: string; readonly name: string };
}

export interface RouteCells {
  readonly identity: RouteIdentity;
  /** {@link Route.id}; "" for requests that no route matched. */
  readonly routeId: string;
  readonly statuses: Map<number, StatusCell>;
  readonly duration: Histogram;
  /** By ALB's label `upstream_ip`. */
  readonly peers: Map<string, PeerCells>;
  readonly labels: LabelText;
  readonly albLabels: LabelText;
}

/** Tries at the endpoints of one upstream. */
export interface UpstreamCells {
  attempts: number;
  retries: number;
  connectFailures: number;
  /** From pick to response head or failure. */
  readonly duration: Histogram;
  readonly labels: LabelText;
}

/** What ALB's label `upstream_ip` says when a route has had more values than {@link MAX_PEERS}. */
export const OTHER_PEERS = "other";
/** Endpoints come and go and retries combine them; without an end the series would have none either. */
export const MAX_PEERS = 500;

const PLAIN_RULE = { type: "", namespace: "", name: "" };

export function identityOf(port: number, listener: string, route: Route | undefined): RouteIdentity {
  if (route === undefined) {
    return { port: String(port), listener, rule: "", route: "", source: PLAIN_RULE };
  }
  const { type, namespace, name } = route.source;
  return {
    port: String(port),
    listener,
    rule: route.name,
    route: `${route.object.namespace}/${route.name}`,
    source: type === "rule" ? PLAIN_RULE : { type, namespace, name },
  };
}

/** Equal for equal identities; no name in Kubernetes holds a line feed. */
export function identityKey({ source, ...own }: RouteIdentity): string {
  return [...Object.values(own), ...Object.values(source)].join("\n");
}

export function newRouteCells(identity: RouteIdentity, routeId: string): RouteCells {
  const { listener, route, port, rule } = identity;
  return {
    identity,
    routeId,
    statuses: new Map(),
    duration: newHistogram(),
    peers: new Map(),
    labels: labelText({ listener, route }),
    albLabels: labelText({ port, rule, ...sourceLabels(identity) }),
  };
}

export function addStatusCell(
  { identity, statuses }: RouteCells,
  status: number,
  method: number,
): StatusCell {
  const { port, rule, listener, route } = identity;
  const code = String(status);
  const name = METHODS[method]!;
  const cell: StatusCell = {
    count: 0,
    requestBytes: 0,
    responseBytes: 0,
    labels: labelText({ listener, route, code, method: name }),
    albLabels: labelText({ port, rule, status: code, method: name, ...sourceLabels(identity) }),
  };
  statuses.set(statusKey(status, method), cell);
  return cell;
}

export function addPeerCells({ identity, peers }: RouteCells, endpoints: string): PeerCells {
  const name = peers.size < MAX_PEERS ? endpoints : OTHER_PEERS;
  const known = peers.get(name);
  if (known !== undefined) return known;
  const { port, rule } = identity;
  const added: PeerCells = {
    name,
    counts: new Map(),
    duration: newHistogram(),
    albLabels: labelText({ port, rule, upstream_ip: name, ...sourceLabels(identity) }),
  };
  peers.set(name, added);
  return added;
}

export function addPeerCount(
  { identity: { port, rule, ...rest } }: RouteCells,
  peer: PeerCells,
  status: number,
  method: number,
): PeerCount {
  const by = { upstream_ip: peer.name, status: String(status), method: METHODS[method]! };
  const cell: PeerCount = { count: 0, albLabels: labelText({ port, rule, ...by, ...sourceLabels(rest) }) };
  peer.counts.set(statusKey(status, method), cell);
  return cell;
}

export function newUpstreamCells(upstream: string): UpstreamCells {
  return {
    attempts: 0,
    retries: 0,
    connectFailures: 0,
    duration: newHistogram(),
    labels: labelText({ upstream }),
  };
}

function sourceLabels({ source }: Pick<RouteIdentity, "source">) {
  return { source_type: source.type, source_namespace: source.namespace, source_name: source.name };
}
