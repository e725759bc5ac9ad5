/** Lists that are cut into their items give the same objects, at the same places, as lists that are parsed whole. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { dump } from "js-yaml";
import { atOnce } from "../../src/lib/steps.ts";
import { parseFile } from "../../src/sources/parse-file.ts";
import { cutList } from "../../src/sources/split-list.ts";
import { parseDocument } from "../../src/sources/syntax.ts";

const never = () => false;

/** Items of a cut list, parsed one by one; undefined when it was not cut. */
function itemsOf(text: string): unknown[] | undefined {
  return atOnce(cutList(text, never))?.items.map((item) => {
    const parsed = parseDocument(item.text);
    return parsed.ok ? parsed.value : "unreadable";
  });
}

const text = fc.oneof(
  fc.string(),
  fc.constantFrom("- a", "items:", "a\n- b\n", "\n- x", "[]", "{", '"items": [', "|\n  - a", "# no", "---"),
);
const { item } = fc.letrec((tie) => ({
  item: fc.dictionary(fc.constantFrom("kind", "items", "spec", "- a", "#"), tie("value"), { minKeys: 1 }),
  value: fc.oneof(
    { depthSize: "small" },
    text,
    fc.integer(),
    fc.constant(null),
    tie("item"),
    fc.array(tie("value")),
  ),
}));

test("split-list: whatever a dumper writes is cut right, or not at all", () => {
  fc.assert(
    fc.property(
      fc.array(item, { minLength: 1, maxLength: 4 }),
      fc.constantFrom(undefined, 2),
      fc.boolean(),
      fc.boolean(),
      (items, space, isJson, noIndent) => {
        const list = { apiVersion: "v1", items, kind: "List" };
        const written = isJson
          ? JSON.stringify(list, null, space)
          : dump(list, { seqNoIndent: noIndent, noRefs: true, lineWidth: 20 });
        const whole = parseDocument(written);
        const cut = itemsOf(written);
        if (cut === undefined) return;
        assert.ok(whole.ok);
        assert.deepEqual(cut, (whole.value as typeof list).items);
      },
    ),
    { numRuns: 300 },
  );
});

test("split-list: lists as kubectl writes them are cut", () => {
  for (
    const list of [
      "apiVersion: v1\nitems:\n- a: 1\n  b: |\n    - x\n- a: 2\nkind: List\nmetadata:\n  resourceVersion: ''\n",
      "kind: List\nitems:\n  - a: 1\n    b: '- x'\n\n  # two\n  - a: 2\n",
      '{"kind": "List", "items": [{"a": 1, "b": "}]\\\\\\"{"},\n {"a": 2}], "metadata": {}}',
    ]
  ) {
    const items = itemsOf(list) as { a: number }[] | undefined;
    assert.deepEqual(items?.map(({ a }) => a), [1, 2], list);
  }
});

test("split-list: what cannot be told apart by looking is left whole", () => {
  for (
    const list of [
      "kind: List\n",
      "kind: List\nitems: []\n",
      "kind: List\nitems: [{a: 1}]\n",
      "kind: List\nitems:\n- &x {a: 1}\n- *x\n",
      "{kind: List, items: [{a: 1}]}",
      '{"kind": "List", "items": [1]}',
      '{"kind": "List", "items": [{"a": 1} {"a": 2}]}',
      '{"kind": "List", "items": [{"a": 1},]}',
      '{"kind": "List", "items": [{"a": 1}, {"b": ]}',
      '{"kind": "List", "items": [{"a": 1}',
      '{"kind": "List", "items": [{"a": 1}]} # JSON has no comments',
    ]
  ) {
    assert.equal(itemsOf(list), undefined, list);
  }
});

const RULE = (name: string) =>
  `{"kind": "Rule", "apiVersion": "crd.alauda.io/v1", "metadata": {"name": "${name}"}, "spec": {}}`;

test("split-list: objects are named with their place in the file", async () => {
  const json = `{"kind": "List", "apiVersion": "v1",\n"items": [\n  ${RULE("a")}, ${RULE("b")},\n\n  ${
    RULE("c")
  }]}`;
  const found = (await parseFile("x.json", json)).definitions;
  assert.deepEqual(found.map(({ result }) => result.ref.name), ["a", "b", "c"]);
  const places = found.map(({ origin }) => origin.locate(""));
  const lines = json.split("\n");
  assert.deepEqual(places.map(({ line }) => line), [3, 3, 5]);
  for (const { line, column } of places) assert.equal(lines[line - 1]?.slice(column - 1)[0], "{");
  const { line, column } = found[1]!.origin.locate("metadata.name");
  assert.equal(lines[line - 1]?.slice(column - 1, column + 1), 'b"');
});

test("split-list: an item that cannot be read leaves its neighbours alone", async () => {
  const yaml =
    "kind: RuleList\napiVersion: crd.alauda.io/v1\nitems:\n- metadata: {name: a}\n- metadata: {name: b\n" +
    "- metadata: {name: c}\n- null\n";
  const { definitions, errors } = await parseFile("x.yaml", yaml);
  assert.deepEqual(definitions.map(({ result }) => result.ref), [
    { kind: "Rule", namespace: "default", name: "a" },
    { kind: "Rule", namespace: "default", name: "c" },
    { kind: "", namespace: "default", name: "" },
  ]);
  assert.equal(errors.length, 1);
  assert.equal(errors[0]?.place?.line, 5);
});

test("split-list: a change of one item keeps the other objects", async () => {
  for (
    const [name, list] of [
      ["x.json", `{"kind": "List", "items": [${RULE("a")}, ${RULE("b")}]}`],
      ["x.yaml", `kind: List\nitems:\n- ${RULE("a")}\n- ${RULE("b")}\n`],
    ] as const
  ) {
    const before = await parseFile(name, list);
    const after = await parseFile(name, list.replace('"b"', '"z"'), before);
    const [same, other] = after.definitions.map(({ result }) => result.object);
    assert.equal(same, before.definitions[0]?.result.object);
    assert.equal(other?.metadata.name, "z");
  }
});

test("split-list: nothing but the items of the list itself is taken for them", async () => {
  const nested = `{"kind": "List", "metadata": {"items": [${RULE("no")}]}, "items": []}`;
  assert.deepEqual((await parseFile("x.json", nested)).definitions, []);
  const other = `{"kind": "Other", "apiVersion": "v1", "items": [${RULE("no")}]}`;
  assert.deepEqual((await parseFile("x.json", other)).definitions.map(({ result }) => result.ref.kind), [
    "Other",
  ]);
});
