/**
 * The contract of the socket port, kept by the runtime that runs this file: real sockets, with `node:net` as the peer
 * where its behaviour does not matter, and the port itself on both sides where it does.
 */
import { after, describe, it } from "node:test";
import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import process from "node:process";
import { connect as netConnect, createServer, type Server, type Socket as NetSocket } from "node:net";
import { type AddressInfo } from "node:net";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer as createTlsServer, TLSSocket } from "node:tls";
import { NodeSocket } from "../../src/runtimes/node-socket.ts";
import { streamOf } from "../../src/runtimes/socket-stream.ts";
import type { Runtime, Socket, SocketHandler, TcpListener } from "../../src/runtimes/runtime.ts";

const runtime: Runtime = "Bun" in globalThis
  ? (await import("../../src/runtimes/bun.ts")).bunRuntime
  : await denoRuntime();

async function denoRuntime(): Promise<Runtime> {
  const { denoRuntime, plainDenoRuntime } = await import("../../src/runtimes/deno.ts");
  return process.env.TESTED_SOCKETS === "plain" ? plainDenoRuntime : denoRuntime;
}

const withPython = {
  skip: spawnSync("python3", ["--version"]).status === 0
    ? false
    : "not run: python3, which can listen without accepting, is missing",
};

const cleanups: (() => void)[] = [];
after(() => {
  for (const cleanup of cleanups) cleanup();
});

/** Writes down what happens on a socket. */
class Recorder implements SocketHandler {
  readonly events: string[] = [];
  readonly errors: (Error | undefined)[] = [];
  received = 0;
  text = "";
  /** Keep what arrives as text. */
  keep = true;
  dataHook: ((bytes: Uint8Array) => void) | undefined;
  endHook: (() => void) | undefined;

  onData(bytes: Uint8Array): void {
    this.received += bytes.length;
    if (this.keep) this.text += new TextDecoder().decode(bytes);
    this.dataHook?.(bytes);
  }

  onDrain(): void {
    this.events.push("drain");
  }

  onEnd(): void {
    this.events.push("end");
    this.endHook?.();
  }

  onClose(error: Error | undefined): void {
    this.events.push("close");
    this.errors.push(error);
  }

  /** The events, without the onEnd that the port may leave out when we have ended too. */
  get essential(): string[] {
    return this.events.filter((each) => each !== "end");
  }

  count(event: string): number {
    return this.events.filter((each) => each === event).length;
  }
}

/** For machines that do other things; the tests do not measure time, they only stop waiting some day. */
const PATIENCE_MS = 30_000;

/** Polls until `condition` holds; fails with `what` when it never does. */
async function eventually(condition: () => boolean, what: string, ms = PATIENCE_MS): Promise<void> {
  const deadline = Date.now() + ms;
  while (!condition()) {
    if (Date.now() > deadline) assert.fail(`not within ${ms} ms: ${what}`);
    await sleep(2);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

interface Accepted {
  readonly socket: Socket;
  readonly log: Recorder;
}

/** A listener of the port; `next` waits for the next connection. */
async function listen(
  host = "127.0.0.1",
): Promise<{ listener: TcpListener; next(ms?: number): Promise<Accepted> }> {
  const accepted: Accepted[] = [];
  const listener = await runtime.listenTcp({ host, port: 0 }, (socket) => {
    const log = new Recorder();
    socket.handler = log;
    accepted.push({ socket, log });
    cleanups.push(() => socket.destroy());
  });
  cleanups.push(() => listener.close());
  return {
    listener,
    async next(ms) {
      await eventually(() => accepted.length > 0, "a connection is accepted", ms);
      return accepted.shift()!;
    },
  };
}

/** Dials through the port. */
function dial(port: number, host = "127.0.0.1"): Promise<Accepted> {
  return new Promise((resolve, reject) => {
    runtime.connectTcp({ host, port }, {
      onConnect(socket) {
        const log = new Recorder();
        socket.handler = log;
        cleanups.push(() => socket.destroy());
        resolve({ socket, log });
      },
      onError: (code, message) => reject(Object.assign(new Error(message), { code })),
    });
  });
}

/** A connected pair, both ends through the port. */
async function pair(): Promise<{ near: Accepted; far: Accepted }> {
  const { listener, next } = await listen();
  const near = await dial(listener.port);
  const far = await next();
  listener.close();
  return { near, far };
}

/** A listener of the port with a `node:net` peer connected to it. */
async function withPeer(options: { allowHalfOpen?: boolean } = {}): Promise<Accepted & { peer: NetSocket }> {
  const { listener, next } = await listen();
  const peer = netConnect({ host: "127.0.0.1", port: listener.port, ...options });
  cleanups.push(() => peer.destroy());
  peer.on("error", () => {});
  const accepted = await next();
  listener.close();
  return { ...accepted, peer };
}

/** Carries bytes between TLS ends, so that a test can break the connection between them. */
async function relayTo(port: number): Promise<{ port: number; near(): NetSocket }> {
  let near: NetSocket | undefined;
  const relay = createServer({ allowHalfOpen: true }, (socket) => {
    near = socket;
    const far = netConnect({ port, host: "127.0.0.1", allowHalfOpen: true });
    for (const [from, to] of [[socket, far], [far, socket]] as const) {
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
      cleanups.push(() => from.destroy());
    }
  });
  await new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => relay.close());
  return { port: (relay.address() as AddressInfo).port, near: () => near! };
}

/** The relay's sockets by the peers behind them. */
const relays = new WeakMap<NetSocket, NetSocket>();

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url), "utf8");
const SERVER_KEYS = { key: fixture("server.key"), cert: fixture("server.pem") };

/** Dials with TLS through the port. */
function dialTls(port: number): Promise<Accepted> {
  return new Promise((resolve, reject) => {
    runtime.connectTls({ host: "127.0.0.1", port, serverName: "", verify: false, ca: null }, {
      onConnect(socket) {
        const log = new Recorder();
        socket.handler = log;
        cleanups.push(() => socket.destroy());
        resolve({ socket, log });
      },
      onError: (code, message) => reject(Object.assign(new Error(message), { code })),
    });
  });
}

/** A dialled TLS socket, and a server's as that runtime does it best. */
async function tlsPair(): Promise<{ near: Accepted; far: Accepted }> {
  let far: Accepted | undefined;
  function accept(stream: NetSocket, transport?: Socket): void {
    stream.on("error", () => {});
    const socket = new NodeSocket(stream, transport);
    const log = new Recorder();
    socket.handler = log;
    cleanups.push(() => socket.destroy());
    far = { socket, log };
  }
  // On Deno a stream of `node:tls` over a socket of its own reads on while it is paused.
  const port = runtime.name === "deno" ? await serveOverOurs(accept) : await serveTls(accept);
  const near = await dialTls(port);
  await eventually(() => far !== undefined, "the server has the connection");
  return { near, far: far! };
}

async function serveOverOurs(accept: (stream: NetSocket, transport: Socket) => void): Promise<number> {
  const listener = await runtime.listenTcp({ host: "127.0.0.1", port: 0 }, (transport) => {
    accept(new TLSSocket(streamOf(transport), { isServer: true, ...SERVER_KEYS }), transport);
  });
  cleanups.push(() => listener.close());
  return listener.port;
}

async function serveTls(accept: (stream: NetSocket) => void, allowHalfOpen = true): Promise<number> {
  const server = createTlsServer({ ...SERVER_KEYS, allowHalfOpen }, (stream) => accept(stream));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** A dialled TLS socket, whose peer is a server of Node's behind a relay. */
async function tlsWithPeer(
  { allowHalfOpen = false }: { allowHalfOpen?: boolean } = {},
): Promise<Accepted & { peer: NetSocket }> {
  let peer: NetSocket | undefined;
  const port = await serveTls((stream) => {
    stream.on("error", () => {});
    cleanups.push(() => stream.destroy());
    relays.set(stream, relay.near());
    peer = stream;
  }, allowHalfOpen);
  const relay = await relayTo(port);
  const near = await dialTls(relay.port);
  await eventually(() => peer !== undefined, "the server has the connection");
  return { ...near, peer: peer! };
}

const BIG = new Uint8Array(16 * 1024 * 1024).fill(0x61);

/** Port of a listener that accepts nobody and whose queue is full, so that dials hang. */
async function stuckListener(): Promise<number> {
  const script = "import socket,sys\ns=socket.socket()\ns.bind(('127.0.0.1',0))\ns.listen(0)\n" +
    "print(s.getsockname()[1],flush=True)\nsys.stdin.read()";
  const child = spawn("python3", ["-c", script], { stdio: ["pipe", "pipe", "ignore"] });
  cleanups.push(() => child.kill("SIGKILL"));
  const [bytes] = await once(child.stdout, "data");
  const started = Number(String(bytes));
  // The queue holds one more than it says.
  for (let i = 0; i < 3; i++) cleanups.push(((socket) => () => socket.destroy())(connectQuietly(started)));
  await sleep(50);
  return started;
}

function connectQuietly(port: number): NetSocket {
  return netConnect({ host: "127.0.0.1", port }).on("error", () => {});
}

describe(`sockets of ${runtime.name}`, () => {
  describe("listening and dialling", () => {
    it("a port in use is refused with EADDRINUSE", async () => {
      const { listener } = await listen();
      await assert.rejects(
        runtime.listenTcp({ host: "127.0.0.1", port: listener.port }, () => {}),
        (error: Error & { code?: string }) => error.code === "EADDRINUSE",
      );
    });

    it("an address of another machine is refused with EADDRNOTAVAIL", async () => {
      await assert.rejects(
        runtime.listenTcp({ host: "192.0.2.1", port: 0 }, () => {}),
        (error: Error & { code?: string }) => error.code === "EADDRNOTAVAIL",
      );
    });

    it("a port is shared among those who ask for it", async () => {
      const first = await runtime.listenTcp({ host: "127.0.0.1", port: 0, reusePort: true }, () => {});
      const second = await runtime.listenTcp(
        { host: "127.0.0.1", port: first.port, reusePort: true },
        () => {},
      );
      assert.equal(second.port, first.port);
      await assert.rejects(runtime.listenTcp({ host: "127.0.0.1", port: first.port }, () => {}));
      first.close();
      second.close();
    });

    it("a closed listener releases its port and leaves its connections open", async () => {
      const { listener, next } = await listen();
      const near = await dial(listener.port);
      const far = await next();
      await listener.close();
      near.socket.write(BIG.subarray(0, 3));
      await eventually(() => far.log.text === "aaa", "bytes arrive after the listener was closed");
      await assert.rejects(dial(listener.port), (error: { code?: string }) => error.code === "ECONNREFUSED");
      const again = await runtime.listenTcp({ host: "127.0.0.1", port: listener.port }, () => {});
      again.close();
    });

    it("what has connected before a listener closes is accepted", async () => {
      const { listener, next } = await listen();
      // The kernel shakes hands for a program that is busy.
      const connect = `for n in {1..20}; do exec {fd}<>/dev/tcp/127.0.0.1/${listener.port}; done`;
      assert.equal(spawnSync("bash", ["-c", connect]).status, 0);
      await listener.close();
      for (let n = 0; n < 20; n++) await next();
      await assert.rejects(dial(listener.port), (error: { code?: string }) => error.code === "ECONNREFUSED");
    });

    it("a dial to a closed port reports ECONNREFUSED", async () => {
      const { listener } = await listen();
      await listener.close();
      await assert.rejects(dial(listener.port), (error: { code?: string }) => error.code === "ECONNREFUSED");
    });

    it("a dial that cannot even begin reports an error and does not throw", async () => {
      const outcome = await new Promise<string>((resolve) => {
        runtime.connectTcp({ host: "256.256.256.256", port: 80 }, {
          onConnect: () => resolve("connected"),
          onError: (code) => resolve(code),
        });
      });
      assert.match(outcome, /^E/);
    });

    it("a cancelled dial reports nothing, and its connection is closed", async () => {
      const { listener, next } = await listen();
      const calls: string[] = [];
      const dialing = runtime.connectTcp({ host: "127.0.0.1", port: listener.port }, {
        onConnect: () => calls.push("connected"),
        onError: () => calls.push("error"),
      });
      dialing.cancel();
      // The kernel may have shaken hands before the dial was given up; whoever accepted then sees the end.
      const accepted = await Promise.race([next(300).catch(() => undefined), sleep(300)]);
      if (accepted !== undefined) {
        await eventually(() => accepted.log.events.length > 0, "the peer sees it closed");
      }
      assert.deepEqual(calls, []);
    });

    it("a cancelled dial to a closed port reports nothing", async () => {
      const { listener } = await listen();
      await listener.close();
      const calls: string[] = [];
      runtime.connectTcp({ host: "127.0.0.1", port: listener.port }, {
        onConnect: () => calls.push("connected"),
        onError: () => calls.push("error"),
      }).cancel();
      await sleep(50);
      assert.deepEqual(calls, []);
    });

    it("dials that were given up do not pile up where nobody answers", withPython, async () => {
      const stuck = await stuckListener();
      const outcomes = new Map<string, number>();
      const count = (outcome: string) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      for (let i = 0; i < 700; i++) {
        const dialing = runtime.connectTcp({ host: "127.0.0.1", port: stuck }, {
          onConnect: (socket) => cleanups.push(() => socket.destroy()),
          onError: count,
        });
        // A dial that waits keeps the endpoint from being tried one at a time.
        if (i > 0) dialing.cancel();
        if (i % 50 === 0) await sleep(5);
      }
      await sleep(100);
      const open = readdirSync("/proc/self/fd").length;
      assert.ok(open < 500, `${open} descriptors are open`);
      assert.ok([...outcomes.keys()].every((code) => code === "EAGAIN"), [...outcomes.keys()].join());
    });

    it("both sides know addresses and ports", async () => {
      const { listener, next } = await listen();
      const near = await dial(listener.port);
      const far = await next();
      assert.equal(far.socket.remoteAddress, "127.0.0.1");
      assert.equal(far.socket.localPort, listener.port);
      assert.equal(near.socket.remotePort, listener.port);
      assert.equal(far.socket.remotePort, near.socket.localPort);
    });

    const skip = networkInterfaces()["lo"]?.some(({ family }) => family === "IPv6") === true
      ? false
      : "no IPv6 on this machine";
    it("a listener on :: takes IPv4 peers, whose addresses are written as IPv4", { skip }, async () => {
      const dual = await listen("::");
      await dial(dual.listener.port);
      assert.equal((await dual.next()).socket.remoteAddress, "127.0.0.1");
      await dial(dual.listener.port, "::1");
      assert.equal((await dual.next()).socket.remoteAddress, "::1");
    });

    it("setKeepAlive says whether it was done, and is false on a closed socket", async () => {
      const { near } = await pair();
      assert.equal(typeof near.socket.setKeepAlive(true, 1000), "boolean");
      near.socket.destroy();
      assert.equal(near.socket.setKeepAlive(true, 1000), false);
    });
  });

  it("serves a peer that is not ours", async () => {
    const server: Server = createServer((socket) => socket.pipe(socket));
    cleanups.push(() => server.close());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { socket, log } = await dial((server.address() as AddressInfo).port);
    socket.write(new TextEncoder().encode("echo"));
    await eventually(() => log.text === "echo", "the echo arrives");
    socket.end();
    await eventually(() => log.count("close") === 1, "onClose is called");
    server.close();
  });
});

/** A way to get sockets of the port. */
interface Link {
  /** A connected pair, both ends through the port. */
  pair(): Promise<{ near: Accepted; far: Accepted }>;
  /** A socket of the port whose other end is a stream of Node's. */
  withPeer(options?: { allowHalfOpen?: boolean }): Promise<Accepted & { peer: NetSocket }>;
  /** Breaks the connection from the peer's side. */
  reset(peer: NetSocket): void;
  /** Takes nothing more off the connection: not even a TLS layer reads ahead. */
  block(peer: NetSocket): void;
}

const PLAIN: Link = {
  pair,
  withPeer,
  reset: (peer) => peer.resetAndDestroy(),
  block: (peer) => peer.pause(),
};
const TLS: Link = {
  pair: tlsPair,
  withPeer: tlsWithPeer,
  reset: (peer) => relays.get(peer)!.resetAndDestroy(),
  block: (peer) => relays.get(peer)!.unpipe().pause(),
};

/** Why a test of half-closing is left out over TLS. */
for (const [name, link] of [["TCP", PLAIN], ["TLS", TLS]] as const) {
  describe(`${name} sockets of ${runtime.name}`, () => {
    describe("writing", () => {
      it("what the kernel does not take is queued, and onDrain tells when it is gone", async () => {
        const { near, far } = await link.pair();
        far.log.keep = false;
        far.socket.pause();
        assert.equal(near.socket.write(BIG), false);
        assert.ok(near.socket.pendingBytes > 0, "some bytes must wait");
        await sleep(50);
        assert.ok(near.socket.pendingBytes > 0, "they wait while the peer does not read");
        assert.equal(near.log.count("drain"), 0);
        far.socket.resume();
        await eventually(() => far.log.received === BIG.length, "all bytes arrive");
        await eventually(() => near.log.count("drain") === 1, "onDrain is called");
        assert.equal(near.socket.pendingBytes, 0);
      });

      it("onDrain is not called when every write was taken", async () => {
        const { near, far } = await link.pair();
        assert.equal(near.socket.write(BIG, 0, 100), true);
        await eventually(() => far.log.received === 100, "bytes arrive");
        await sleep(20);
        assert.equal(near.log.count("drain"), 0);
      });

      it("the memory may be used again at once", async () => {
        const { near, far } = await link.pair();
        far.socket.pause();
        near.socket.write(BIG);
        const scratch = new TextEncoder().encode("sentence");
        near.socket.write(scratch, 0, 8);
        scratch.fill(0x78);
        let tail = "";
        far.log.keep = false;
        far.log.dataHook = (bytes) => tail = (tail + new TextDecoder().decode(bytes.subarray(-8))).slice(-8);
        far.socket.resume();
        await eventually(() => far.log.received === BIG.length + 8, "all bytes arrive");
        assert.equal(tail, "sentence");
      });

      it("order is kept across many small and large writes", async () => {
        const { near, far } = await link.pair();
        let sent = "";
        const encoder = new TextEncoder();
        for (let i = 0; i < 2000; i++) {
          const piece = `${i}:${"x".repeat(i % 97)};`;
          sent += piece;
          const bytes = encoder.encode(`__${piece}__`);
          near.socket.write(bytes, 2, bytes.length - 2);
        }
        await eventually(() => far.log.text.length === sent.length, "all bytes arrive");
        assert.equal(far.log.text, sent);
      });

      it("writes after end, close or destroy are dropped", async () => {
        for (const stop of ["end", "close", "destroy"] as const) {
          const { near, far } = await link.pair();
          near.socket.write(BIG, 0, 4);
          await eventually(() => far.log.received === 4, "what was written before arrives");
          near.socket[stop]();
          near.socket.write(BIG, 0, 10);
          await eventually(
            () => far.log.count("end") + far.log.count("close") > 0,
            `the peer sees the ${stop}`,
          );
          await sleep(20);
          assert.equal(far.log.received, 4, stop);
        }
      });
    });

    describe("pausing", () => {
      it("nothing is delivered while paused, everything afterwards", async () => {
        const { near, far } = await link.pair();
        far.socket.pause();
        near.socket.write(BIG, 0, 1000);
        await sleep(50);
        assert.equal(far.log.received, 0);
        far.socket.resume();
        await eventually(() => far.log.received === 1000, "bytes arrive after resume");
      });

      it("a pause inside onData holds from the next delivery on", async () => {
        const { near, far } = await link.pair();
        far.log.keep = false;
        far.log.dataHook = () => far.socket.pause();
        near.socket.write(BIG);
        await eventually(() => far.log.received > 0, "the first bytes arrive");
        const first = far.log.received;
        await sleep(50);
        assert.equal(far.log.received, first);
      });

      it("resume and pause in one step leave it paused", async () => {
        const { near, far } = await link.pair();
        far.socket.pause();
        near.socket.write(BIG, 0, 1000);
        await sleep(30);
        far.socket.resume();
        far.socket.pause();
        await sleep(50);
        assert.equal(far.log.received, 0);
        far.socket.resume();
        await eventually(() => far.log.received === 1000, "bytes arrive after resume");
      });

      it("every delivery may pause and a later step resume, without losing a byte", async () => {
        const { near, far } = await link.pair();
        far.log.keep = false;
        far.log.dataHook = () => {
          far.socket.pause();
          setTimeout(() => far.socket.resume(), 0);
        };
        near.socket.write(BIG, 0, 4 * 1024 * 1024);
        await eventually(() => far.log.received === 4 * 1024 * 1024, "all bytes arrive");
      });

      it("bytes and FIN that came while paused are delivered in order after resume", async () => {
        const { near, far } = await link.pair();
        near.log.keep = false;
        near.socket.pause();
        far.socket.write(BIG, 0, 2 * 1024 * 1024);
        far.socket.end();
        await sleep(50);
        assert.deepEqual(near.log.events, []);
        near.socket.resume();
        await eventually(() => near.log.events.length > 0, "the FIN arrives");
        assert.equal(near.log.received, 2 * 1024 * 1024, "after all bytes");
      });

      it("bytes that came while paused survive that the peer closes for good", async () => {
        const { near, far } = await link.pair();
        near.log.keep = false;
        near.socket.pause();
        far.socket.write(BIG, 0, 2 * 1024 * 1024);
        far.socket.close();
        await sleep(50);
        near.socket.resume();
        await eventually(() => near.log.received === 2 * 1024 * 1024, "all bytes arrive");
        await eventually(() => near.log.events.length > 0, "the FIN arrives");
      });
    });

    describe("half-closing", () => {
      it("after end() the peer's bytes still arrive; then both are closed", async () => {
        const { near, far } = await link.pair();
        near.socket.end();
        await eventually(() => far.log.count("end") === 1, "the peer sees the FIN");
        far.socket.write(new TextEncoder().encode("late answer"));
        await eventually(() => near.log.text === "late answer", "the answer arrives");
        assert.equal(near.log.count("close"), 0);
        far.socket.end();
        await eventually(() => near.log.count("close") === 1, "near is closed");
        await eventually(() => far.log.count("close") === 1, "far is closed");
        assert.deepEqual(near.log.essential, ["close"]);
        assert.deepEqual(far.log.events, ["end", "close"]);
      });

      // An endpoint that ends its side of a TLS connection is done with it.
      if (link === PLAIN) {
        it("after the peer's FIN we can still write", async () => {
          const { socket, log, peer } = await link.withPeer({ allowHalfOpen: true });
          let got = "";
          peer.on("data", (bytes) => got += bytes);
          peer.end("question");
          await eventually(() => log.count("end") === 1, "the FIN arrives");
          assert.equal(log.text, "question");
          await sleep(20);
          assert.equal(socket.closed, false);
          socket.write(new TextEncoder().encode("answer"));
          await eventually(() => got === "answer", "the answer arrives");
          socket.end();
          await eventually(() => log.count("close") === 1, "the socket is closed");
          assert.deepEqual(log.events, ["end", "close"]);
        });
      }

      it("end() sends what is queued before the FIN", async () => {
        const { near, far } = await link.pair();
        far.log.keep = false;
        near.socket.write(BIG);
        near.socket.end();
        far.log.endHook = () => far.log.events.push(`received ${far.log.received}`);
        await eventually(() => far.log.count("end") === 1, "the FIN arrives");
        assert.ok(far.log.events.includes(`received ${BIG.length}`));
      });

      it("end() inside onEnd closes", async () => {
        const { near, far } = await link.pair();
        far.log.endHook = () => far.socket.end();
        near.socket.end();
        await eventually(
          () => near.log.count("close") === 1 && far.log.count("close") === 1,
          "both are closed",
        );
        assert.deepEqual(far.log.events, ["end", "close"]);
        assert.deepEqual(near.log.essential, ["close"]);
      });
    });

    describe("closing", () => {
      it("close() sends what is queued first", async () => {
        const { near, far } = await link.pair();
        far.log.keep = false;
        near.socket.write(BIG);
        near.socket.close();
        await eventually(() => far.log.received === BIG.length, "all bytes arrive");
        await eventually(() => near.log.count("close") === 1, "onClose is called");
        assert.equal(near.socket.closed, true);
        assert.equal(near.socket.pendingBytes, 0);
      });

      it("close() does not wait for the peer's FIN", async () => {
        const { socket, log, peer } = await link.withPeer({ allowHalfOpen: true });
        peer.resume();
        socket.close();
        await eventually(() => log.count("close") === 1, "onClose is called");
      });

      it("close() after end() closes although the peer does not", async () => {
        const { socket, log, peer } = await link.withPeer({ allowHalfOpen: true });
        peer.resume();
        socket.end();
        await sleep(20);
        assert.equal(log.count("close"), 0);
        socket.close();
        await eventually(() => log.count("close") === 1, "onClose is called");
      });

      it("close() while the queue cannot be sent waits, and destroy() ends the wait", async () => {
        const { socket, log, peer } = await link.withPeer();
        link.block(peer);
        socket.write(BIG);
        socket.close();
        await sleep(30);
        assert.equal(log.count("close"), 0);
        socket.destroy();
        await eventually(() => log.count("close") === 1, "onClose is called");
        assert.equal(socket.pendingBytes, 0);
      });

      it("closed is true as soon as destroy() returns", async () => {
        const { near } = await link.pair();
        near.socket.destroy();
        assert.equal(near.socket.closed, true);
        await eventually(() => near.log.count("close") === 1, "onClose is called");
      });

      it("onClose is called once, whatever is called in whatever order", async () => {
        const orders: ("end" | "close" | "destroy")[][] = [
          ["end", "close", "destroy"],
          ["close", "end", "destroy"],
          ["destroy", "close", "end"],
          ["destroy", "destroy"],
          ["close", "close"],
          ["end", "end", "close"],
          ["end", "destroy"],
        ];
        for (const order of orders) {
          const { near, far } = await link.pair();
          far.log.endHook = () => far.socket.close();
          for (const call of order) near.socket[call]();
          await eventually(() => near.log.count("close") === 1, `onClose after ${order}`);
          await eventually(() => far.log.count("close") === 1, `onClose of the peer after ${order}`);
          await sleep(10);
          assert.equal(near.log.count("close"), 1, order.join());
          assert.equal(far.log.count("close"), 1, order.join());
        }
      });

      it("nothing is delivered after destroy() inside onData", async () => {
        const { near, far } = await link.pair();
        far.log.keep = false;
        far.log.dataHook = () => far.socket.destroy();
        near.socket.write(BIG);
        await eventually(() => far.log.count("close") === 1, "onClose is called");
        const received = far.log.received;
        await sleep(30);
        assert.equal(far.log.received, received);
        assert.deepEqual(far.log.events, ["close"]);
      });

      it("a peer that resets closes the socket once, with an error or without, also while we write", async () => {
        for (const writing of [false, true]) {
          const { socket, log, peer } = await link.withPeer();
          peer.pause();
          if (writing) socket.write(BIG);
          await sleep(20);
          link.reset(peer);
          await eventually(() => log.count("close") === 1, "onClose is called");
          await sleep(20);
          assert.equal(log.count("close"), 1);
          assert.equal(socket.closed, true);
          assert.equal(socket.pendingBytes, 0);
        }
      });

      it("a peer that resets is noticed while paused, or at the latest after resume", async () => {
        const { socket, log, peer } = await link.withPeer();
        socket.pause();
        await sleep(20);
        link.reset(peer);
        await sleep(30);
        socket.resume();
        await eventually(() => log.count("close") === 1, "onClose is called");
      });

      it("a handler that throws costs its own socket, which is closed for the peer too", async () => {
        const { near, far } = await link.pair();
        far.log.dataHook = () => {
          throw new Error("fault in a handler");
        };
        near.socket.write(BIG, 0, 3);
        await eventually(() => far.log.count("close") === 1, "onClose is called");
        assert.match(String(far.log.errors[0]), /fault in a handler/);
        await eventually(() => near.log.count("end") + near.log.count("close") > 0, "the peer sees the end");
      });
    });
  });
}
