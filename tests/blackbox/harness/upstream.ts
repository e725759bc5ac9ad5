/** Recording upstream servers: raw sockets, scripted byte by byte or request by request. */
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { endpointOf, LOOPBACK } from "./addresses.ts";
import { type Field, readRequest, type Request } from "./message.ts";
import { type Connection, deadline, wrap } from "./wire.ts";

/** Answers one request: the bytes to send, or nothing when it has sent (or refused to send) them itself. */
export type Handler = (request: Request, connection: Connection) => string | void | Promise<string | void>;

export interface Upstream {
  readonly address: string;
  readonly port: number;
  /** `address:port` */
  readonly endpoint: string;
  /** Requests read so far, bodies included, over all connections. */
  readonly requests: readonly Request[];
  /** Connections accepted so far. */
  readonly connections: readonly Connection[];
  /** With `handler` null: connections in the order of their arrival, each handed out once. */
  nextConnection(): Promise<Connection>;
  /** Replaced by tests at will; null: nobody reads new connections, the test takes them from {@link nextConnection}. */
  handler: Handler | null;
  /** Stops listening and closes every connection. */
  close(): Promise<void>;
}

export interface UpstreamOptions {
  readonly address?: string;
  readonly port?: number;
  /** Listens on this Unix socket instead; `address` and `port` then only name it. */
  readonly path?: string;
  readonly handler?: Handler | null;
  /** Speaks TLS with this certificate; PEM. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** Starts an upstream that answers `200 ok` unless told otherwise. */
export async function startUpstream(options: UpstreamOptions = {}): Promise<Upstream> {
  const address = options.address ?? LOOPBACK;
  const requests: Request[] = [];
  const connections: Connection[] = [];
  const waiting: ((connection: Connection) => void)[] = [];
  const unclaimed: Connection[] = [];

  function accept(socket: Socket): void {
    const connection = wrap(socket);
    connections.push(connection);
    if (upstream.handler !== null) return void serve(upstream, requests, connection);
    const waiter = waiting.shift();
    if (waiter === undefined) unclaimed.push(connection);
    else waiter(connection);
  }
  const server = options.tls === undefined
    ? createServer({ allowHalfOpen: true, noDelay: true }, accept)
    : createTlsServer({ ...options.tls, ALPNProtocols: ["http/1.1"] }, accept);
  await listen(server, options.path ?? { host: address, port: options.port ?? 0 });
  const port = options.port ?? (server.address() as AddressInfo).port;

  const upstream: Upstream = {
    address,
    port,
    endpoint: endpointOf(address, port),
    requests,
    connections,
    handler: options.handler === undefined ? () => reply(200, [], "ok") : options.handler,
    nextConnection() {
      const ready = unclaimed.shift();
      if (ready !== undefined) return Promise.resolve(ready);
      const next = new Promise<Connection>((resolve) => waiting.push(resolve));
      return deadline(next, () => `upstream ${port} waiting for a connection (${connections.length} so far)`);
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const connection of connections) connection.close();
      await closed;
    },
  };
  return upstream;
}

/** The server name (SNI) that came with a connection to a TLS upstream; "" = none. */
export function serverNameOf({ socket }: Connection): string {
  return (socket as TLSSocket & { servername?: string | false }).servername || "";
}

/** Reads and answers requests until the peer leaves. */
async function serve(upstream: Upstream, requests: Request[], connection: Connection): Promise<void> {
  try {
    while (await connection.arrival()) {
      const request = await readRequest(connection);
      requests.push(request);
      const answer = await upstream.handler!(request, connection);
      if (typeof answer === "string") await connection.send(answer);
    }
  } catch {
    // The peer left within an exchange; what was read whole is recorded.
  } finally {
    connection.close();
  }
}

function listen(server: Server, where: string | { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(where, resolve);
  });
}

/** The bytes of a response with a Content-Length (unless the fields already frame it). */
export function reply(status: number, fields: readonly Field[] = [], body = ""): string {
  const framed = fields.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name));
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const length = framed || status === 204 || status === 304 ? "" : `Content-Length: ${body.length}\r\n`;
  return `HTTP/1.1 ${status} ${REASONS[status] ?? "Status"}\r\n${lines}${length}\r\n${body}`;
}

const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  204: "No Content",
  304: "Not Modified",
  404: "Not Found",
};
