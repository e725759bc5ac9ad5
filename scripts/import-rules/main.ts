/** `scripts/check-imports`: prints every broken import rule, exits 1 when there is one. */
import { globSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { checkTree, formatRefusal } from "./check.ts";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const paths = globSync("{src,routes,scripts,tests,examples}/**/*.ts", { cwd: root });
const files = new Map(paths.map((path) => [path, readFileSync(resolve(root, path), "utf8")]));
const refusals = checkTree(files);
for (const refusal of refusals) console.log(formatRefusal(refusal));
console.log(`${files.size} files, ${refusals.length} refused`);
process.exitCode = refusals.length === 0 ? 0 : 1;
