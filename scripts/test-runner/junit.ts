/** Reads the JUnit reports that `bun test` and `deno test` write. */

export interface TestCase {
  /** Names of the groups and the test, joined by " > ". */
  readonly name: string;
  readonly result: "passed" | "failed" | "skipped";
}

/**
 * Every test of a report. Deno also lists the groups around the tests; they are left out, unless a group failed by
 * itself and not through its members.
 */
export function parseJunit(xml: string): TestCase[] {
  const found: (TestCase & { readonly throughMembers: boolean })[] = [];
  for (
    const [, attributes = "", body = ""] of xml.matchAll(
      /<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g,
    )
  ) {
    const group = attribute(attributes, "classname");
    const name = attribute(attributes, "name");
    found.push({
      name: group === "" || isFile(group) ? name : `${group} > ${name}`,
      result: /<(failure|error)\b/.test(body) ? "failed" : /<skipped\b/.test(body) ? "skipped" : "passed",
      throughMembers: /<failure message="\d+ test steps? failed"/.test(body),
    });
  }
  return found
    .filter((test) =>
      !found.some((other) => other.name.startsWith(`${test.name} > `)) ||
      (test.result === "failed" && !test.throughMembers)
    )
    .map(({ name, result }) => ({ name, result }));
}

/** Deno names the file where Bun names the group. */
function isFile(classname: string): boolean {
  return /\.ts$/.test(classname);
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

function attribute(text: string, name: string): string {
  const value = new RegExp(`\\b${name}="([^"]*)"`).exec(text)?.[1] ?? "";
  return value.replace(
    /&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi,
    (all, hex?: string, decimal?: string, word = "") =>
      hex !== undefined
        ? String.fromCodePoint(Number.parseInt(hex, 16))
        : decimal !== undefined
        ? String.fromCodePoint(Number(decimal))
        : ENTITIES[word as string] ?? all,
  );
}
