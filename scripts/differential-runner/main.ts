/** `scripts/differential`: compares, explains, and keeps the document in step. */
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { battery, everyByte } from "./cases.ts";
import { KNOWN } from "./known.ts";
import { startProxies } from "./lanes.ts";
import { document, missing } from "./print.ts";
import { settledDifferences } from "./settle.ts";

const DOCUMENT = new URL("../../docs/differences-from-nginx.md", import.meta.url);

const { values } = parseArgs({ options: { only: { type: "string" }, write: { type: "boolean" } } });
const { only } = values;
const cases = [...battery(), ...everyByte()].filter(([name]) =>
  only === undefined || new RegExp(only).test(name)
);
const proxies = await startProxies(8);
let failed = false;
try {
  const { found, explained, unexplained, gone } = await settledDifferences(proxies, cases, KNOWN);
  for (const difference of unexplained) console.log(`not explained: ${JSON.stringify(difference)}`);
  for (const name of gone) console.log(`no longer a difference: ${name}`);
  console.log(`${cases.length} cases, ${found.length} differences, ${unexplained.length} not explained`);
  failed = unexplained.length + gone.length > 0;
  if (only === undefined) {
    const text = document(explained, cases.length);
    if (values.write === true) writeFileSync(DOCUMENT, text);
    else {
      for (const line of missing(readFileSync(DOCUMENT, "utf8"), explained)) {
        console.log(`not in docs/differences-from-nginx.md (scripts/differential --write): ${line}`);
        failed = true;
      }
    }
  }
} finally {
  await proxies.stop();
}
process.exit(failed ? 1 : 0);
