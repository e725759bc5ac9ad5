/** Finds the test files and what they say about themselves. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export interface TestFile {
  /** Relative to the repository, e.g. `tests/matcher/dslx.test.ts`. */
  readonly path: string;
  /** The folder below `tests`, e.g. `matcher`. */
  readonly suite: string;
  /** Whether nothing else may run meanwhile: a line `// runs alone: REASON` in the file. */
  readonly alone: boolean;
  /** Whether `--quick` leaves it out: a line `// slow: REASON` in the file. */
  readonly slow: boolean;
  /** Whether it starts the real program, so that it can be run against the single binary as well. */
  readonly startsProgram: boolean;
  /** Whether it makes sense for the single binary only: a line `// binary only: REASON` in the file. */
  readonly binaryOnly: boolean;
}

const HARNESS = "tests/blackbox/harness/";
/** What the harness offers to start the real program; its clients and servers are of use without. */
const STARTS = /\b(?:startGateway|startSite|startLimited|albatrossCommand)\b/;

/** All test files below `root`/tests, sorted by path. */
export function findTestFiles(root: string): TestFile[] {
  const known = new Map<string, boolean>();
  return globSync("tests/**/*.test.ts", { cwd: root }).sort().map((path) => {
    const text = readFileSync(join(root, path), "utf8");
    const [, folder = "", below] = path.split("/");
    return {
      path,
      suite: below === undefined ? "tests" : folder,
      alone: /^\/\/ runs alone: \S/m.test(text),
      slow: /^\/\/ slow: \S/m.test(text),
      startsProgram: startsProgram(root, path, known),
      binaryOnly: /^\/\/ binary only: \S/m.test(text),
    };
  });
}

/** Whether `path`, or a file below `tests` that it imports, starts the program. `known` remembers answers. */
function startsProgram(root: string, path: string, known: Map<string, boolean>): boolean {
  const answer = known.get(path);
  if (answer !== undefined) return answer;
  known.set(path, false); // for circles
  const text = readFileSync(join(root, path), "utf8");
  const starts = [...text.matchAll(/^import ([^;]*?) from "(\.[^"]+\.ts)"/gm)].some(
    ([, names = "", relative = ""]) => {
      const imported = join(dirname(path), relative);
      if (imported.startsWith(HARNESS)) return STARTS.test(names);
      return imported.startsWith("tests/") && existsSync(join(root, imported)) &&
        startsProgram(root, imported, known);
    },
  );
  known.set(path, starts);
  return starts;
}
