/** 16-keepalive-tunables.yaml as far as it speaks of pure functions: addresses, the list of interfaces, workers. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bindAddresses } from "../../src/lib/bind-addresses.ts";
import { readBindNic } from "../../src/translators/shared/listen.ts";
import { parseCpu, workerCount } from "../../src/workers/count.ts";
import { type Case, loadCases } from "../vectors/load.ts";

type TunableCase =
  & Case
  & (
    | {
      kind: "bind";
      given: {
        nics: readonly string[];
        interfaces: Readonly<Record<string, { v4: readonly string[]; v6: readonly string[] }>>;
        ipv6: boolean;
      };
      expect: { v4: readonly string[]; v6: readonly string[] };
    }
    | {
      kind: "bindConfig";
      given: { text: string | null };
      expect: { nics?: readonly string[]; error?: true };
    }
    | { kind: "workers"; given: { cpuLimit: string; workerLimit: number }; expect: { workers: number } }
  );

const CHECKS: { readonly [K in TunableCase["kind"]]: (test: Extract<TunableCase, { kind: K }>) => void } = {
  bind({ given: { nics, interfaces, ipv6 }, expect }) {
    const addresses = Object.fromEntries(
      Object.entries(interfaces).map(([name, { v4, v6 }]) => [name, [...v4, ...v6]]),
    );
    const found = bindAddresses(nics, addresses, ipv6);
    assert.deepEqual({ v4: found.v4, v6: found.v6.map((address) => `[${address}]`) }, expect);
  },
  bindConfig({ given, expect }) {
    assert.deepEqual(readBindNic(given.text ?? ""), expect.error ? null : expect.nics);
  },
  workers({ given, expect }) {
    assert.equal(workerCount(parseCpu(given.cpuLimit) ?? 1, given.workerLimit), expect.workers);
  },
};

describe("vectors: 16-keepalive-tunables (without traffic)", () => {
  for (const test of loadCases<TunableCase>("16-keepalive-tunables.yaml")) {
    const check = Object.hasOwn(CHECKS, test.kind)
      ? CHECKS[test.kind] as (test: TunableCase) => void
      : undefined;
    if (check !== undefined) it(test.name, () => check(test));
  }
});
