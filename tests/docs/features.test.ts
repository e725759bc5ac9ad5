/** The YAML of the pages about features: it is read and translated without a complaint. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { parse } from "yaml";
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
  "backend-protocol",
];

interface Fragment {
  readonly metadata?: Json;
  readonly spec?: Json;
}

/** Under a first line that says of what it is a part. */
const OBJECTS: Readonly<Record<string, (fragment: Fragment) => readonly Json[]>> = {
  "a Rule": ({ spec, metadata }) => {
    const whole = rule("r", spec, metadata);
    const labels = { "alb2.cpaas.io/frontend": "web" };
    return [
      frontend(),
      { ...whole, metadata: { ...whole["metadata"] as Json, labels } },
      ...service("echo", ["10.0.0.1"]),
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
