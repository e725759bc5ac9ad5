/** Writes `out.yaml` of every golden case; see `render.ts`. Started by `scripts/golden`. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { caseNames, fileOf, render } from "./render.ts";

let changed = 0;
for (const name of caseNames()) {
  const file = fileOf(name, "out.yaml");
  const text = render(name);
  if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
  writeFileSync(file, text);
  changed++;
  console.log(`changed: ${name}`);
}
console.log(`${changed} changed`);
