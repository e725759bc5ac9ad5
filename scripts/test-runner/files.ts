/** Finds the test files and what they say about themselves. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface TestFile {
  /** Relative to the repository, e.g. `tests/matcher/dslx.test.ts`. */
  readonly path: string;
  /** The folder below `tests`, e.g. `matcher`. */
  readonly suite: string;
  /** Whether nothing else may run meanwhile: a line `// runs alone: REASON` in the file. */
  readonly alone: boolean;
  /** Whether `--quick` leaves it out: a line `// slow: REASON` in the file. */
  readonly slow: boolean;
}

/** All test files below `root`/tests, sorted by path. */
export function findTestFiles(root: string): TestFile[] {
  return globSync("tests/**/*.test.ts", { cwd: root }).sort().map((path) => {
    const text = readFileSync(join(root, path), "utf8");
    const [, folder = "", below] = path.split("/");
    return {
      path,
      suite: below === undefined ? "tests" : folder,
      alone: /^\/\/ runs alone: \S/m.test(text),
      slow: /^\/\/ slow: \S/m.test(text),
    };
  });
}
