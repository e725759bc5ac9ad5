import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatProblem } from "../../src/errors.ts";
import { compose, type Composition } from "../../src/sources/compose.ts";
import { parseFile, unreadableFile } from "../../src/sources/parse-file.ts";

type Files = Readonly<Record<string, string>>;

/** A Frontend of this name; the port tells versions apart, "x" is an invalid one. */
const frontend = (name: string, port: number | string) =>
  `apiVersion: crd.alauda.io/v1\nkind: Frontend\nmetadata: {name: ${name}}\nspec: {port: ${port}}\n`;
const BROKEN = "a: [\n";

async function step(files: Files, before?: Composition): Promise<Composition> {
  const parsed = [];
  for (const [path, text] of Object.entries(files)) parsed.push(await parseFile(path, text));
  return compose(parsed, before?.good);
}

/** `name` → port of what is served. */
function served({ entries }: Composition): Record<string, number> {
  const ports = entries.map((
    { object },
  ) => [object.metadata.name, object.kind === "Frontend" ? object.spec.port : 0]);
  return Object.fromEntries(ports);
}

/** Each problem as its line, with a mark for those that leave a good version in place. */
function said({ problems }: Composition): string[] {
  return problems.map(formatProblem);
}

test("compose: the first definition wins, whatever is said later is told with both places", async () => {
  const both = await step({
    "a.yaml": frontend("x", 1),
    "b.yaml": `${frontend("y", 2)}---\n${frontend("x", 3)}`,
  });
  assert.deepEqual(served(both), { x: 1, y: 2 });
  assert.deepEqual(said(both), [
    "b.yaml:6 Frontend default/x: is defined before, at a.yaml:1, and that definition counts",
  ]);
  assert.equal(both.problems[0]?.code, "DuplicateObject");
});

test("compose: an invalid definition does not hide a valid one", async () => {
  const both = await step({ "a.yaml": frontend("x", 0), "b.yaml": frontend("x", 3) });
  assert.deepEqual(served(both), { x: 3 });
  assert.deepEqual(said(both), [
    "a.yaml:4 Frontend default/x spec.port: expected a port from 1 to 65535, got 0",
  ]);
});

test("compose: an object that becomes bad keeps its last good version until it is good or gone", async () => {
  const first = await step({ "a.yaml": `${frontend("x", 1)}---\n${frontend("y", 1)}` });
  const bad = await step({ "a.yaml": `${frontend("x", 0)}---\n${frontend("y", 2)}` }, first);
  assert.deepEqual(served(bad), { x: 1, y: 2 });
  assert.deepEqual(said(bad), [
    "a.yaml:4 Frontend default/x spec.port: expected a port from 1 to 65535, got 0 (stale: the last good version keeps serving)",
  ]);
  const stillBad = await step({ "a.yaml": `${frontend("x", -1)}---\n${frontend("y", 3)}` }, bad);
  assert.deepEqual(served(stillBad), { x: 1, y: 3 });
  const mended = await step({ "a.yaml": `${frontend("x", 4)}---\n${frontend("y", 3)}` }, stillBad);
  assert.deepEqual([served(mended), said(mended)], [{ x: 4, y: 3 }, []]);
  const gone = await step({ "a.yaml": frontend("y", 3) }, stillBad);
  assert.deepEqual([served(gone), said(gone)], [{ y: 3 }, []]);
  const neverGood = await step({ "a.yaml": frontend("x", 0) }, gone);
  assert.deepEqual(served(neverGood), {});
  assert.equal(neverGood.problems[0]?.stale, undefined);
});

test("compose: an object of which a part is refused counts only as long as there was no better one", async () => {
  const partly = `${frontend("x", 1).trimEnd().slice(0, -1)}, config: {auth: 5}}\n`;
  const fresh = await step({ "a.yaml": partly });
  assert.deepEqual(served(fresh), { x: 1 });
  assert.deepEqual(fresh.entries[0]?.refusals?.map(({ field }) => field), ["spec.config.auth"]);
  const first = await step({ "a.yaml": frontend("x", 2) }, fresh);
  const again = await step({ "a.yaml": partly }, first);
  assert.deepEqual(served(again), { x: 2 });
  assert.equal(again.entries[0]?.refusals?.length, 0);
  assert.deepEqual(said(again), [
    "a.yaml:4 Frontend default/x spec.config.auth: expected a mapping, got 5 (stale: the last good version keeps serving)",
  ]);
});

test("compose: a file that cannot be parsed keeps its last good content", async () => {
  const first = await step({ "a.yaml": frontend("x", 1), "b.yaml": frontend("y", 1) });
  const broken = await step({ "a.yaml": BROKEN, "b.yaml": frontend("y", 2) }, first);
  assert.deepEqual(served(broken), { x: 1, y: 2 });
  assert.deepEqual(broken.problems, [{
    severity: "error",
    code: "UnreadableFile",
    object: { kind: "File", namespace: "", name: "a.yaml", file: "a.yaml", line: 1, column: 5 },
    field: "",
    reason: "not valid YAML or JSON: deficient indentation, or a quote or bracket that is not closed",
    stale: true,
    keeps: [{ kind: "Frontend", namespace: "default", name: "x" }],
  }]);
  const still = await step({ "a.yaml": BROKEN, "b.yaml": frontend("y", 3) }, broken);
  assert.deepEqual(served(still), { x: 1, y: 3 });
  assert.deepEqual(served(await step({ "b.yaml": frontend("y", 3) }, still)), { y: 3 });
  const fresh = await step({ "a.yaml": BROKEN });
  assert.deepEqual([served(fresh), fresh.problems[0]?.stale], [{}, undefined]);
});

test("compose: in a file that is broken in part the rest is live", async () => {
  const first = await step({
    "a.yaml": `${frontend("x", 1)}---\n${frontend("y", 1)}---\n${frontend("z", 1)}`,
  });
  const broken = await step(
    { "a.yaml": `${frontend("x", 2)}---\n${BROKEN}---\n${frontend("new", 2)}` },
    first,
  );
  assert.deepEqual(served(broken), { x: 2, new: 2, y: 1, z: 1 });
  const mended = await step({ "a.yaml": `${frontend("x", 2)}---\n${frontend("y", 2)}` }, broken);
  assert.deepEqual(served(mended), { x: 2, y: 2 });
});

test("compose: a file that cannot be opened keeps its objects, and a folder says that those below it count", async () => {
  const first = await step({ "a.yaml": frontend("x", 1) });
  const unreadable = compose([unreadableFile("a.yaml", { message: "not permitted to read it" })], first.good);
  assert.deepEqual(served(unreadable), { x: 1 });
  assert.deepEqual(said(unreadable), [
    "a.yaml:1 File a.yaml: not permitted to read it (stale: the last good version keeps serving)",
  ]);
  const folder = compose([unreadableFile("d", { message: "x", stale: true })]);
  assert.equal(folder.problems[0]?.stale, true);
});

test("compose: problems stand in the order of their places", async () => {
  const composed = await step({
    "a.yaml": `${frontend("x", 0)}---\n${BROKEN}---\n${frontend("y", 0)}`,
    "b.yaml": frontend("z", 0),
  });
  assert.deepEqual(composed.problems.map(({ object }) => `${object.file}:${object.line}`), [
    "a.yaml:4",
    "a.yaml:6",
    "a.yaml:11",
    "b.yaml:4",
  ]);
});

test("compose: whatever the edits, good objects are served as written, and nothing is served that never was", async () => {
  const document = fc.oneof(
    fc.tuple(fc.constantFrom("x", "y", "z"), fc.nat({ max: 3 })).map(([name, port]) => frontend(name, port)),
    fc.constant(BROKEN),
  );
  const file = fc.array(document, { maxLength: 4 }).map((documents) => documents.join("---\n"));
  const edits = fc.array(fc.record({ "a.yaml": file, "b.yaml": file }, { requiredKeys: [] }), {
    minLength: 1,
  });
  await fc.assert(fc.asyncProperty(edits, async (history) => {
    let state: Composition | undefined;
    const written = new Set<string>();
    for (const files of history) {
      state = await step(files as Files, state);
      const good = Object.values(files).flatMap((
        text,
      ) => [...text.matchAll(/name: (\w)\}\nspec: \{port: ([1-9])/g)]);
      for (const [, name, port] of good) written.add(`${name} ${port}`);
      const now = served(state);
      for (const [, name = ""] of good) assert.ok(now[name] !== undefined, "a good object is served");
      for (const [name, port] of Object.entries(now)) {
        assert.ok(written.has(`${name} ${port}`), `${name} ${port}`);
      }
      const all = Object.values(files).join("");
      if (!all.includes(BROKEN)) {
        for (const name of Object.keys(now)) {
          assert.ok(all.includes(`name: ${name}}`), "what was deleted is gone");
        }
      }
    }
  }));
});
