/** Bodies of any size through a gateway, and what they cost it in memory. */
import { readFileSync } from "node:fs";
import { readHead, readResponse } from "./message.ts";
import type { Site } from "./suite.ts";
import { reply } from "./upstream.ts";
import type { Connection } from "./wire.ts";

export const MEGABYTE = 1024 * 1024;
const PIECE = new Uint8Array(MEGABYTE).fill(0x61);

/** Both ends of an exchange whose head has arrived at the upstream (of a site with `handler` null). */
export interface Ends {
  readonly client: Connection;
  readonly upstream: Connection;
}

/** Begins a response of `size` bytes; its head has left the upstream. */
export async function beginDownload(site: Site, size: number): Promise<Ends> {
  const ends = await begin(site, `GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
  await ends.upstream.send(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
  await readHead(ends.client);
  return ends;
}

/** Begins a request of `size` bytes; its head has arrived at the upstream. */
export function beginUpload(site: Site, size: number): Promise<Ends> {
  return begin(site, `PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: ${size}\r\n\r\n`);
}

async function begin(site: Site, text: string): Promise<Ends> {
  const client = await site.dial();
  await client.send(text);
  const upstream = await site.upstream.nextConnection();
  await readHead(upstream);
  return { client, upstream };
}

/** Moves a body of `size` bytes to the client; resolves with the bytes that arrived. */
export async function download(site: Site, size: number): Promise<number> {
  const { client, upstream } = await beginDownload(site, size);
  const [, arrived] = await Promise.all([sendPieces(upstream, size), client.discardToEnd()]);
  client.close();
  upstream.close();
  return arrived;
}

/** Moves a body of `size` bytes to the upstream; resolves with the bytes that arrived. */
export async function upload(site: Site, size: number): Promise<number> {
  const { client, upstream } = await beginUpload(site, size);
  const [, arrived] = await Promise.all([sendPieces(client, size), discardExactly(upstream, size)]);
  await upstream.send(reply(200));
  await readResponse(client);
  client.close();
  upstream.close();
  return arrived;
}

/** Sends whole megabytes up to `total`, as fast as they are taken. */
export async function sendPieces(
  connection: Connection,
  total: number,
  progress = { bytes: 0 },
): Promise<void> {
  while (progress.bytes < total) {
    await connection.send(PIECE);
    progress.bytes += PIECE.length;
  }
}

export async function discardExactly(connection: Connection, total: number): Promise<number> {
  let count = 0;
  while (count < total) {
    const some = await connection.readSome();
    if (some.length === 0) break;
    count += some.length;
  }
  return count;
}

/** Resident memory of the gateway in bytes. */
export function residentBytes(site: Site): number {
  const status = readFileSync(`/proc/${site.gateway.process.pid}/status`, "latin1");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) * 1024;
}

/** Samples the gateway's resident memory until it is told to stop; answers the samples in bytes. */
export function watchMemory(site: Site): () => readonly number[] {
  const samples = [residentBytes(site)];
  const timer = setInterval(() => samples.push(residentBytes(site)), 20);
  return () => {
    clearInterval(timer);
    return samples;
  };
}
