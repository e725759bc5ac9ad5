/**
 * `stuck-listener.ts HOST`: listens with the shortest queue, prints the port and never accepts: connecting
 * times out. Run it with Deno: Bun has a queue of its own length.
 */
import { type AddressInfo, createServer } from "node:net";

const server = createServer();
server.listen({ host: process.argv[2]!, port: 0, backlog: 1 }, () => {
  console.log((server.address() as AddressInfo).port);
  // Off the event loop: a runtime that never returns to it never calls accept().
  setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 120_000), 10);
});
