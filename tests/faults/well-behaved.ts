/**
 * `well-behaved.ts HOST PORT RATE SECONDS`: asks at an even rate, whatever the answers take, over connections that it
 * keeps, and prints one line of JSON: requests, failures, and percentiles of the time from when a request was due.
 */
import { connect, type Socket } from "node:net";
import { percentile } from "./figures.ts";

const [host, port, rate, seconds] = [process.argv[2]!, ...process.argv.slice(3).map(Number)] as [
  string,
  number,
  number,
  number,
];
const CONNECTIONS = 20;
const REQUEST = "GET /good HTTP/1.1\r\nHost: a\r\n\r\n";

const times: number[] = [];
let failed = 0;
const idle: Keeper[] = [];
const waiting: number[] = [];

/** One connection, one request at a time. */
class Keeper {
  #socket: Socket | undefined;
  #due: number | undefined;
  #text = "";

  ask(due: number): void {
    this.#due = due;
    this.#text = "";
    this.#socket ??= this.#open();
    this.#socket.write(REQUEST);
  }

  close(): void {
    this.#socket?.destroy();
  }

  #open(): Socket {
    const socket = connect({ host, port, noDelay: true });
    socket.on("data", (piece) => {
      this.#text += piece.toString("latin1");
      if (!this.#text.endsWith("\r\n\r\nxxxx")) return;
      if (/^connection: close/im.test(this.#text)) this.#end();
      this.#done(this.#text.startsWith("HTTP/1.1 200 "));
    });
    const gone = () => {
      if (this.#socket !== socket) return;
      this.#end();
      this.#done(false);
    };
    socket.on("error", gone);
    socket.on("close", gone);
    return socket;
  }

  #end(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }

  #done(good: boolean): void {
    if (this.#due === undefined) return;
    if (good) times.push(performance.now() - this.#due);
    else failed++;
    this.#due = undefined;
    const due = waiting.shift();
    if (due === undefined) idle.push(this);
    else this.ask(due);
  }
}

for (let n = 0; n < CONNECTIONS; n++) idle.push(new Keeper());
const started = performance.now();
const total = rate * seconds;
let sent = 0;
while (sent < total || times.length + failed < total) {
  const now = performance.now();
  for (; sent < total && started + (1000 * sent) / rate <= now; sent++) {
    const due = started + (1000 * sent) / rate;
    const keeper = idle.pop();
    if (keeper === undefined) waiting.push(due);
    else keeper.ask(due);
  }
  if (now - started > 1000 * seconds + 15_000) break;
  await new Promise((resolve) => setTimeout(resolve, 1));
}
failed += total - times.length - failed;
console.log(
  JSON.stringify({ requests: total, failed, p50: percentile(times, 0.5), p99: percentile(times, 0.99) }),
);
process.exit();
