/**
 * `stuck-listener.ts HOST`: listens with the shortest queue and prints the port. Stopped with SIGSTOP it accepts nobody,
 * and once the queue is full, connecting times out. Run it with Deno: Bun has a queue of its own length.
 */
import { type AddressInfo, createServer } from "node:net";

const server = createServer();
server.listen({ host: process.argv[2]!, port: 0, backlog: 1 }, () => {
  console.log((server.address() as AddressInfo).port);
});
