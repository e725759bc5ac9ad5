import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseFile } from "../../src/sources/parse-file.ts";

const rule = (name: string, extra = "") =>
  `apiVersion: crd.alauda.io/v1\nkind: Rule\nmetadata: {name: ${name}}\nspec: {${extra}}\n`;

async function names(text: string): Promise<string[]> {
  const { definitions } = await parseFile("a.yaml", text);
  return definitions.map(({ result }) => `${result.object === undefined ? "bad " : ""}${result.ref.name}`);
}

test("parse file: documents, lists, lists of a kind, lists in lists", async () => {
  const item = { metadata: { name: "b" }, spec: {} };
  const full = { apiVersion: "crd.alauda.io/v1", kind: "Rule", ...item };
  const list = (kind: string, items: unknown) => JSON.stringify({ apiVersion: "v1", kind, items });
  const ruleList = JSON.stringify({ apiVersion: "crd.alauda.io/v1", kind: "RuleList", items: [item, item] });
  assert.deepEqual(await names(`${rule("a")}---\n${rule("b")}`), ["a", "b"]);
  assert.deepEqual(await names(list("List", [full, full])), ["b", "b"]);
  assert.deepEqual(await names(ruleList), ["b", "b"]);
  assert.deepEqual(await names(list("List", [JSON.parse(ruleList), full])), ["b", "b", "b"]);
  assert.deepEqual(await names(list("List", [])), []);
  assert.deepEqual(await names(list("List", null)), []);
  assert.deepEqual(await names(list("List", [null, 5, full])), ["bad ", "bad ", "b"]);
  assert.deepEqual(await names("apiVersion: v1\nkind: List\nitems:\n- 5\n"), ["bad "]);
  assert.deepEqual(await names(list("List", "x")), ["bad "]);
  assert.deepEqual(await names("just text"), ["bad "]);
});

test("parse file: places count from the start of the file", async () => {
  const text = `# first\n---\n${rule("a")}---\n${rule("b")}---\na: [\n`;
  const { definitions, errors } = await parseFile("x.yaml", text);
  assert.deepEqual(definitions.map(({ origin }) => origin.locate("")), [
    { file: "x.yaml", line: 3, column: 1 },
    { file: "x.yaml", line: 8, column: 1 },
  ]);
  assert.deepEqual(definitions[1]?.origin.locate("metadata.name"), { file: "x.yaml", line: 10, column: 18 });
  assert.deepEqual(errors.map(({ place }) => place?.line), [13]);

  const list =
    "apiVersion: v1\nkind: List\nitems:\n- kind: Rule\n  apiVersion: crd.alauda.io/v1\n  metadata: {name: a}\n  spec: {}\n";
  const [first] = (await parseFile("x.yaml", list)).definitions;
  assert.deepEqual(first?.origin.locate("metadata.name"), { file: "x.yaml", line: 6, column: 20 });
  assert.deepEqual(first?.origin.locate(""), { file: "x.yaml", line: 4, column: 3 });
});

test("parse file: unquoted arguments are the text that was written, in lists too", async () => {
  const dslx = "dslx: [{type: HEADER, key: v, values: [[EQ, 1.10], [IN, 0x1F, true]]}]";
  for (
    const text of [
      rule("a", dslx),
      `apiVersion: v1\nkind: List\nitems:\n- {apiVersion: crd.alauda.io/v1, kind: Rule, metadata: {name: a}, spec: {${dslx}}}`,
    ]
  ) {
    const object = (await parseFile("a.yaml", text)).definitions[0]?.result.object;
    assert.ok(object?.kind === "Rule");
    assert.deepEqual(object.spec.dslx?.[0]?.values, [["EQ", "1.10"], ["IN", "0x1F", "true"]]);
  }
});

test("parse file: documents that did not change are the same objects, at their new places", async () => {
  const before = await parseFile("a.yaml", `${rule("a")}---\n${rule("b")}---\n${rule("c")}`);
  const after = await parseFile(
    "a.yaml",
    `# new\n---\n${rule("b")}---\n${rule("c")}---\n${rule("a")}`,
    before,
  );
  const objects = (file: typeof before) =>
    new Map(file.definitions.map(({ result }) => [result.ref.name, result.object]));
  assert.equal(objects(after).get("b"), objects(before).get("b"));
  assert.notEqual(objects(after).get("b"), undefined);
  assert.equal(after.definitions[0]?.origin.locate("").line, 3);
});

test("parse file: a bad document never hides its neighbours, and nothing throws", async () => {
  const piece = fc.oneof(
    fc.string({ unit: fc.constantFrom(..."ab:-[]{},&*!|>'\"%@`#? \n\t\0~<1") }),
    fc.constantFrom(
      "a: [",
      "a: '",
      'a: "',
      "|",
      "a: 1\na: 1",
      "&a [*a]",
      "kind: List",
      "kind: Rule\nspec: 5",
    ),
    fc.json(),
  ).filter((text) => !/(?:^|[\r\n])(?:---|\.\.\.)|^\s*[{%]|\n%/.test(text));
  await fc.assert(
    fc.asyncProperty(fc.array(piece), fc.array(piece), async (before, after) => {
      const text = [...before, rule("found"), ...after].map((part) => `---\n${part}\n`).join("");
      const { definitions } = await parseFile("a.yaml", text);
      const found = definitions.filter(({ result }) => result.object?.metadata.name === "found");
      assert.equal(found.length, 1);
      assert.equal(found[0]?.result.issues.length, 0);
      const lines = text.split("\n");
      assert.equal(lines[(found[0]?.origin.locate("").line ?? 0) - 1], "apiVersion: crd.alauda.io/v1");
    }),
    { numRuns: 500 },
  );
});

test("parse file: ten thousand Rules in one file", async () => {
  const text = Array.from(
    { length: 10_000 },
    (_, i) => rule(`r${i}`, `dslx: [{type: URL, values: [[EQ, /${i}]]}]`),
  )
    .join("---\n");
  const before = await parseFile("a.yaml", text);
  assert.equal(before.definitions.filter(({ result }) => result.object).length, 10_000);
  const after = await parseFile("a.yaml", text.replace("/5000]", "/x]"), before);
  const changed = after.definitions.filter(({ result }, i) =>
    result.object !== before.definitions[i]?.result.object
  );
  assert.deepEqual(changed.map(({ result }) => result.ref.name), ["r5000"]);
});
