/** What the port promises of TLS connections beyond those of plain sockets, kept by the runtime that runs this file. */
import { after, before, describe, it } from "node:test";
import assert from "node:assert/strict";
import { createServer, type Socket as NodeSocket } from "node:net";
import type { AddressInfo } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { createAuthority, NO_OPENSSL } from "../blackbox/harness/certificates.ts";
import { eventually, sleep } from "../blackbox/harness/wire.ts";
import type { DialHandler, Runtime, Socket, TlsConnectOptions } from "../../src/runtimes/runtime.ts";

const runtime: Runtime = "Bun" in globalThis
  ? (await import("../../src/runtimes/bun.ts")).bunRuntime
  : (await import("../../src/runtimes/deno.ts")).denoRuntime;

const options = { skip: NO_OPENSSL === false ? false : `not run: ${NO_OPENSSL}` };
const MEGABYTE = 1024 * 1024;

interface Dialled {
  readonly socket: Socket;
  readonly events: string[];
  text(): string;
}

describe("connectTls", () => {
  let port = 0;
  let ca = "";
  let closeServer = () => {};
  const accepted: TLSSocket[] = [];
  let serve: (socket: TLSSocket) => void;

  before(() => {
    if (NO_OPENSSL !== false) return;
    const authority = createAuthority();
    ca = authority.cert;
    const server = createTlsServer(
      { ...authority.issue("DNS:good.example", "IP:127.0.0.1"), allowHalfOpen: true },
      (socket) => {
        accepted.push(socket);
        socket.on("error", () => {});
        serve(socket);
      },
    );
    server.listen(0, "127.0.0.1");
    closeServer = () => {
      for (const socket of accepted) socket.destroy();
      server.close();
    };
    return new Promise<void>((resolve) =>
      server.on("listening", () => {
        port = (server.address() as AddressInfo).port;
        resolve();
      })
    );
  });
  after(() => closeServer());

  function dial(given: Partial<TlsConnectOptions> = {}): Promise<Dialled> {
    return new Promise((resolve, reject) => {
      runtime.connectTls({ host: "127.0.0.1", port, serverName: "", verify: false, ca: null, ...given }, {
        onConnect(socket) {
          const events: string[] = [];
          let text = "";
          socket.handler = {
            onData: (bytes) => void (text += new TextDecoder("latin1").decode(bytes)),
            onDrain: () => void events.push("drain"),
            onEnd: () => void events.push("end"),
            onClose: (error) => void events.push(error === undefined ? "close" : "close with error"),
          };
          resolve({ socket, events, text: () => text });
        },
        onError: (code) => reject(new Error(code)),
      });
    });
  }

  it("tells where the peer is, and passes bytes whose memory is used again at once", options, async () => {
    serve = (socket) => void socket.pipe(socket);
    const { socket, events, text } = await dial();
    assert.deepEqual([socket.remoteAddress, socket.remotePort, socket.closed], ["127.0.0.1", port, false]);
    const bytes = new Uint8Array(3);
    for (const character of "abc") {
      bytes.fill(character.charCodeAt(0));
      socket.write(bytes, 1);
    }
    await eventually(() => text() === "aabbcc", () => text());
    assert.equal(socket.pendingBytes, 0);
    socket.close();
    await eventually(() => events.includes("close"), () => events.join());
    assert.equal(socket.closed, true);
    assert.equal(events.filter((event) => event.startsWith("close")).length, 1);
  });

  it("answers false when full and tells of room", options, async () => {
    serve = (socket) => void socket.pause();
    const { socket, events } = await dial();
    const bytes = new Uint8Array(MEGABYTE);
    let written = 0;
    while (socket.write(bytes)) assert.ok(++written < 64, "it never says no");
    assert.ok(socket.pendingBytes > 0);
    assert.equal(events.length, 0);
    accepted.at(-1)!.resume();
    await eventually(() => events.includes("drain"), () => events.join());
    await eventually(() => socket.pendingBytes === 0, () => `${socket.pendingBytes} bytes wait`);
    socket.destroy();
    assert.deepEqual(events.filter((event) => event !== "drain"), ["close"]);
  });

  it("does not read while paused", options, async () => {
    serve = (socket) => void socket.write("first");
    const { socket, text } = await dial();
    await eventually(() => text() === "first", text);
    socket.pause();
    accepted.at(-1)!.write("second");
    await sleep(100);
    assert.equal(text(), "first");
    socket.resume();
    await eventually(() => text() === "firstsecond", text);
    socket.destroy();
  });

  it("sends what is queued before it closes, and sees the end of the peer", options, async () => {
    let received = 0;
    serve = (socket) =>
      void socket.on("data", (bytes) => received += bytes.length).on("end", () => socket.end("bye"));
    const { socket, events, text } = await dial();
    socket.write(new Uint8Array(MEGABYTE));
    socket.end();
    await eventually(() => received === MEGABYTE, () => `${received} bytes`);
    await eventually(() => text() === "bye" && events.includes("close"), () => `${text()} ${events}`);
  });

  it("verifies authority and name when told to", options, async () => {
    serve = (socket) => void socket.end();
    for (const serverName of ["good.example", ""]) {
      (await dial({ verify: true, ca, serverName })).socket.destroy();
    }
    await assert.rejects(
      dial({ verify: true, ca, serverName: "bad.example" }),
      /ERR_TLS_CERT_ALTNAME_INVALID/,
    );
    await assert.rejects(dial({ verify: true, serverName: "good.example" }), /[A-Z_]{5,}/);
  });

  it("fails with the name of the cause, once, also within the handshake", options, async () => {
    const dead = createServer((socket: NodeSocket) => void socket.destroy());
    await new Promise<void>((resolve) => dead.listen(0, "127.0.0.1", resolve));
    const deadPort = (dead.address() as AddressInfo).port;
    await assert.rejects(dial({ port: deadPort }), /[A-Z_]{5,}/);
    await new Promise((resolve) => dead.close(resolve));
    await assert.rejects(dial({ port: deadPort }), /ECONNREFUSED/);
  });

  it("is silent once cancelled", options, async () => {
    const mute = createServer((socket: NodeSocket) => void socket.on("error", () => {}).resume());
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
    const calls: string[] = [];
    const handler: DialHandler = {
      onConnect: () => void calls.push("connect"),
      onError: (code) => void calls.push(code),
    };
    const where = { host: "127.0.0.1", port: (mute.address() as AddressInfo).port };
    const dialling = runtime.connectTls({ ...where, serverName: "", verify: false, ca: null }, handler);
    await sleep(50);
    dialling.cancel();
    await sleep(50);
    mute.close();
    assert.deepEqual(calls, []);
  });
});
