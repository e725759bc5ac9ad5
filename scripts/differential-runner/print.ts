/** The document: every known difference with its reason and what came of the cases. */
import type { Difference } from "./compare.ts";
import type { Explained } from "./explain.ts";
import type { Outcome } from "./outcome.ts";

/** Cases with the same outcome share a row; longer than this a cell is cut. */
const MAX_CELL = 160;

export function document(explained: readonly Explained[], played: number): string {
  const differing = explained.reduce((sum, { differences }) => sum + differences.length, 0);
  return `# Differences from nginx

Written by \`scripts/differential --write\`: ${played} requests and answers, the framing battery and every byte in every
place of a head, were given to nginx 1.22 (\`proxy_pass\` with the same forwarding fields and the usual configuration for
Upgrade) and to Albatross, in front of the same recording upstream. ${differing} of them came out differently; each is
below, with the reason. The script fails when one is not, or no longer differs.

What the client sees stands first (status and body of each answer; \`kept\`, \`closed\`, \`cut\` and \`waiting\` say what became
of its connection), then what the upstream sees, where that differs too. Not counted: the order and case of fields, and
whether a body is framed by its length or by chunks, which nginx decides by what has arrived.
${explained.map(section).join("")}`;
}

/** Titles, reasons and names that a document lacks. Outcomes are not compared: nginx resets some connections, or not. */
export function missing(text: string, explained: readonly Explained[]): string[] {
  return explained.flatMap(({ known, differences }) => [
    known.title,
    known.reason,
    ...differences.map(({ name }) => escape(splitName(name)[1])),
  ]).filter((each) => !text.includes(each));
}

function section({ known, differences }: Explained): string {
  const rows = new Map<string, string[]>();
  for (const difference of differences) {
    const [theme = "", name = ""] = splitName(difference.name);
    const key = JSON.stringify([theme, ...cells(difference)]);
    rows.set(key, [...rows.get(key) ?? [], name]);
  }
  const lines = Array.from(rows, ([key, names]) => {
    const [theme, nginx, albatross] = JSON.parse(key) as string[];
    return `| ${theme}: ${names.map(escape).join(" · ")} | ${nginx} | ${albatross} |`;
  });
  return `\n## ${known.title}\n\n${known.reason}\n\n| case | nginx | Albatross |\n| --- | --- | --- |\n${
    lines.join("\n")
  }\n`;
}

function splitName(name: string): [string, string] {
  const colon = name.indexOf(": ");
  return [name.slice(0, colon), name.slice(colon + 2)];
}

/** What the upstream sees is told only where it differs. */
function cells({ name, nginx, albatross }: Difference): [string, string] {
  const isSame = JSON.stringify(nginx.upstream) === JSON.stringify(albatross.upstream);
  // Bytes of one kind make one row.
  const isByte = name.startsWith("byte ");
  const cell = ({ client, upstream }: Outcome) => {
    const seen = upstream.map((each) =>
      escape(each.length > MAX_CELL ? `${each.slice(0, MAX_CELL)}…` : each)
    );
    return [escape(client), ...(isSame || isByte ? [] : seen.length === 0 ? ["nothing"] : seen)].join("; ");
  };
  return [cell(nginx), cell(albatross)];
}

function escape(text: string): string {
  return text.replace(
    /[\x00-\x1f\x7f-\xff]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
  )
    .replace(/[|<>*_`]/g, (char) => `&#${char.charCodeAt(0)};`);
}
