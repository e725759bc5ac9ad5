/** The YAML of the pages about features: it is read and translated without a complaint. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { parse, parseAllDocuments } from "yaml";
import { formatProblem } from "../../src/errors.ts";
import { alb2, frontend, type Json, rule, service, translateObjects } from "../translators/objects.ts";

const PAGES = [
  "rewrite",
  "redirect",
  "cors",
  "headers",
  "compression",
  "timeouts",
  "middlewares",
  "load-balancing",
  "authentication",
  "backend-protocol",
  "error-pages",
];

interface Fragment {
  readonly metadata?: Json;
  readonly spec?: Json;
}

/** What the examples refer to. */
const REFERENCES: readonly Json[] = [
  { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "pages" }, data: { "denied.html": "no" } },
  {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "users" },
    stringData: { auth: "foo:$apr1$qICNZ61Q$2iooiJVUAMmprq258/ChP1" },
  },
];

/** Under a first line that says of what it is a part. */
const OBJECTS: Readonly<Record<string, (fragment: Fragment) => readonly Json[]>> = {
  "a Rule": ({ spec, metadata }) => {
    const whole = rule("r", spec, metadata);
    const labels = { "alb2.cpaas.io/frontend": "web" };
    return [
      frontend(),
      { ...whole, metadata: { ...whole["metadata"] as Json, labels } },
      ...service("echo", ["10.0.0.1"]),
      ...REFERENCES,
    ];
  },
  "a Frontend": ({ spec }) => [frontend(spec)],
  "an ALB2": ({ spec }) => [alb2(spec?.["config"] as Json)],
};

for (const name of PAGES) {
  describe(`docs/${name}.md`, () => {
    const page = readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), "utf8");
    const blocks = [...page.matchAll(/```yaml\n# (.*)\n([^]*?)```/g)];

    it("has an example", () => assert.ok(blocks.length > 0));

    for (const [, kind = "", text = ""] of blocks) {
      it(`${kind}: ${text.trim().split("\n").at(-1)}`, () => {
        const objectsOf = OBJECTS[kind];
        assert.ok(objectsOf !== undefined, `what is ${kind}?`);
        const { problems } = translateObjects(objectsOf(parse(text)));
        assert.deepEqual(problems.map(formatProblem), []);
      });
    }

    it("says what it is called in other gateways", () => {
      assert.match(page, /^## Elsewhere\n\n\| Albatross \| ingress-nginx.*\| Traefik.*\| Envoy Gateway/m);
    });
  });
}

describe("whole objects in the documentation", () => {
  const docs = new URL("../../docs/", import.meta.url);
  const pages = [
    ...readdirSync(docs).filter((name) => name.endsWith(".md")).map((name) => new URL(name, docs)),
    new URL("../../README.md", import.meta.url),
  ];
  const blocks = pages.flatMap((page) =>
    [...readFileSync(page, "utf8").matchAll(/```yaml\n([^]*?)```/g)].map(([, text = ""]) => ({ page, text }))
  );

  for (const { page, text } of blocks) {
    const name = page.pathname.split("/").at(-1);
    if (/^# (.*)\n/.exec(text)?.[1] !== undefined) {
      if (!PAGES.includes(name?.replace(".md", "") ?? "")) {
        it(`${name}: a part of an object stands on a page whose parts are tried`, () => assert.fail(text));
      }
      continue;
    }
    it(`${name}: ${text.split("\n")[1]}`, () => {
      const objects = parseAllDocuments(text).map((document) => document.toJS());
      const { problems } = translateObjects(objects);
      const wrong = problems.filter(({ code }) => code !== "UnresolvedReference" && code !== "NoSuchOwner");
      assert.deepEqual(wrong.map(formatProblem), []);
    });
  }
});
