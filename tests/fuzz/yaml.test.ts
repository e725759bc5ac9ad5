/** Files with anything in them: never a throw, never a good object lost because of its neighbour. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { compose } from "../../src/sources/compose.ts";
import { parseFile } from "../../src/sources/parse-file.ts";
import { createSnapshot } from "../../src/resources/snapshot.ts";
import { translate } from "../../src/translators/mod.ts";
import { stringify } from "yaml";
import { frontend, type Json, OPTIONS, rule, service } from "../translators/objects.ts";
import { fuzz } from "./fuzz.ts";

const GOOD: readonly Json[] = [
  frontend(),
  ...service("echo", ["10.0.0.1"]),
  rule("first", { dslx: [{ type: "URL", values: [["EQ", "/first"]] }] }),
  rule("last", { dslx: [{ type: "URL", values: [["EQ", "/last"]] }], priority: 1 }),
];

/** Every kind with most of what it may have, to be broken; but an ALB2, with which another gateway begins. */
const VICTIMS: readonly Json[] = [
  rule("victim", {
    priority: 2,
    backendProtocol: "http",
    rewrite_base: "/a",
    rewrite_target: "/b",
    enableCORS: true,
    config: {
      timeout: { proxy_connect_timeout_ms: 1000 },
      redirect: { code: 302, url: "/x" },
      auth: { basic: { realm: "r", secret: "default/s", auth_type: "basic" } },
    },
  }, { namespace: "other" }),
  frontend({ port: 81, config: { cors: { maxAge: 1 } } }, { name: "victim" }),
  ...service("victim", ["10.0.0.2"]),
  { apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, data: { auth: "YTpi" } },
  { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c" }, data: { a: "b" } },
  { apiVersion: "v1", kind: "Namespace", metadata: { name: "n" } },
];

const strange: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    1e300,
    "",
    "x",
    "é\0",
    [],
    {},
    [null],
    { a: { b: [] } },
    "9".repeat(400),
  ),
  fc.constantFrom<unknown>(
    "${x}",
    "/",
    "*",
    "__proto__",
    ["EQ"],
    [["EQ", null]],
    { name: 1 },
    "1.10",
    "0x1F",
    "y",
    "~",
  ),
  fc.jsonValue(),
);

/** An object with one of its parts replaced, removed, or joined by another. */
const broken = fc.tuple(
  fc.constantFrom(...VICTIMS),
  fc.array(fc.nat(60), { minLength: 1, maxLength: 4 }),
  strange,
  fc.nat(5),
)
  .map(([victim, path, value, how]) => {
    const copy = structuredClone(victim) as Record<string, unknown>;
    let at: Record<string, unknown> = copy;
    for (const [depth, step] of path.entries()) {
      const keys = Object.keys(at);
      const key = keys[step % keys.length];
      if (key === undefined) break;
      const next = at[key];
      if (
        depth < path.length - 1 && typeof next === "object" && next !== null && Object.keys(next).length > 0
      ) {
        at = next as Record<string, unknown>;
      } else if (how === 0) {
        delete at[key];
        break;
      } else {
        at[how === 1 ? "unknown" : key] = value;
        break;
      }
    }
    return copy;
  });

const document = fc.oneof(
  broken.map((object) => JSON.stringify(object)),
  broken.map((object) => stringify(object)),
  fc.tuple(
    broken,
    fc.nat(400),
    fc.constantFrom("\t", "{", "]", ": ", "- ", "&a", "*a", "!!x", "'", '"', "\n", "\0", "|", "%"),
  )
    .map(([object, at, text]) => {
      const yaml = stringify(object);
      const place = at % yaml.length;
      return yaml.slice(0, place) + text + yaml.slice(place);
    }),
  fc.constantFrom(
    ...[
      "%YAML 1.2",
      "%TAG ! x",
      "...",
      "---",
      "--- |",
      "a: |\n  x\n ---",
      "a: [",
      "&a [*a]",
      "a: &a {b: *a}",
      "\ufeff",
    ],
    ...[
      "? {a: 1}\n: b",
      "<<: {a: 1}",
      "!!js/function 'x'",
      "- - - -",
      "key: 'open",
      "a: 1\na: 2",
      "!!binary x",
      "\0",
    ],
    '{"kind": "List", "apiVersion": "v1", "items": [null, 5, {"kind": "Rule"}]}',
    `a: ${"[".repeat(2000)}`,
    Array.from({ length: 12 }, (_, n) => `a${n}: &a${n} [${`*a${n - 1},`.repeat(n === 0 ? 0 : 9)}]`).join(
      "\n",
    ),
  ),
  fc.string({ unit: "binary", maxLength: 60 }),
);

/** What the table says of the good rules. */
function routesOf(table: ReturnType<typeof translate>["table"]): unknown {
  const listener = table.listeners.find(({ port }) => port === 80);
  return listener?.routes.filter(({ name }) => name === "first" || name === "last")
    .map(({ name, match, upstream, refusal }) => ({ name, match, upstream, refusal }));
}

async function read(documents: readonly string[]) {
  const parsed = await parseFile("a.yaml", documents.join("\n---\n"));
  const { entries, problems } = compose([parsed]);
  const translation = translate(createSnapshot(entries), OPTIONS);
  return { parsed, routes: routesOf(translation.table), problems: [...problems, ...translation.problems] };
}

fuzz(
  "yaml: whatever stands between good objects, they are served",
  fc.asyncProperty(fc.array(document, { maxLength: 4 }), async (bad) => {
    const good = GOOD.map((object) => stringify(object));
    const alone = await read(good);
    const among = await read([...good.slice(0, 3), ...bad, ...good.slice(3, -1), ...bad, ...good.slice(-1)]);
    assert.deepEqual(among.routes, alone.routes, JSON.stringify(among.problems));
  }),
);

fuzz(
  "yaml: every problem names an object, and a place within the file when it has one",
  fc.asyncProperty(fc.array(document, { minLength: 1, maxLength: 3 }), async (bad) => {
    const { parsed, problems } = await read(bad);
    const lines = parsed.text.split("\n").length;
    for (const { object, reason } of problems) {
      assert.notEqual(object.kind, "");
      assert.notEqual(reason, "");
      if (object.line !== undefined) {
        assert.ok(object.line >= 1 && object.line <= lines, `${object.line} of ${lines}`);
      }
    }
  }),
);

fuzz(
  "yaml: what is written as YAML and as JSON is one object",
  fc.asyncProperty(broken, async (object) => {
    const [yaml, json] = await Promise.all(
      [stringify(object), JSON.stringify(object)].map((text) => parseFile("a.yaml", text)),
    );
    const facts = ({ definitions, errors }: NonNullable<typeof yaml>) => [
      definitions.map(({ result }) => [result.object, result.issues.map(({ field, code }) => [field, code])]),
      errors.length,
    ];
    assert.deepEqual(facts(yaml!), facts(json!));
  }),
);
