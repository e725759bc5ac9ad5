/** Keeps the ports that are bound equal to the ports that are wanted. */
import { bindAddresses, type Interfaces, isEveryAddress } from "../lib/bind-addresses.ts";
import type { Runtime, Socket, TcpListener } from "../runtimes/runtime.ts";
import type { ListenSettings } from "../table/table.ts";

export interface WantedPort {
  /** Listener id, see the table. */
  readonly id: string;
  readonly port: number;
  /** Connections that may wait for being accepted; absent = as the runtime has it. */
  readonly backlog?: number;
}

export interface PortStatus {
  readonly id: string;
  readonly port: number;
  readonly addresses: readonly string[];
  /** Why it could not be bound, "" when that is not so. */
  readonly failure: string;
  /** What is waited for while it is neither bound nor failed, else "". */
  readonly pending: string;
}

export interface ListenersOptions {
  readonly runtime: Runtime;
  /** Replaces the wildcard address. */
  readonly bind: string | undefined;
  /** Addresses of this machine, asked for when interfaces are to be bound. */
  interfaces(): Interfaces;
  accept(id: string, socket: Socket): void;
  /** A port was bound or could not be. */
  changed(): void;
}

/** How long after a failure a port is tried again. */
const RETRY_MS = 1000;
/** How often interfaces are looked at again, when they are to be bound: addresses come and go. */
const INTERFACES_MS = 5000;
const EVERY_ADDRESS = "::";
const EVERY_V4 = "0.0.0.0";

interface Bound {
  readonly wanted: WantedPort;
  /** Undefined = nothing may be bound. */
  readonly hosts: readonly string[] | undefined;
  sockets: readonly TcpListener[];
  failure: string;
  retry: ReturnType<typeof setTimeout> | undefined;
}

export class Listeners {
  readonly #options: ListenersOptions;
  readonly #bound = new Map<string, Bound>();
  /** Ports that are being released, by listener id. */
  readonly #releases = new Map<string, Promise<void>>();
  #wanted: readonly WantedPort[] = [];
  #settings: ListenSettings = { nics: [], ipv6: true, backlog: null };
  #watch: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(options: ListenersOptions) {
    this.#options = options;
  }

  get statuses(): readonly PortStatus[] {
    return [...this.#bound.values()].map((bound) => ({
      id: bound.wanted.id,
      port: bound.wanted.port,
      addresses: bound.sockets.map((socket) => socket.host),
      failure: bound.failure,
      pending: pendingText(bound),
    }));
  }

  /** Names of interfaces that were to be bound and that this machine does not have. */
  get missingInterfaces(): readonly string[] {
    const { nics } = this.#settings;
    if (this.#options.bind !== undefined || nics === null || nics.length === 0) return [];
    const interfaces = this.#options.interfaces();
    return nics.filter((nic) => interfaces[nic] === undefined);
  }

  /**
   * Binds what is new, releases what is gone, and binds anew what is bound otherwise than it should be; resolves when every
   * new port was tried once and what is gone is released. Unchanged ports are left alone.
   */
  async reconcile(
    wanted: readonly WantedPort[],
    settings: ListenSettings = this.#settings,
  ): Promise<void> {
    if (this.#closed) return;
    this.#wanted = wanted;
    this.#settings = settings;
    this.#watchInterfaces();
    const hosts = this.#hosts();
    const byId = new Map(wanted.map((port) => [port.id, port]));
    for (const [id, bound] of this.#bound) {
      if (byId.get(id)?.backlog === bound.wanted.backlog && byId.has(id) && `${bound.hosts}` === `${hosts}`) {
        continue;
      }
      this.#bound.delete(id);
      void this.#release(bound);
    }
    await Promise.all([
      ...this.#releases.values(),
      ...wanted.filter(({ id }) => !this.#bound.has(id)).map((port) => {
        const bound: Bound = {
          wanted: port,
          hosts,
          sockets: [],

          failure: "",
          retry: undefined,
        };
        this.#bound.set(port.id, bound);
        return this.#try(bound);
      }),
    ]);
  }

  /** Stops accepting on every port; resolves when that has happened. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#watch);
    await Promise.all([...this.#bound.values()].map((bound) => this.#release(bound)));
  }

  #watchInterfaces(): void {
    clearTimeout(this.#watch);
    const { nics } = this.#settings;
    if (this.#options.bind !== undefined || nics === null || nics.length === 0) return;
    this.#watch = setTimeout(() => void this.reconcile(this.#wanted), INTERFACES_MS);
  }

  /** Where ports are bound; one address for everything where both families are open. */
  #hosts(): readonly string[] | undefined {
    const { bind, interfaces } = this.#options;
    if (bind !== undefined) return [bind];
    const { nics, ipv6 } = this.#settings;
    if (nics === null) return undefined;
    const found = bindAddresses(nics, nics.length === 0 ? {} : interfaces(), ipv6);
    return isEveryAddress(found) ? [EVERY_ADDRESS] : [...found.v4, ...found.v6];
  }

  async #try(bound: Bound): Promise<void> {
    const { id, port } = bound.wanted;
    if (bound.hosts === undefined) {
      bound.failure = "the ALB2's spec.config.bindNIC cannot be read";
      return this.#options.changed();
    }
    try {
      // It may have been wanted a moment ago, too.
      await this.#releases.get(id);
      const sockets = await this.#listen(bound.wanted, bound.hosts);
      // Released, or the program ended, while it was being bound.
      if (this.#closed || this.#bound.get(id) !== bound) return await closeAll(sockets);
      bound.sockets = sockets;
      bound.failure = "";
    } catch (error) {
      if (this.#closed || this.#bound.get(id) !== bound) return;
      bound.failure = failureText(port, error);
      bound.retry = setTimeout(() => void this.#try(bound), RETRY_MS);
    }
    this.#options.changed();
  }

  /** All of the addresses or none. */
  async #listen(wanted: WantedPort, hosts: readonly string[]): Promise<readonly TcpListener[]> {
    const sockets: TcpListener[] = [];
    try {
      for (const host of hosts) sockets.push(await this.#listenAt(wanted, host));
      return sockets;
    } catch (error) {
      await closeAll(sockets);
      throw error;
    }
  }

  async #listenAt({ id, port, backlog }: WantedPort, host: string): Promise<TcpListener> {
    const { runtime, bind, accept } = this.#options;
    const options = { port, ...(backlog === undefined ? {} : { backlog }) };
    const take = (socket: Socket) => accept(id, socket);
    try {
      return await runtime.listenTcp({ ...options, host }, take);
    } catch (error) {
      if (bind !== undefined || host !== EVERY_ADDRESS || !isNoIpv6(error)) throw error;
      return await runtime.listenTcp({ ...options, host: EVERY_V4 }, take);
    }
  }

  async #release(bound: Bound): Promise<void> {
    const { wanted: { id }, sockets } = bound;
    clearTimeout(bound.retry);
    bound.sockets = [];
    const released = closeAll(sockets);
    this.#releases.set(id, released);
    await released;
    if (this.#releases.get(id) === released) this.#releases.delete(id);
  }
}

async function closeAll(sockets: readonly TcpListener[]): Promise<void> {
  await Promise.all(sockets.map((socket) => socket.close()));
}

function codeOf(error: unknown): string {
  return (error as { code?: string }).code ?? "";
}

function isNoIpv6(error: unknown): boolean {
  return ["EAFNOSUPPORT", "EADDRNOTAVAIL", "EPROTONOSUPPORT"].includes(codeOf(error));
}

function pendingText({ wanted: { port }, sockets, failure }: Bound): string {
  return failure === "" && sockets.length === 0 ? `port ${port} is being bound` : "";
}

function failureText(port: number, error: unknown): string {
  switch (codeOf(error)) {
    case "EADDRINUSE":
      return `port ${port} is in use by another process; it is tried again every second`;
    case "EACCES":
      return `no permission to bind port ${port}`;
    default:
      return `port ${port} cannot be bound: ${error instanceof Error ? error.message : String(error)}`;
  }
}
