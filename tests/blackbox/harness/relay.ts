/**
 * Runs inside a network namespace and lends its sockets to the test process outside: Unix sockets reach across
 * namespaces, TCP does not. `relay.ts SOCKET`; every connection to SOCKET starts with one line:
 *
 *     dial FROM|- HOST PORT      answered by a line, empty or an error code; then bytes are passed both ways
 *     listen HOST PORT PATH      passes every connection to HOST PORT on to the Unix socket PATH
 */
import { connect, createServer, type Socket } from "node:net";

const HALF_OPEN = { allowHalfOpen: true } as const;

createServer(HALF_OPEN, (control) => {
  control.on("error", () => control.destroy());
  control.once("data", (line: Uint8Array) => {
    control.pause();
    const [command, ...args] = line.toString().trim().split(" ") as [string, string, string, string];
    if (command === "dial") dial(control, ...args as [string, string, string]);
    else listen(control, ...args as [string, string, string]);
  });
}).listen(process.argv[2]!);

function dial(control: Socket, from: string, host: string, port: string): void {
  const source = from === "-" ? {} : { localAddress: from };
  const peer = connect({ host, port: Number(port), ...source, ...HALF_OPEN });
  const refuse = (error: Error & { code?: string }) => control.end(`${error.code ?? error.message}\n`);
  peer.once("error", refuse);
  peer.once("connect", () => {
    peer.off("error", refuse);
    control.write("\n");
    join(control, peer);
  });
}

function listen(control: Socket, host: string, port: string, path: string): void {
  createServer(HALF_OPEN, (socket) => join(socket, connect({ path, ...HALF_OPEN })))
    .on("error", (error: Error) => control.end(`${error.message}\n`))
    .listen(Number(port), host, () => control.end("\n"));
}

function join(a: Socket, b: Socket): void {
  for (const [one, other] of [[a, b], [b, a]] as const) {
    one.pipe(other);
    one.on("error", () => other.destroy());
    one.on("close", () => other.destroySoon());
  }
}
