/** A WebSocket echo server of the test runtime's own make: a real peer, not ours. */
import { LOOPBACK } from "./addresses.ts";

export interface WebSocketServer {
  /** `address:port` */
  readonly endpoint: string;
  close(): Promise<void>;
}

/** What this file uses of the two runtimes. */
interface Globals {
  readonly Bun?: {
    serve(options: unknown): { readonly port: number; stop(force: boolean): Promise<void> };
  };
  readonly Deno?: {
    serve(options: unknown, handler: (request: Request) => Response): {
      readonly addr: { readonly port: number };
      shutdown(): Promise<void>;
    };
    upgradeWebSocket(request: Request): { socket: WebSocket; response: Response };
  };
}

/** Echoes every message; the message `close` is answered by closing with code 4001 and reason `asked`. */
export function startWebSocketServer(): WebSocketServer {
  const { Bun, Deno } = globalThis as Globals;
  if (Bun !== undefined) return onBun(Bun);
  return onDeno(Deno!);
}

function onBun(bun: NonNullable<Globals["Bun"]>): WebSocketServer {
  const server = bun.serve({
    hostname: LOOPBACK,
    port: 0,
    fetch: (request: Request, self: { upgrade(request: Request): boolean }) =>
      self.upgrade(request) ? undefined : new Response("not a WebSocket", { status: 400 }),
    websocket: {
      maxPayloadLength: 64 * 1024 * 1024,
      message(
        socket: { send(data: unknown): void; close(code: number, reason: string): void },
        data: unknown,
      ) {
        if (data === "close") socket.close(4001, "asked");
        else socket.send(data);
      },
    },
  });
  return { endpoint: `${LOOPBACK}:${server.port}`, close: () => server.stop(true) };
}

function onDeno(deno: NonNullable<Globals["Deno"]>): WebSocketServer {
  const options = { hostname: LOOPBACK, port: 0, onListen: () => {} };
  const server = deno.serve(options, (request) => {
    if (request.headers.get("upgrade") !== "websocket") {
      return new Response("not a WebSocket", { status: 400 });
    }
    const { socket, response } = deno.upgradeWebSocket(request);
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => data === "close" ? socket.close(4001, "asked") : socket.send(data);
    return response;
  });
  return { endpoint: `${LOOPBACK}:${server.addr.port}`, close: () => server.shutdown() };
}
