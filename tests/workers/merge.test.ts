/** What workers say about themselves, as one answer. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ListenerStatus } from "../../src/data-plane.ts";
import type { Problem } from "../../src/errors.ts";
import { mergeListeners, mergeProblems, mergeUpstreams } from "../../src/workers/merge.ts";

function listener(over: Partial<ListenerStatus> = {}): ListenerStatus {
  return {
    ...{ id: "tcp/80", name: "web", port: 80, protocol: "http", addresses: ["::"], state: "serving" },
    ...{ reason: "", connections: 1 },
    ...over,
  } as ListenerStatus;
}

describe("listeners", () => {
  it("have the connections of all", () => {
    assert.deepEqual(mergeListeners([[listener()], [listener({ connections: 4 })]]), [
      listener({ connections: 5 }),
    ]);
  });

  it("have failed when they have failed anywhere, and say where", () => {
    const failed = listener({ state: "failed", reason: "in use", addresses: [], connections: 0 });
    assert.deepEqual(mergeListeners([[failed], [failed]]), [failed]);
    const [half] = mergeListeners([[listener()], [failed]]);
    assert.deepEqual([half?.state, half?.reason], ["failed", "in 1 of 2 workers: in use"]);
    const pending = listener({ state: "pending", reason: "being bound", addresses: [], connections: 0 });
    assert.deepEqual(
      [mergeListeners([[listener()], [pending]])[0]?.reason, mergeListeners([[failed], [pending]])[0]?.state],
      ["in 1 of 2 workers: being bound", "failed"],
    );
  });

  it("that only drain are apart from those that serve the port again", () => {
    const leaving = listener({ state: "draining", addresses: [], connections: 2 });
    assert.deepEqual(mergeListeners([[listener(), leaving], [listener(), leaving]]), [
      listener({ connections: 2 }),
      listener({ ...leaving, connections: 4 }),
    ]);
  });
});

it("upstreams have the counts of all, endpoint by endpoint", () => {
  const endpoint = (name: string, requests: number) => ({
    endpoint: name,
    weight: 100,
    resting: false,
    active: 1,
    idle: 2,
    requests,
    failures: 0,
  });
  const upstream = (...endpoints: ReturnType<typeof endpoint>[]) => ({
    name: "u",
    policy: "ewma",
    endpoints,
  });
  assert.deepEqual(
    mergeUpstreams([[upstream(endpoint("a:1", 3), endpoint("b:1", 1))], [upstream(endpoint("a:1", 4))]]),
    [upstream({ ...endpoint("a:1", 7), active: 2, idle: 4 }, endpoint("b:1", 1))],
  );
});

it("problems are told once", () => {
  const problem: Problem = {
    severity: "error",
    code: "ListenerFailed",
    object: { kind: "Frontend", namespace: "default", name: "web" },
    field: "spec.port",
    reason: "port 80 is in use",
  };
  assert.deepEqual(mergeProblems([[problem], [{ ...problem }, { ...problem, reason: "other" }]]), [
    problem,
    { ...problem, reason: "other" },
  ]);
});
