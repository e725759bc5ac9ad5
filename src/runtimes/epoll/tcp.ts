/** Listening and dialling on the kernel's own calls. */
import { emptyQueue } from "../accept-queue.ts";
import { acceptQueue } from "../listening-sockets.ts";
import type { ConnectOptions, Dial, DialHandler, ListenOptions, Socket, TcpListener } from "../runtime.ts";
import type { Watcher } from "./event-loop.ts";
import type { Kernel } from "./kernel.ts";
import {
  AF_INET6,
  EAGAIN,
  ECONNABORTED,
  EINPROGRESS,
  EINVAL,
  EPOLLIN,
  EPOLLOUT,
  IPPROTO_IPV6,
  IPV6_V6ONLY,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  systemError,
} from "./libc.ts";
import { decodeSocketAddress, encodeSocketAddress, MAX_SOCKET_ADDRESS } from "./socket-address.ts";
import { TcpSocket } from "./tcp-socket.ts";

/** Connections that may wait for being accepted, unless somebody says otherwise. */
const BACKLOG = 511;
/** New connections that are accepted before others get their turn. */
const ACCEPTS = 64;
/** How long nobody is accepted when there is no descriptor left. */
const SHORTAGE_MS = 10;

// deno-lint-ignore require-await -- the port wants a rejected promise, not a thrown error
export async function listen(
  kernel: Kernel,
  { host, port, reusePort, backlog = BACKLOG }: ListenOptions,
  onConnection: (socket: Socket) => void,
): Promise<TcpListener> {
  const { libc, loop } = kernel;
  const address = encodeSocketAddress(host, port);
  if (address === undefined) throw Object.assign(new Error(`${host} is no address`), { code: "EINVAL" });
  const descriptor = libc.socket(address.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) throw systemError(libc.errno(), "socket");
  kernel.setOption(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
  if (reusePort === true) kernel.setOption(descriptor, SOL_SOCKET, SO_REUSEPORT, 1);
  if (address.family === AF_INET6) kernel.setOption(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  const acceptor = new Acceptor(kernel, descriptor, onConnection);
  const isOpen = libc.bind(descriptor, address.bytes, address.bytes.length) === 0 &&
    libc.listen(descriptor, backlog) === 0 && loop.watch(descriptor, EPOLLIN, acceptor);
  if (!isOpen) {
    const error = systemError(libc.errno(), `${host} port ${port}`);
    libc.close(descriptor);
    throw error;
  }
  const bound = kernel.localPort(descriptor);
  let closing: Promise<void> | undefined;
  const close = () =>
    closing ??= emptyQueue(() => acceptor.accepted, acceptQueue(host, bound)).then(() => acceptor.close());
  return { host, port: bound, close };
}

class Acceptor implements Watcher {
  accepted = 0;
  readonly #kernel: Kernel;
  readonly #descriptor: number;
  readonly #onConnection: (socket: Socket) => void;
  readonly #address = new Uint8Array(MAX_SOCKET_ADDRESS);
  readonly #length = new Uint8Array(4);
  #closed = false;

  constructor(kernel: Kernel, descriptor: number, onConnection: (socket: Socket) => void) {
    this.#kernel = kernel;
    this.#descriptor = descriptor;
    this.#onConnection = onConnection;
  }

  onReady(): void {
    for (let n = 0; n < ACCEPTS && this.#acceptOne(); n++);
  }

  /** Takes whoever waits at this moment, and nobody more. */
  close(): void {
    while (this.#acceptOne());
    this.#closed = true;
    this.#kernel.loop.unwatch(this.#descriptor);
    this.#kernel.libc.close(this.#descriptor);
  }

  #acceptOne(): boolean {
    const { libc, loop } = this.#kernel;
    new DataView(this.#length.buffer).setUint32(0, this.#address.length, true);
    const descriptor = libc.accept4(
      this.#descriptor,
      this.#address,
      this.#length,
      SOCK_NONBLOCK | SOCK_CLOEXEC,
    );
    if (descriptor < 0) {
      const errno = libc.errno();
      if (errno === EAGAIN) return false;
      if (errno === ECONNABORTED) return true;
      // Out of descriptors or memory: the listener itself is fine.
      loop.change(this.#descriptor, 0);
      setTimeout(() => this.#closed || loop.change(this.#descriptor, EPOLLIN), SHORTAGE_MS);
      return false;
    }
    this.accepted++;
    const { host, port } = decodeSocketAddress(this.#address);
    const socket = new TcpSocket(this.#kernel, descriptor, host, port);
    hand(socket, this.#onConnection);
    return true;
  }
}

export function connect(kernel: Kernel, { host, port }: ConnectOptions, handler: DialHandler): Dial {
  const { libc, loop } = kernel;
  let descriptor = -1;
  let settled = false;

  function fail(errno: number): void {
    if (settled) return;
    settled = true;
    release();
    const { code, message } = systemError(errno, "connect");
    handler.onError(code, message);
  }

  function release(): void {
    if (descriptor < 0) return;
    loop.unwatch(descriptor);
    libc.close(descriptor);
    descriptor = -1;
  }

  const failLater = (errno: number) => loop.afterTurn(() => fail(errno));
  function watch(dialled: number): void {
    const isWatched = loop.watch(dialled, EPOLLOUT, {
      onReady() {
        const errno = kernel.pendingError(dialled);
        if (errno !== 0) return fail(errno);
        settled = true;
        loop.unwatch(dialled);
        hand(new TcpSocket(kernel, dialled, host, port), (socket) => handler.onConnect(socket));
      },
    });
    if (!isWatched) failLater(libc.errno());
  }

  const address = encodeSocketAddress(host, port);
  if (address === undefined) failLater(EINVAL);
  else {
    descriptor = libc.socket(address.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const isBegun = descriptor >= 0 &&
      (libc.connect(descriptor, address.bytes, address.bytes.length) === 0 || libc.errno() === EINPROGRESS);
    if (isBegun) watch(descriptor);
    else failLater(libc.errno());
  }
  return {
    cancel() {
      if (settled) return;
      settled = true;
      release();
    },
  };
}

function hand(socket: TcpSocket, take: (socket: Socket) => void): void {
  try {
    take(socket);
    socket.start();
  } catch (error) {
    // Nobody knows what was left undone with it; the others have nothing to do with it.
    socket.destroy();
    reportError(error);
  }
}
