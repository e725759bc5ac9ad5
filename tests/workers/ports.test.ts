/** Which ports are tried before they are shared. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ListenOptions, Runtime } from "../../src/runtimes/runtime.ts";
import { PortGuard, sharePorts } from "../../src/workers/ports.ts";

/** A runtime that tells what is bound and how; ports in `taken` are somebody else's. */
function rig(taken: readonly number[] = [], inherited: readonly number[] = []) {
  const bound: string[] = [];
  const runtime: Runtime = {
    name: "node",
    setsKeepAliveIdle: true,
    async listenTcp({ host, port, reusePort = false }: ListenOptions) {
      const isOurs = bound.some((line) =>
        line.endsWith(`${host}:${port}`) && line.startsWith("closed") === false
      );
      if (taken.includes(port) && !reusePort || !reusePort && isOurs) {
        throw Object.assign(new Error("in use"), { code: "EADDRINUSE" });
      }
      const line = `${reusePort ? "shared" : "alone"} ${host}:${port}`;
      bound.push(line);
      return { host, port, close: async () => void (bound[bound.indexOf(line)] = `closed ${line}`) };
    },
    connectTcp: () => ({ cancel() {} }),
    connectTls: () => ({ cancel() {} }),
  };
  const guard = new PortGuard(runtime, inherited);
  const process = (holder: object) => sharePorts(runtime, guard.claimsOf(holder));
  return { bound, guard, first: process({ first: 1 }), process };
}

const OPTIONS = { host: "::", port: 80 };

describe("ports", () => {
  it("are bound alone once, then shared by all processes", async () => {
    const { bound, process } = rig();
    await Promise.all([process({}).listenTcp(OPTIONS, () => {}), process({}).listenTcp(OPTIONS, () => {})]);
    assert.deepEqual(bound, ["closed alone :::80", "shared :::80", "shared :::80"]);
  });

  it("that others use are found, with the code of the attempt, and may be tried again", async () => {
    const taken = [80];
    const { bound, first } = rig(taken);
    await assert.rejects(first.listenTcp(OPTIONS, () => {}), { code: "EADDRINUSE" });
    assert.deepEqual(bound, []);
    taken.pop();
    await first.listenTcp(OPTIONS, () => {});
    assert.deepEqual(bound, ["closed alone :::80", "shared :::80"]);
  });

  it("of an instance that is taken over are shared with it, until it is gone", async () => {
    const { bound, guard, first, process } = rig([80, 81], [80]);
    const listener = await first.listenTcp(OPTIONS, () => {});
    assert.deepEqual(bound, ["shared :::80"]);
    await assert.rejects(first.listenTcp({ ...OPTIONS, port: 81 }, () => {}), { code: "EADDRINUSE" });
    guard.inheritNothing();
    await process({}).listenTcp(OPTIONS, () => {}); // it is ours now
    await listener.close();
    assert.equal(bound.filter((line) => line === "shared :::80").length, 1);
  });

  it("are tried again when the last process has let go of them, or is gone", async () => {
    const { bound, guard, process } = rig();
    const mortal = {};
    const one = await process({}).listenTcp(OPTIONS, () => {});
    await process(mortal).listenTcp(OPTIONS, () => {});
    await one.close();
    await process({}).listenTcp(OPTIONS, () => {}).then((third) => third.close());
    assert.equal(bound.filter((line) => line.includes("alone")).length, 1);
    bound.length = 0;
    guard.releaseAll(mortal);
    await process({}).listenTcp(OPTIONS, () => {});
    assert.deepEqual(bound, ["closed alone :::80", "shared :::80"]);
  });

  it("held at every address stand in the way of none of ours", async () => {
    const { bound, first } = rig();
    await first.listenTcp(OPTIONS, () => {});
    await first.listenTcp({ host: "10.0.0.1", port: 80 }, () => {});
    await first.listenTcp({ host: "10.0.0.1", port: 8080 }, () => {});
    await first.listenTcp({ host: "10.0.0.2", port: 8080 }, () => {});
    assert.deepEqual(bound.filter((line) => line.includes("alone")), [
      "closed alone :::80",
      "closed alone 10.0.0.1:8080",
      "closed alone 10.0.0.2:8080",
    ]);
  });
});
