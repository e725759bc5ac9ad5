/**
 * Which addresses are never called: those of cloud metadata services, which hand out credentials to whoever can make a
 * machine ask. Tenants choose the URL of their authentication server, and names may resolve to anything.
 */
import { inNetwork, type Network, parseAddress, parseNetwork } from "../../lib/ip.ts";

const REFUSED = networks([
  "169.254.0.0/16", // link-local: AWS, Azure, Google Cloud, OpenStack, …
  "64:ff9b::a9fe:0/112", // the same through NAT64
  "fe80::/10", // link-local
  "fd00:ec2::254", // AWS
  "fd20:ce::254", // Google Cloud
  "100.100.100.200", // Alibaba Cloud
  "168.63.129.16", // Azure's wire server
]);

/** A function that tells whether an address is refused; networks in `allowed` (CIDRs) never are. */
export function refusedAddresses(allowed: readonly string[]): (address: string) => boolean {
  const exceptions = networks(allowed);
  return function isRefused(text) {
    const address = parseAddress(text);
    if (address === null) return true;
    const isIn = (network: Network) => inNetwork(network, address);
    return REFUSED.some(isIn) && !exceptions.some(isIn);
  };
}

function networks(cidrs: readonly string[]): readonly Network[] {
  return cidrs.flatMap((cidr) => parseNetwork(cidr) ?? []);
}
