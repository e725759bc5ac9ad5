/**
 * Addresses and ports of a test process. Every process has a loopback address of its own in 127.64.0.0/10, so test
 * files that run at the same time never meet, and a port chosen here stays free until the gateway binds it.
 */
import { createServer } from "node:net";

/** This process's own loopback address. */
export const LOOPBACK = ((id) => `127.${64 + ((id >> 16) & 63)}.${(id >> 8) & 255}.${id & 255}`)(process.pid);

/**
 * Below the range from which systems take ports by themselves, so that nobody is given one of ours meanwhile. Processes
 * begin at different places, for the few tests that must use an address that all of them share.
 */
let nextPort = 20_000 + (process.pid % 1000) * 12;

/** A port that nobody listens on at `host`, never the same twice. */
export async function freePort(host = LOOPBACK): Promise<number> {
  for (;;) {
    const port = nextPort++;
    if (await canListen(host, port)) return port;
  }
}

function canListen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once("error", () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

export async function freePorts(count: number, host = LOOPBACK): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePort(host));
  return ports;
}

/** `address:port`, IPv6 in brackets. */
export function endpointOf(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Splits `address:port`; brackets of IPv6 are removed. */
export function splitEndpoint(endpoint: string): { address: string; port: number } {
  const colon = endpoint.lastIndexOf(":");
  return {
    address: endpoint.slice(0, colon).replace(/^\[|\]$/g, ""),
    port: Number(endpoint.slice(colon + 1)),
  };
}
