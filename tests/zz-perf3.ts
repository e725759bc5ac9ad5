import { compileRegex } from "../src/lib/regex/mod.ts";
import { compileDslx } from "../src/translators/rule/dslx.ts";
import { complexity, prefixForm, prefixFormLength } from "../src/translators/rule/prefix-form.ts";
const t = performance.now();
for (let i = 0; i < 1000; i++) compileRegex(`^/p${i}/[a-z]+`);
console.log("1000 regex", performance.now() - t);
const dslx = Array.from(
  { length: 10000 },
  (
    _,
    i,
  ) => [{ type: "HOST", key: "", values: [["EQ", `h${i % 1000}.example.com`]] }, {
    type: "URL",
    key: "",
    values: [["STARTS_WITH", `/p${i}`]],
  }],
);
for (let k = 0; k < 3; k++) {
  const t1 = performance.now();
  for (const d of dslx) compileDslx(d, "one");
  const t2 = performance.now();
  for (const d of dslx) {
    prefixFormLength(prefixForm(d));
    complexity(d);
  }
  console.log("10000 dslx", t2 - t1, "prefix", performance.now() - t2);
}
