/**
 * Addresses and ports of a test process. Every process has a loopback address of its own in 127.64.0.0/10, so test
 * files that run at the same time never meet, and a port chosen here stays free until the gateway binds it.
 */
import { type AddressInfo, createServer } from "node:net";

/** This process's own loopback address. */
export const LOOPBACK = ((id) => `127.${64 + ((id >> 16) & 63)}.${(id >> 8) & 255}.${id & 255}`)(process.pid);

const given = new Set<number>();

/** A port that nobody listens on at `host`, never the same twice. */
export async function freePort(host = LOOPBACK): Promise<number> {
  for (;;) {
    const port = await new Promise<number>((resolve, reject) => {
      const server = createServer().on("error", reject);
      server.listen(0, host, () => {
        const { port } = server.address() as AddressInfo;
        server.close(() => resolve(port));
      });
    });
    if (given.has(port)) continue;
    given.add(port);
    return port;
  }
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
