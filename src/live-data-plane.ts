/** The data plane of this process, where the parts that serve traffic meet: table in, sockets bound, requests answered. */
import type { DataPlane, DataPlaneDrain, ListenerStatus, UpstreamStatus } from "./data-plane.ts";
import type { Problem } from "./errors.ts";
import type { Interfaces } from "./lib/bind-addresses.ts";
import type { Codings } from "./lib/codings.ts";
import type { Digests } from "./lib/digest.ts";
import type { HttpCaller } from "./lib/http-call.ts";
import { inSlices, type Steps } from "./lib/steps.ts";
import { TimerWheel } from "./lib/timer-wheel.ts";
import { listenerProblem, missingInterfaces, unsettable, unsettableBacklog } from "./listener-problems.ts";
import { Listeners } from "./listeners/listeners.ts";
import { createAuthServices } from "./middlewares/auth/services.ts";
import type { MiddlewareRegistry } from "./middlewares/registry.ts";
import { Admission } from "./proxy/admission.ts";
import { type AppOptions, createServe, type Serve } from "./proxy/app.ts";
import { compileListener, type CompileOptions } from "./proxy/compile.ts";
import type { CompiledListener } from "./proxy/compiled.ts";
import type { ProxyLimits } from "./proxy/limits.ts";
import { ServedListener } from "./proxy/served-listener.ts";
import type { UpstreamConnection } from "./proxy/upstream-connection.ts";
import type { Runtime, Socket } from "./runtimes/runtime.ts";
import type { GatewaySettings, Listener, Protocol, Table } from "./table/table.ts";
import type { ExchangeObserver } from "./telemetry/record.ts";
import { UpstreamRegistry } from "./upstreams/upstream.ts";

export interface DataPlaneOptions {
  readonly runtime: Runtime;
  readonly observer: ExchangeObserver;
  readonly bind: string | undefined;
  /** Addresses of this machine, for listeners that are bound to interfaces. */
  interfaces(): Interfaces;
  readonly limits: ProxyLimits;
  readonly middlewares: MiddlewareRegistry;
  /** For what asks other servers, such as forward authentication. */
  readonly call: HttpCaller;
  readonly digests: Digests;
  readonly codings: Codings;
  /** A fault of our own or of a user's middleware, for the log. */
  report(error: unknown): void;
  /** `problems()` or `listeners()` have changed outside of `apply`. */
  changed(): void;
}

/** Connections that may wait for being accepted (data-plane spec 8.3). */
const DEFAULT_BACKLOG = 2048;

/** What can be served today. */
const SERVED: readonly Protocol[] = ["http"];

export function createDataPlane(options: DataPlaneOptions): DataPlane {
  return new LiveDataPlane(options);
}

class LiveDataPlane implements DataPlane {
  readonly #options: DataPlaneOptions;
  readonly #wheel = new TimerWheel();
  readonly #app: AppOptions;
  readonly #serve: Serve;
  readonly #upstreams: UpstreamRegistry<UpstreamConnection>;
  readonly #sockets: Listeners;
  /** By listener id. Those that are gone from the table stay until their last connection has ended. */
  #served: ReadonlyMap<string, ServedListener> = new Map();
  readonly #draining = new Set<ServedListener>();
  /** Of {@link #draining} those, by id, whose port is not released yet: what has connected already is still accepted. */
  readonly #leaving = new Map<string, ServedListener>();
  readonly #compileOptions: CompileOptions;
  readonly #admission: Admission;
  #gateway: GatewaySettings | undefined;
  #buildProblems: readonly Problem[] = [];

  constructor(options: DataPlaneOptions) {
    this.#options = options;
    const { runtime, limits, report } = options;
    this.#app = { runtime, limits, wheel: this.#wheel, report };
    this.#serve = createServe(this.#app);
    this.#admission = new Admission(limits);
    this.#upstreams = new UpstreamRegistry(limits);
    const { middlewares: registry, codings } = options;
    const middlewares = { registry, codings, auth: createAuthServices(options) };
    this.#compileOptions = { app: this.#app, upstreams: this.#upstreams, middlewares };
    this.#sockets = new Listeners({
      runtime,
      bind: options.bind,
      interfaces: () => options.interfaces(),
      accept: (id, socket) => this.#accept(id, socket),
      changed: () => options.changed(),
    });
  }

  async apply(table: Table): Promise<void> {
    const { listeners: compiled, takeUpstreams } = await inSlices(this.#compile(table));
    // From here to the end of the swap nothing else runs: no request sees half a change.
    takeUpstreams();
    const next = new Map<string, ServedListener>();
    const before = this.#served;
    for (const one of compiled) {
      const known = before.get(one.spec.id);
      if (known !== undefined) known.compiled = one;
      next.set(one.spec.id, known ?? this.#newListener(one));
    }
    this.#served = next;
    this.#buildProblems = [
      ...table.listeners.flatMap((spec) => this.#limitsOf(spec)),
      ...unique(compiled.flatMap(({ problems }) => problems)),
      ...unsettableBacklog(table.gateway, this.#options.runtime),
    ];
    const gone = [...before].filter(([id, listener]) => next.get(id) !== listener);
    for (const [id, listener] of gone) {
      this.#leaving.set(id, listener);
      this.#draining.add(listener);
      listener.drain();
    }
    const { listen } = table.gateway;
    const backlog = listen.backlog ?? DEFAULT_BACKLOG;
    const wanted = [...next.values()].map(({ compiled: { spec: { id, port } } }) => ({ id, port, backlog }));
    await this.#sockets.reconcile(wanted, listen);
    this.#gateway = table.gateway;
    for (const [id, listener] of gone) {
      if (this.#leaving.get(id) === listener) this.#leaving.delete(id);
      if (listener.connectionCount === 0) this.#draining.delete(listener);
    }
  }

  /** The listeners that can be served. What is served now is not touched. */
  *#compile(
    table: Table,
  ): Steps<{ readonly listeners: readonly CompiledListener[]; readonly takeUpstreams: () => void }> {
    const takeUpstreams = yield* this.#upstreams.prepare(table.upstreams);
    const listeners: CompiledListener[] = [];
    for (const spec of table.listeners) {
      if (!SERVED.includes(spec.protocol)) continue;
      const old = this.#served.get(spec.id)?.compiled;
      listeners.push(yield* compileListener(table.gateway, spec, old, this.#compileOptions));
    }
    return { listeners, takeUpstreams };
  }

  /** What of a listener cannot be served as it says; protocols that are not served at all are told by translation. */
  #limitsOf(spec: Listener): Problem[] {
    return SERVED.includes(spec.protocol) ? unsettable(spec, this.#options.runtime) : [];
  }

  listeners(): readonly ListenerStatus[] {
    const ports = new Map(this.#sockets.statuses.map((status) => [status.id, status]));
    const wanted = [...this.#served.values()].map((listener): ListenerStatus => {
      const { spec } = listener.compiled;
      const port = ports.get(spec.id);
      const failure = port?.failure ?? "";
      const pending = port?.pending ?? "";
      return {
        ...facts(listener),
        addresses: port?.addresses ?? [],
        state: failure !== ""
          ? "failed"
          : listener.draining
          ? "draining"
          : pending !== ""
          ? "pending"
          : "serving",
        reason: failure || pending,
      };
    });
    const leaving = [...this.#draining].map((listener): ListenerStatus => ({
      ...facts(listener),
      addresses: [],
      state: "draining",
      reason: "",
    }));
    return [...wanted, ...leaving];
  }

  upstreams(): readonly UpstreamStatus[] {
    return [...this.#upstreams.all.values()].map((upstream) => ({
      name: upstream.spec.name,
      policy: upstream.spec.balancing.policy,
      endpoints: upstream.endpoints.map(({ weight, pool }) => ({
        endpoint: pool.label,
        weight,
        resting: upstream.isResting(pool),
        active: pool.active,
        idle: pool.idleCount,
        requests: pool.requests,
        failures: pool.failures,
      })),
    }));
  }

  problems(): readonly Problem[] {
    const failed = this.#sockets.statuses.filter(({ failure }) => failure !== "").flatMap(
      ({ id, failure }) => {
        const listener = this.#served.get(id);
        return listener === undefined
          ? []
          : [listenerProblem(listener.compiled.spec, "ListenerFailed", "spec.port", failure)];
      },
    );
    const missing = this.#gateway === undefined
      ? []
      : missingInterfaces(this.#gateway, this.#sockets.missingInterfaces);
    return [...this.#buildProblems, ...missing, ...failed];
  }

  async drain({ delayMs, timeoutMs, handover }: DataPlaneDrain): Promise<void> {
    const idleMs = Math.min(this.#options.limits.drainIdleMs, delayMs + timeoutMs / 2);
    // Clients learn from their next answer, whoever balances in front of us from the readiness probe.
    for (const listener of this.#served.values()) listener.drain(idleMs);
    if (!handover) await sleep(delayMs);
    await this.#sockets.close();
    const all = [...this.#served.values(), ...this.#draining];
    const deadline = this.#wheel.now() + timeoutMs;
    while (this.#admission.open > 0 && this.#wheel.now() < deadline) await sleep(20);
    for (const listener of all) listener.destroy();
  }

  #accept(id: string, socket: Socket): void {
    const listener = this.#served.get(id) ?? this.#leaving.get(id);
    if (
      listener === undefined || !this.#admission.enter(socket.remoteAddress, listener.compiled.trustedProxies)
    ) {
      socket.destroy();
      return;
    }
    listener.accept(socket);
  }

  #newListener(compiled: CompiledListener): ServedListener {
    const { limits, observer, report } = this.#options;
    const listener: ServedListener = new ServedListener(compiled, {
      wheel: this.#wheel,
      limits,
      observer,
      report,
      serve: this.#serve,
      closed: (peerAddress) => {
        this.#admission.leave(peerAddress);
        if (listener.connectionCount === 0) this.#draining.delete(listener);
      },
    });
    return listener;
  }
}

function facts(
  listener: ServedListener,
): Pick<ListenerStatus, "id" | "name" | "port" | "protocol" | "connections"> {
  const { id, name, port, protocol } = listener.compiled.spec;
  return { id, name, port, protocol, connections: listener.connectionCount };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What several listeners inherit from one object is told once. */
function unique(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}
