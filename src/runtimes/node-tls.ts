/** TLS on `node:tls`. */
import { connect, type ConnectionOptions } from "node:tls";
import { NodeSocket } from "./node-socket.ts";
import type { Dial, DialHandler, Socket, TlsConnectOptions } from "./runtime.ts";
import { streamOf } from "./socket-stream.ts";

/** @param transport a connection to the endpoint; without it `node:net` makes one */
export function connectTls(options: TlsConnectOptions, handler: DialHandler, transport?: Socket): Dial {
  const { host, port, serverName, verify, ca } = options;
  let settled = false;

  function fail(error: unknown): void {
    if (settled) return;
    settled = true;
    const { code, message } = error as { code?: unknown; message?: unknown };
    handler.onError(typeof code === "string" ? code : "EPROTO", String(message ?? error));
  }

  const settings: ConnectionOptions = {
    host,
    port,
    rejectUnauthorized: verify,
    ALPNProtocols: ["http/1.1"],
    ...(serverName === "" ? {} : { servername: serverName }),
    ...(ca === null ? {} : { ca }),
    ...(transport === undefined ? {} : { socket: streamOf(transport) }),
  };
  const stream = connect(settings, () => {
    if (settled) return;
    settled = true;
    if (transport === undefined) stream.setNoDelay(true);
    handler.onConnect(new NodeSocket(stream, transport));
  });
  stream.on("error", fail);
  stream.on("close", () => fail({ code: "ECONNRESET", message: "connection closed during the handshake" }));
  return {
    cancel() {
      if (settled) return;
      settled = true;
      stream.destroy();
    },
  };
}
