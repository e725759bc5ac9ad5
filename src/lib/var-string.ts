/** Texts with variables in them, such as `https://$host/auth?rd=${escaped_request_uri}` (data-plane spec 4.2). */

/**
 * A parsed text: literal pieces, and `$name` for each variable. A `$` in front of anything but a name is a piece of its
 * own, so no literal piece looks like a variable. Plain data: it travels in the table.
 */
export type VarString = readonly string[];

const PIECE = /\$\{([0-9A-Za-z_]+)\}|\$([0-9A-Za-z_]+)|\$|[^$]+/g;

/** Parses a text, once. Every text is valid; white space alone is empty. There is no escape for `$`. */
export function parseVarString(text: string): VarString {
  if (text.trim() === "") return [];
  return Array.from(text.matchAll(PIECE), ([piece, braced, bare]) => {
    const name = braced ?? bare;
    return name === undefined ? piece : `$${name}`;
  });
}

/** Name of the variable that a piece stands for; undefined for a literal. */
export function variableOf(piece: string): string | undefined {
  return piece.length > 1 && piece.startsWith("$") ? piece.slice(1) : undefined;
}

/** Names of the variables in a text, in order, repeated ones too. */
export function variablesOf(text: VarString): string[] {
  return text.flatMap((piece) => variableOf(piece) ?? []);
}
