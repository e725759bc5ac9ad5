/** Large bodies: constant memory and backpressure in both directions. `scripts/bigtransfer` does the same with 10 GB. */
import { after, before, describe } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { readHead, readResponse, value } from "./harness/message.ts";
import { it, type Site, startSite, stopSite } from "./harness/suite.ts";
import { reply } from "./harness/upstream.ts";
import { type Connection, sleep } from "./harness/wire.ts";

const MEGABYTE = 1024 * 1024;
const SIZE = 200 * MEGABYTE;
const PIECE = new Uint8Array(MEGABYTE).fill(0x61);
/** Far below what buffering the body would take, far above the noise of a garbage collector. */
const ALLOWED_GROWTH = 100 * MEGABYTE;
/** More than four socket buffers on loopback can hold. */
const STALLED_BY = 100 * MEGABYTE;

describe("large transfers", () => {
  let site: Site;
  before(async () => void (site = await startSite({ handler: null })));
  after(() => stopSite(site));

  it("streams 200 MB to the client in constant memory", async () => {
    const idle = residentBytes();
    const { client, upstream } = await begin(`GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
    await upstream.send(`HTTP/1.1 200 OK\r\nContent-Length: ${SIZE}\r\n\r\n`);
    const sent = sendPieces(upstream, SIZE);
    assert.equal(value(await readHead(client), "content-length"), String(SIZE));
    const peak = watchPeak();
    assert.equal(await client.discardToEnd(), SIZE);
    await sent;
    assert.ok(peak() - idle < ALLOWED_GROWTH, `grew by ${(peak() - idle) / MEGABYTE} MB`);
    client.close();
    upstream.close();
  });

  it("streams 200 MB to the upstream in constant memory", async () => {
    const idle = residentBytes();
    const { client, upstream } = await begin(`PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: ${SIZE}\r\n\r\n`);
    const peak = watchPeak();
    const sent = sendPieces(client, SIZE);
    assert.equal(await discardExactly(upstream, SIZE), SIZE);
    await sent;
    await upstream.send(reply(200, [], "got it"));
    assert.equal((await readResponse(client)).body, "got it");
    assert.ok(peak() - idle < ALLOWED_GROWTH, `grew by ${(peak() - idle) / MEGABYTE} MB`);
    client.close();
    upstream.close();
  });

  it("holds the upstream back while the client does not read", async () => {
    const { client, upstream } = await begin(`GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
    await upstream.send(`HTTP/1.1 200 OK\r\nContent-Length: ${SIZE}\r\n\r\n`);
    await readHead(client);
    client.socket.pause();
    const progress = { bytes: 0 };
    const sent = sendPieces(upstream, SIZE, progress);
    await stalls(progress);
    assert.equal(await client.discardToEnd(), SIZE);
    await sent;
    client.close();
    upstream.close();
  });

  it("holds the client back while the upstream does not read", async () => {
    const { client, upstream } = await begin(`PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: ${SIZE}\r\n\r\n`);
    upstream.socket.pause();
    const progress = { bytes: 0 };
    const sent = sendPieces(client, SIZE, progress);
    await stalls(progress);
    assert.equal(await discardExactly(upstream, SIZE), SIZE);
    await sent;
    client.close();
    upstream.close();
  });

  async function begin(text: string) {
    const client = await site.dial();
    await client.send(text);
    const upstream = await site.upstream.nextConnection();
    await readHead(upstream);
    return { client, upstream };
  }

  /** Resident memory of the gateway. */
  function residentBytes(): number {
    const status = readFileSync(`/proc/${site.gateway.process.pid}/status`, "latin1");
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) * 1024;
  }
  /** Samples the gateway's memory until asked for the maximum. */
  function watchPeak(): () => number {
    let highest = residentBytes();
    const timer = setInterval(() => highest = Math.max(highest, residentBytes()), 20);
    return () => {
      clearInterval(timer);
      return highest;
    };
  }
});

async function sendPieces(connection: Connection, total: number, progress = { bytes: 0 }): Promise<void> {
  while (progress.bytes < total) {
    await connection.send(PIECE);
    progress.bytes += PIECE.length;
  }
}

async function discardExactly(connection: Connection, total: number): Promise<number> {
  let count = 0;
  while (count < total) {
    const some = await connection.readSome();
    if (some.length === 0) break;
    count += some.length;
  }
  return count;
}

/** Waits until nothing moves any more, and fails when too much went through by then. */
async function stalls(progress: { readonly bytes: number }): Promise<void> {
  for (let last = -1; last !== progress.bytes;) {
    last = progress.bytes;
    assert.ok(last < STALLED_BY, `${last / MEGABYTE} MB were taken from the sender`);
    await sleep(300);
  }
}
