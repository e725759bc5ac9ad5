/**
 * `attacker.ts HOST PORT ATTACK CLIENTS PERIOD_MS`: opens connections that cost and bring nothing, says "ready", and does as little
 * as keeps them alive, evenly spread over the time, until SIGTERM. Only for Bun on 64-bit Linux: it calls the system's
 * sockets itself, because thousands of stream objects would take the processor from those who are to be measured, and
 * because over loopback a peer is a distant one only with the segments and buffers of one.
 */

/** Connections opened without a pause: as many must fit into the gateway's accept queue. */
const BATCH = 100;
const BATCH_MS = 5;
const READ_BYTES = 1000;
const TICK_MS = 5;
/** The clients come from many addresses: one has no more than 28,000 ports. */
const ADDRESSES = 200;
/** As over Ethernet. Loopback has 64 kB, and the kernel reserves room for ten segments. */
const SEGMENT_BYTES = 1448;
const RECEIVE_BUFFER_BYTES = 16 * 1024;

const AF_INET = 2;
const SOCK_STREAM = 1;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const TCP_MAXSEG = 2;
const MSG_DONTWAIT_NOSIGNAL = 0x40 | 0x4000;

const [host, port, attack, count] = [
  process.argv[2]!,
  Number(process.argv[3]),
  process.argv[4]!,
  Number(process.argv[5]),
] as const;
/** Each client's turn comes once in this time: a slow sender's byte, a slow reader's read. */
const periodMs = Number(process.argv[6]);

const FIRST_BYTES: Readonly<Record<string, string>> = {
  "idle": "",
  "slow heads": "GET /attacked HTTP/1.1\r\nHost: a\r\nX-Long: ",
  "slow senders": "PUT /attacked HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\na",
  "slow readers": "GET /attacked HTTP/1.1\r\nHost: a\r\n\r\n",
};

type Call = (...args: readonly (number | Uint8Array | null)[]) => number;
/** Other runtimes have no such module, so its name is kept from their checkers. */
const { dlopen } = await import(`${"bun"}:ffi`);
const C: Readonly<Record<"socket" | "setsockopt" | "bind" | "connect" | "send" | "recv", Call>> =
  dlopen("libc.so.6", {
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
    setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
    bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
    connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
    send: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
    recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
  }).symbols;

/** A `struct sockaddr_in`. */
function socketAddress(address: string, port: number): Uint8Array {
  return Uint8Array.from([
    AF_INET,
    0,
    port >> 8,
    port & 255,
    ...address.split(".").map(Number),
    ...Array(8).fill(0),
  ]);
}

function option(socket: number, level: number, name: number, value: number): void {
  C.setsockopt(socket, level, name, new Uint8Array(Int32Array.of(value).buffer), 4);
}

function open(n: number): number {
  const socket = C.socket(AF_INET, SOCK_STREAM, 0);
  option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  option(socket, IPPROTO_TCP, TCP_MAXSEG, SEGMENT_BYTES);
  option(socket, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES);
  const from = socketAddress(`127.0.1.${1 + n % ADDRESSES}`, 0);
  const to = socketAddress(host, port);
  if (socket < 0 || C.bind(socket, from, 16) !== 0 || C.connect(socket, to, 16) !== 0) {
    throw new Error(`connection ${n} to ${host}:${port} failed`);
  }
  send(socket, firstBytes);
  return socket;
}

function send(socket: number, bytes: Uint8Array): void {
  if (bytes.length > 0) C.send(socket, bytes, bytes.length, MSG_DONTWAIT_NOSIGNAL);
}

const firstBytes = Buffer.from(FIRST_BYTES[attack]!);
const oneByte = Buffer.from("a");
const received = new Uint8Array(READ_BYTES);

const sockets: number[] = [];
while (sockets.length < count) {
  sockets.push(open(sockets.length));
  if (sockets.length % BATCH === 0) await new Promise((resolve) => setTimeout(resolve, BATCH_MS));
}
console.log("ready");
process.on("SIGTERM", () => process.exit());

const started = performance.now();
let turns = 0;
setInterval(() => {
  if (attack === "idle") return;
  // As many as are due by now, however late the timer is.
  const due = Math.floor((performance.now() - started) * count / periodMs);
  for (; turns < due; turns++) {
    const socket = sockets[turns % count]!;
    if (attack === "slow readers") C.recv(socket, received, READ_BYTES, MSG_DONTWAIT_NOSIGNAL);
    else send(socket, oneByte);
  }
}, TICK_MS);
