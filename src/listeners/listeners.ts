/** Keeps the ports that are bound equal to the ports that are wanted. */
import type { Runtime, Socket, TcpListener } from "../runtimes/runtime.ts";

export interface WantedPort {
  /** Listener id, see the table. */
  readonly id: string;
  readonly port: number;
}

export interface PortStatus {
  readonly id: string;
  readonly port: number;
  readonly addresses: readonly string[];
  /** Why it is not bound, "" when it is. */
  readonly failure: string;
}

export interface ListenersOptions {
  readonly runtime: Runtime;
  /** Replaces the wildcard address. */
  readonly bind: string | undefined;
  accept(id: string, socket: Socket): void;
  /** A port was bound or could not be. */
  changed(): void;
}

/** Connections that may wait to be accepted while the process is busy; the kernel's own limit may be lower. */
const BACKLOG = 4096;

/** How long after a failure a port is tried again. */
const RETRY_MS = 1000;

interface Bound {
  readonly wanted: WantedPort;
  sockets: readonly TcpListener[];
  failure: string;
  retry: ReturnType<typeof setTimeout> | undefined;
}

export class Listeners {
  readonly #options: ListenersOptions;
  readonly #bound = new Map<string, Bound>();
  /** Ports that are being released, by listener id. */
  readonly #releases = new Map<string, Promise<void>>();
  #closed = false;

  constructor(options: ListenersOptions) {
    this.#options = options;
  }

  get statuses(): readonly PortStatus[] {
    return [...this.#bound.values()].map(({ wanted, sockets, failure }) => ({
      id: wanted.id,
      port: wanted.port,
      addresses: sockets.map((socket) => socket.host),
      failure,
    }));
  }

  /**
   * Binds what is new and releases what is gone; resolves when every new port was tried once and what is gone is released.
   * Unchanged ports are left alone.
   */
  async reconcile(wanted: readonly WantedPort[]): Promise<void> {
    if (this.#closed) return;
    const ids = new Set(wanted.map(({ id }) => id));
    for (const [id, bound] of this.#bound) {
      if (ids.has(id)) continue;
      this.#bound.delete(id);
      void this.#release(bound);
    }
    await Promise.all([
      ...this.#releases.values(),
      ...wanted.filter(({ id }) => !this.#bound.has(id)).map((port) => {
        const bound: Bound = { wanted: port, sockets: [], failure: "", retry: undefined };
        this.#bound.set(port.id, bound);
        return this.#try(bound);
      }),
    ]);
  }

  /** Stops accepting on every port; resolves when that has happened. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#bound.values()].map((bound) => this.#release(bound)));
  }

  async #try(bound: Bound): Promise<void> {
    const { id, port } = bound.wanted;
    try {
      // It may have been wanted a moment ago, too.
      await this.#releases.get(id);
      const sockets = await this.#listen(id, port);
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

  async #listen(id: string, port: number): Promise<readonly TcpListener[]> {
    const { runtime, bind, accept } = this.#options;
    const take = (socket: Socket) => accept(id, socket);
    if (bind !== undefined) return [await runtime.listenTcp({ host: bind, port, backlog: BACKLOG }, take)];
    try {
      // One socket for both families.
      return [await runtime.listenTcp({ host: "::", port, backlog: BACKLOG }, take)];
    } catch (error) {
      if (!isNoIpv6(error)) throw error;
      return [await runtime.listenTcp({ host: "0.0.0.0", port, backlog: BACKLOG }, take)];
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
