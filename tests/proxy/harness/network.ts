/**
 * A network in memory that keeps the contract of the socket port, with everything that is chance on a real one in the
 * hands of the test: when bytes arrive and in what parts, what the kernel takes, who closes when.
 */
import assert from "node:assert/strict";
import type {
  ConnectOptions,
  Dial,
  DialHandler,
  Runtime,
  Socket,
  SocketHandler,
} from "../../../src/runtimes/runtime.ts";

const UNOWNED: SocketHandler = { onData() {}, onDrain() {}, onEnd() {}, onClose() {} };

/** The gateway's end of a connection, and through {@link Peer} the other. */
class MemorySocket implements Socket {
  handler: SocketHandler = UNOWNED;
  closed = false;
  paused = false;
  /** What the peer has received. */
  sent = "";
  /** Bytes that the kernel still takes. */
  room = Infinity;
  finSent = false;
  #queue = "";
  #mustDrain = false;
  #afterFlush: "nothing" | "end" | "close" = "nothing";
  readonly #arriving: (string | "fin")[] = [];
  #finReceived = false;
  #delivering = false;

  constructor(
    readonly remoteAddress: string,
    readonly remotePort: number,
    readonly localPort: number,
    readonly network: Network,
  ) {}

  get pendingBytes(): number {
    return this.#queue.length;
  }

  write(bytes: Uint8Array, start = 0, end = bytes.length): boolean {
    if (this.closed || this.#afterFlush !== "nothing") return true;
    this.#queue += latin1(bytes.subarray(start, end));
    this.#flush();
    if (this.#queue === "") return true;
    this.#mustDrain = true;
    return false;
  }

  end(): void {
    if (this.closed || this.#afterFlush !== "nothing") return;
    this.#afterFlush = "end";
    this.#flush();
  }

  close(): void {
    if (this.closed) return;
    this.#afterFlush = "close";
    this.#flush();
  }

  destroy(): void {
    this.gone(undefined);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.network.later(() => this.#deliver());
  }

  setKeepAlive(): boolean {
    return true;
  }

  /** The kernel takes `bytes` more. */
  take(bytes: number): void {
    this.room += bytes;
    this.#flush();
    if (this.#queue !== "" || !this.#mustDrain || this.#afterFlush !== "nothing" || this.closed) return;
    this.#mustDrain = false;
    this.handler.onDrain();
  }

  arrive(what: string): void {
    this.#arriving.push(what);
    this.#deliver();
  }

  /** The connection ends, with the peer's reset or our own destroy. */
  gone(error: Error | undefined): void {
    if (this.closed) return;
    this.closed = true;
    this.finSent = true;
    this.#queue = "";
    this.handler.onClose(error);
  }

  #flush(): void {
    const taken = this.#queue.slice(0, this.room);
    this.sent += taken;
    this.room -= taken.length;
    this.#queue = this.#queue.slice(taken.length);
    if (this.#queue !== "") return;
    if (this.#afterFlush === "close") this.gone(undefined);
    else if (this.#afterFlush === "end") {
      this.finSent = true;
      if (this.#finReceived) this.network.later(() => this.gone(undefined));
    }
  }

  #deliver(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    while (!this.paused && !this.closed) {
      const next = this.#arriving.shift();
      if (next === undefined) break;
      if (next === "fin") {
        this.#finReceived = true;
        this.handler.onEnd();
        if (this.finSent) this.network.later(() => this.gone(undefined));
      } else {
        const bytes = fromLatin1(next);
        this.handler.onData(bytes);
        // "Valid during the call": whoever kept it sees this.
        bytes.fill(0x23);
      }
    }
    this.#delivering = false;
  }
}

/** The other end of a connection of the gateway: a client, or an upstream. */
export class Peer {
  readonly #socket: MemorySocket;
  #read = 0;

  constructor(socket: MemorySocket) {
    this.#socket = socket;
  }

  /** Sends each part as a delivery of its own. */
  send(...parts: string[]): this {
    for (const part of parts) this.#socket.arrive(part);
    return this;
  }

  /** Sends FIN. */
  end(): this {
    this.#socket.arrive("fin");
    return this;
  }

  reset(): void {
    this.#socket.gone(new Error("connection reset by peer"));
  }

  /** From now on the kernel takes `bytes` and no more until {@link take}. */
  limit(bytes: number): this {
    this.#socket.room = bytes;
    return this;
  }

  /** Takes `bytes` more of what the gateway has written. */
  take(bytes: number): this {
    this.#socket.take(bytes);
    return this;
  }

  /** What arrived since the last call. */
  read(): string {
    const text = this.#socket.sent.slice(this.#read);
    this.#read += text.length;
    return text;
  }

  /** Everything that ever arrived. */
  get received(): string {
    return this.#socket.sent;
  }

  /** Bytes that the gateway has written and the kernel did not take. */
  get pending(): number {
    return this.#socket.pendingBytes;
  }

  /** Whether the gateway reads what is sent. */
  get paused(): boolean {
    return this.#socket.paused;
  }

  /** Whether the gateway has sent its FIN (or closed). */
  get ended(): boolean {
    return this.#socket.finSent;
  }

  /** Whether the gateway has closed. */
  get closed(): boolean {
    return this.#socket.closed;
  }
}

/** A dial of the gateway that waits for its outcome. */
export interface Dialled {
  readonly host: string;
  readonly port: number;
  readonly cancelled: boolean;
  accept(): Peer;
  refuse(code?: string): void;
}

export class Network {
  /** Dials that were neither accepted nor refused nor cancelled. */
  readonly dials: Dialled[] = [];
  #accept: ((socket: Socket) => void) | undefined;
  #later: (() => void)[] = [];
  #port = 40000;
  readonly #peers: Peer[] = [];

  readonly runtime: Runtime = {
    name: "node",
    setsKeepAliveIdle: true,
    listenTcp: (options, onConnection) => {
      this.#accept = onConnection;
      return Promise.resolve({ host: options.host, port: options.port, close: () => Promise.resolve() });
    },
    connectTcp: (options, handler) => this.#dial(options, handler),
    connectTls: (options, handler) => this.#dial(options, handler),
  };

  /** Does `step` when the present one is over, as an event loop would. */
  later(step: () => void): void {
    this.#later.push(step);
  }

  /** Connects a client to the gateway. */
  client(address = "203.0.113.9"): Peer {
    assert.ok(this.#accept !== undefined, "nobody listens");
    const socket = new MemorySocket(address, this.#port++, 80, this);
    this.#accept(socket);
    return this.#add(socket);
  }

  /** Takes the connections of a listener that is not in the table of this network. */
  listen(accept: (socket: Socket) => void): void {
    this.#accept = accept;
  }

  /** The oldest dial. */
  dial(): Dialled {
    const dial = this.dials.shift();
    assert.ok(dial !== undefined, "the gateway dials");
    return dial;
  }

  /** Runs until nothing is left to do, promises included. */
  async settle(): Promise<void> {
    for (let idle = 0; idle < 3; idle++) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      for (let step = this.#later.shift(); step !== undefined; step = this.#later.shift()) {
        idle = 0;
        step();
      }
    }
  }

  /** Runs what waits, promises excluded. */
  flush(): void {
    for (let step = this.#later.shift(); step !== undefined; step = this.#later.shift()) step();
  }

  /** Connections that are open. */
  get open(): number {
    return this.#peers.filter((peer) => !peer.closed).length;
  }

  #add(socket: MemorySocket): Peer {
    const peer = new Peer(socket);
    this.#peers.push(peer);
    return peer;
  }

  #dial({ host, port }: ConnectOptions, handler: DialHandler): Dial {
    const forget = () => {
      const index = this.dials.indexOf(dial);
      if (index !== -1) this.dials.splice(index, 1);
    };
    const dial = {
      host,
      port,
      cancelled: false,
      accept: (): Peer => {
        forget();
        const socket = new MemorySocket(host, port, this.#port++, this);
        const peer = this.#add(socket);
        if (dial.cancelled) socket.destroy();
        else handler.onConnect(socket);
        return peer;
      },
      refuse: (code = "ECONNREFUSED") => {
        forget();
        if (!dial.cancelled) handler.onError(code, "refused by the test");
      },
    };
    this.dials.push(dial);
    return {
      cancel() {
        dial.cancelled = true;
        forget();
      },
    };
  }
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return text;
}

function fromLatin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
