/** The same bytes to nginx and to Albatross, a part of the battery: `scripts/differential` plays all of it. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { battery } from "../../../scripts/differential-runner/cases.ts";
import type { Difference } from "../../../scripts/differential-runner/compare.ts";
import { explain } from "../../../scripts/differential-runner/explain.ts";
import { KNOWN } from "../../../scripts/differential-runner/known.ts";
import { type Proxies, startProxies } from "../../../scripts/differential-runner/lanes.ts";
import { settledDifferences } from "../../../scripts/differential-runner/settle.ts";
import { after, before, it } from "../../blackbox/harness/suite.ts";

const HAS_NGINX = (process.env["PATH"] ?? "").split(delimiter).some((folder) =>
  existsSync(join(folder, "nginx"))
);
const NO_NGINX = HAS_NGINX ? false : "nginx is not installed";

/** Every so many cases one is played. */
const EVERY = 8;

const outcome = { client: "200, kept", upstream: [] };
const difference = (name: string): Difference => ({ name, nginx: outcome, albatross: outcome });

describe("differences from nginx", () => {
  let proxies: Proxies | undefined;
  before(async () => void (proxies = HAS_NGINX ? await startProxies(6) : undefined));
  after(() => proxies?.stop());

  it("all are known, and what is known differs", { skip: NO_NGINX }, async () => {
    const cases = battery().filter((_, n) => n % EVERY === 0);
    const { found, unexplained, gone } = await settledDifferences(proxies!, cases, KNOWN);
    assert.deepEqual({ unexplained, gone }, { unexplained: [], gone: [] });
    assert.ok(found.length > cases.length / 5, "otherwise nothing was compared");
  });

  it("an unknown one and one that is gone are told", () => {
    const known = [{ title: "t", reason: "r", cases: ["a: 1", /^b: /] }];
    const { explained, unexplained, gone } = explain([difference("b: 1"), difference("c: 1")], known, [
      "a: 1",
      "b: 2",
    ]);
    assert.deepEqual(explained[0]!.differences.map(({ name }) => name), ["b: 1"]);
    assert.deepEqual(unexplained.map(({ name }) => name), ["c: 1"]);
    assert.deepEqual(gone, ["a: 1", "b: 2"]);
  });

  it("every case that is known by name is one of the battery, and is known once", () => {
    const names = battery().map(([name]) => name);
    const listed = KNOWN.flatMap(({ cases }) => cases).filter((each) => typeof each === "string");
    assert.deepEqual(listed.filter((each) => !names.includes(each) && !each.startsWith("byte ")), []);
    assert.equal(new Set(listed).size, listed.length);
  });
});
