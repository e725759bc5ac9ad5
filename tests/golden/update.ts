/**
 * Writes `out.yaml` of every golden case; see `render.ts`. With `--check` it writes nothing and fails when one would
 * change. Started by `scripts/golden`.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { caseNames, fileOf, render } from "./render.ts";

const onlyChecks = process.argv.includes("--check");
let changed = 0;
for (const name of caseNames()) {
  const file = fileOf(name, "out.yaml");
  const text = render(name);
  if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
  if (!onlyChecks) writeFileSync(file, text);
  changed++;
  console.log(`${onlyChecks ? "stale" : "changed"}: ${name}`);
}
console.log(`${changed} ${onlyChecks ? "stale" : "changed"}`);
if (onlyChecks && changed > 0) process.exit(1);
