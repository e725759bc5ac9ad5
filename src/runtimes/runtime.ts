/**
 * The port behind which Bun and Deno differ. Everything outside `runtimes/` sees sockets only through these types.
 */

/** Receives what happens on a socket. Swapped when the socket changes its job (pooled, upgraded). */
export interface SocketHandler {
  /** `bytes` is valid only during the call: the runtime may reuse the memory. */
  onData(bytes: Uint8Array): void;
  /** Everything written so far has been handed to the kernel; called only after `write` answered false. */
  onDrain(): void;
  /**
   * The peer has sent its FIN; over TCP we can still write. Left out where `onClose` follows at once: on Bun after `end()`,
   * on Deno in TLS after a pause.
   */
  onEnd(): void;
  /** The socket is gone; called exactly once, with the error if there was one. */
  onClose(error: Error | undefined): void;
}

export interface Socket {
  handler: SocketHandler;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localPort: number;
  /** True once closed or destroyed: writes are dropped. */
  readonly closed: boolean;
  /** Bytes accepted by `write` that the kernel has not taken yet. */
  readonly pendingBytes: number;
  /**
   * Writes `bytes[start..end)`; what the kernel does not take at once is copied and queued, so the caller may reuse
   * the memory. False = stop writing until `onDrain`.
   */
  write(bytes: Uint8Array, start?: number, end?: number): boolean;
  /** Sends what is queued, then FIN. Reading goes on until the peer ends too. */
  end(): void;
  /** Sends what is queued, then closes. */
  close(): void;
  /** Closes at once; queued bytes are lost. */
  destroy(): void;
  /** Stops and restarts `onData`; the kernel's buffer then slows the peer down. */
  pause(): void;
  resume(): void;
  /** Returns false where the runtime cannot set it. */
  setKeepAlive(enable: boolean, idleMs: number): boolean;
}

export interface ListenOptions {
  /** Address without brackets. */
  readonly host: string;
  readonly port: number;
  /** Share the port with other processes (SO_REUSEPORT). */
  readonly reusePort?: boolean;
  readonly backlog?: number;
}

export interface TcpListener {
  readonly host: string;
  readonly port: number;
  /**
   * Accepts what waits in the kernel, which would be reset otherwise, and stops then; open connections stay. Resolves when
   * the port is free.
   */
  close(): Promise<void>;
}

export interface ConnectOptions {
  readonly host: string;
  readonly port: number;
}

export interface TlsConnectOptions extends ConnectOptions {
  /** Name that is asked for (SNI); "" = none, and then the certificate is to be for `host`. */
  readonly serverName: string;
  /** Whether the certificate must be valid. */
  readonly verify: boolean;
  /** PEM; null = the authorities that the runtime brings. */
  readonly ca: string | null;
}

/** A dial in progress. */
export interface Dial {
  /** Gives up; `onError` is not called afterwards. */
  cancel(): void;
}

export interface DialHandler {
  /** Must set `socket.handler` before it returns. */
  onConnect(socket: Socket): void;
  /** `code` is the errno name where known: `ECONNREFUSED`, `EHOSTUNREACH`, … */
  onError(code: string, message: string): void;
}

export interface Runtime {
  readonly name: "bun" | "deno" | "node";
  /** Whether {@link Socket.setKeepAlive} can set the idle time. */
  readonly setsKeepAliveIdle: boolean;
  /** `onConnection` must set `socket.handler` before it returns. Throws an error with `code` (`EADDRINUSE`, `EACCES`, …). */
  listenTcp(options: ListenOptions, onConnection: (socket: Socket) => void): Promise<TcpListener>;
  connectTcp(options: ConnectOptions, handler: DialHandler): Dial;
  /** Connects when the handshake is over; HTTP/1.1 is the only protocol offered (ALPN). */
  connectTls(options: TlsConnectOptions, handler: DialHandler): Dial;
}
