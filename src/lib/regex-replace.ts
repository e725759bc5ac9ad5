/** Replacement texts of rewrites: `$0` to `$n`, `${n}`, and `$$` for a dollar (data-plane spec 3.1b). */
import type { Regex } from "./regex/mod.ts";

/** Literal text, or the number of a group. */
type Piece = string | number;

/** Returns a function that replaces the first match of `regex` in a text; a group that took no part is "". */
export function compileReplacement(regex: Regex, template: string): (text: string) => string {
  const pieces = parse(template);
  return function replaceFirst(text) {
    const found = regex.find(text);
    if (found === null) return text;
    let inserted = "";
    for (const piece of pieces) inserted += typeof piece === "string" ? piece : groupOf(text, found, piece);
    return text.slice(0, found[0]) + inserted + text.slice(found[1]);
  };
}

function groupOf(text: string, found: ArrayLike<number>, group: number): string {
  const start = found[2 * group] ?? -1;
  const end = found[2 * group + 1] ?? -1;
  return start < 0 || end < 0 ? "" : text.slice(start, end);
}

/** A dollar that starts none of the known forms is a dollar. */
function parse(template: string): readonly Piece[] {
  return template.split(/(\$\$|\$[0-9]+|\$\{[0-9]+\})/).filter((piece) => piece !== "").map((piece) => {
    if (piece === "$$") return "$";
    const group = /^\$\{?([0-9]+)\}?$/.exec(piece)?.[1];
    return group === undefined ? piece : Number(group);
  });
}
