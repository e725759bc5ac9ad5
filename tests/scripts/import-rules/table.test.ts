import assert from "node:assert/strict";
import { it } from "node:test";
import { findCycle } from "../../../scripts/import-rules/cycles.ts";
import { areaOf, IMPORT_TABLE, ruleOf } from "../../../scripts/import-rules/table.ts";

it("the import table itself has no cycle, so that no tree which follows it can have one", () => {
  const graph = new Map(
    Object.entries(IMPORT_TABLE).map(([area, { areas }]) => [
      area,
      new Map((areas === "all" ? [] : areas).map(({ target }) => {
        const name = target.includes("/") ? areaOf(target) : target;
        return [name, `${area} → ${name}`];
      })),
    ]),
  );
  assert.equal(findCycle(graph), null);
});

it("areas are folders of src, files directly in src, and top-level folders", () => {
  assert.equal(areaOf("src/matcher/path.ts"), "matcher");
  assert.equal(areaOf("src/middlewares/auth/jwt.ts"), "middlewares");
  assert.equal(areaOf("src/errors.ts"), "errors");
  assert.equal(areaOf("routes/dashboard/mod.ts"), "routes");
  assert.equal(ruleOf("src/nowhere/x.ts"), undefined);
  assert.equal(ruleOf("src/constructor/x.ts"), undefined);
  assert.equal(ruleOf("src/data-plane.ts")?.areas, "all");
});

it("findCycle names the nodes and edges of the loop, not the way to it", () => {
  const graph = new Map([
    ["a", new Map([["b", 1]])],
    ["b", new Map([["c", 2]])],
    ["c", new Map([["b", 3]])],
  ]);
  assert.deepEqual(findCycle(graph), { path: ["b", "c", "b"], edges: [2, 3] });
  assert.equal(findCycle(new Map([["a", new Map([["b", 1]])]])), null);
});
