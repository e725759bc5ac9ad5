/** Replacement texts of rewrites: `$0` to `$n`, `${n}`, and `$$` for a dollar (data-plane spec 3.1b). */
import type { Regex } from "./regex/mod.ts";

/** Literal text, or the number of a group. */
type Piece = string | number;

/** Returns a function that replaces the first match of `regex` in a text; a group that took no part is "". */
export function compileReplacement(regex: Regex, template: string): (text: string) => string {
  const pieces = parse(template);
  return function replaceFirst(text) {
    const match = regex.exec(text);
    if (match === null) return text;
    let inserted = "";
    for (const piece of pieces) inserted += typeof piece === "string" ? piece : match[piece] ?? "";
    return text.slice(0, match.index) + inserted + text.slice(match.end);
  };
}

/** A dollar that starts none of the known forms is a dollar. */
function parse(template: string): readonly Piece[] {
  return template.split(/(\$\$|\$[0-9]+|\$\{[0-9]+\})/).filter((piece) => piece !== "").map((piece) => {
    if (piece === "$$") return "$";
    const group = /^\$\{?([0-9]+)\}?$/.exec(piece)?.[1];
    return group === undefined ? piece : Number(group);
  });
}
