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

  /** Binds what is new and releases what is gone; resolves when every new port was tried once. Unchanged ports are left alone. */
  async reconcile(wanted: readonly WantedPort[]): Promise<void> {
    if (this.#closed) return;
    const ids = new Set(wanted.map(({ id }) => id));
    for (const [id, bound] of this.#bound) {
      if (ids.has(id)) continue;
      this.#release(bound);
      this.#bound.delete(id);
    }
    await Promise.all(
      wanted.filter(({ id }) => !this.#bound.has(id)).map((port) => {
        const bound: Bound = { wanted: port, sockets: [], failure: "", retry: undefined };
        this.#bound.set(port.id, bound);
        return this.#try(bound);
      }),
    );
  }

  /** Stops accepting on every port. */
  close(): void {
    this.#closed = true;
    for (const bound of this.#bound.values()) this.#release(bound);
  }

  async #try(bound: Bound): Promise<void> {
    const { id, port } = bound.wanted;
    try {
      const sockets = await this.#listen(id, port);
      // Released, or the program ended, while it was being bound.
      if (this.#closed || this.#bound.get(id) !== bound) return sockets.forEach((socket) => socket.close());
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
    if (bind !== undefined) return [await runtime.listenTcp({ host: bind, port }, take)];
    try {
      // One socket for both families.
      return [await runtime.listenTcp({ host: "::", port }, take)];
    } catch (error) {
      if (!isNoIpv6(error)) throw error;
      return [await runtime.listenTcp({ host: "0.0.0.0", port }, take)];
    }
  }

  #release(bound: Bound): void {
    clearTimeout(bound.retry);
    for (const socket of bound.sockets) socket.close();
    bound.sockets = [];
  }
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
