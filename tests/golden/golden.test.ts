/** The golden cases: what translation gives is what was reviewed. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { caseNames, fileOf, render } from "./render.ts";

describe("golden cases of rules (scripts/golden rewrites them)", () => {
  for (const name of caseNames()) {
    it(name, () => assert.equal(render(name), readFileSync(fileOf(name, "out.yaml"), "utf8")));
  }
});
