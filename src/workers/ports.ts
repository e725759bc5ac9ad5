/**
 * Who may bind which port. All processes of an instance share their ports (SO_REUSEPORT), and so does the instance that
 * takes over; a port that others use must be found nevertheless. Therefore a port that nobody of ours has is tried
 * without sharing first.
 */
import type { ListenOptions, Runtime, Socket, TcpListener } from "../runtimes/runtime.ts";

/** Asked before a port is bound, told when it is released. */
export interface PortClaims {
  /** Rejects with the error of the attempt, which has a `code`. */
  claim(host: string, port: number): Promise<void>;
  release(host: string, port: number): void;
}

export class PortGuard {
  readonly #runtime: Runtime;
  /** By `host|port`: who has it, and how often (a port that is being closed may be opened again already). */
  readonly #holders = new Map<string, Map<object, number>>();
  readonly #trials = new Map<string, Promise<void>>();
  /** Ports of an instance that is being taken over. */
  #inherited: ReadonlySet<number>;
  readonly #isListenedOn: (port: number) => boolean;

  /** `isListenedOn`: a port that nobody listens on need not be tried. */
  constructor(
    runtime: Runtime,
    inherited: Iterable<number> = [],
    isListenedOn: (port: number) => boolean = () => true,
  ) {
    this.#runtime = runtime;
    this.#isListenedOn = isListenedOn;
    this.#inherited = new Set(inherited);
  }

  /** The other instance is gone: all ports are tried from now on. */
  inheritNothing(): void {
    this.#inherited = new Set();
  }

  /** `holder` stands for a process. */
  claimsOf(holder: object): PortClaims {
    return {
      claim: (host, port) => this.#claim(holder, host, port),
      release: (host, port) => this.#release(holder, keyOf(host, port)),
    };
  }

  /** The process is gone. */
  releaseAll(holder: object): void {
    for (const [key, holders] of this.#holders) {
      holders.delete(holder);
      if (holders.size === 0) this.#holders.delete(key);
    }
  }

  async #claim(holder: object, host: string, port: number): Promise<void> {
    const key = keyOf(host, port);
    if (!this.#isOurs(host, port) && this.#isListenedOn(port)) {
      let trial = this.#trials.get(key);
      if (trial === undefined) {
        trial = this.#try(host, port).finally(() => this.#trials.delete(key));
        this.#trials.set(key, trial);
      }
      await trial;
    }
    const holders = this.#holders.get(key) ?? new Map<object, number>();
    this.#holders.set(key, holders.set(holder, (holders.get(holder) ?? 0) + 1));
  }

  /** Whether trying the port would fail because of ourselves: every address stands in the way of each. */
  #isOurs(host: string, port: number): boolean {
    if (this.#inherited.has(port)) return true;
    const held = [...this.#holders.keys()].filter((key) => key.endsWith(`|${port}`));
    return held.some((key) =>
      isEvery(host) || key === keyOf(host, port) || isEvery(key.slice(0, key.indexOf("|")))
    );
  }

  /** Clients that come in this moment meet a port that is just being opened: they are cut off. */
  async #try(host: string, port: number): Promise<void> {
    const listener = await this.#runtime.listenTcp({ host, port }, (socket) => {
      socket.handler = NOBODY;
      socket.destroy();
    });
    await listener.close();
  }

  #release(holder: object, key: string): void {
    const holders = this.#holders.get(key);
    const count = holders?.get(holder);
    if (holders === undefined || count === undefined) return;
    if (count > 1) holders.set(holder, count - 1);
    else holders.delete(holder);
    if (holders.size === 0) this.#holders.delete(key);
  }
}

const NOBODY: Socket["handler"] = { onData() {}, onDrain() {}, onEnd() {}, onClose() {} };

function isEvery(host: string): boolean {
  return host === "::" || host === "0.0.0.0";
}

function keyOf(host: string, port: number): string {
  return `${host}|${port}`;
}

/** The same runtime, whose TCP ports are claimed and shared. */
export function sharePorts(runtime: Runtime, claims: PortClaims): Runtime {
  async function listenTcp(options: ListenOptions, take: (socket: Socket) => void): Promise<TcpListener> {
    const { host, port } = options;
    await claims.claim(host, port);
    try {
      const listener = await runtime.listenTcp({ ...options, reusePort: true }, take);
      return {
        host: listener.host,
        port: listener.port,
        async close() {
          await listener.close();
          claims.release(host, port);
        },
      };
    } catch (error) {
      claims.release(host, port);
      throw error;
    }
  }
  return { ...runtime, listenTcp };
}
