/** TLS on `node:tls`, which is the same on Bun and Deno. */
import { connect, type ConnectionOptions } from "node:tls";
import { NodeSocket } from "./node-socket.ts";
import type { Dial, DialHandler, TlsConnectOptions } from "./runtime.ts";

export function connectTls(options: TlsConnectOptions, handler: DialHandler): Dial {
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
  };
  const stream = connect(settings, () => {
    if (settled) return;
    settled = true;
    stream.setNoDelay(true);
    handler.onConnect(new NodeSocket(stream));
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
