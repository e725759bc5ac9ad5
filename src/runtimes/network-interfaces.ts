/** The addresses that this machine has, by network interface. */
import { networkInterfaces as ofSystem } from "node:os";
import type { Interfaces } from "../lib/bind-addresses.ts";

export function networkInterfaces(): Interfaces {
  return Object.fromEntries(
    Object.entries(ofSystem()).map(([name, all = []]) => [name, all.map(({ address }) => address)]),
  );
}
