/** Replacing the beginning of a path, as redirects and rewrites do (data-plane spec 3.1a). */

/**
 * `path` with `prefix` at its beginning replaced; unchanged when it does not begin so. Exactly one slash joins the two
 * parts where either brings one, none is added where nothing follows, and the result is never empty.
 */
export function replacePrefix(path: string, prefix: string, replacement: string): string {
  if (!path.startsWith(prefix)) return path;
  const rest = path.slice(prefix.length);
  if (rest === "") return replacement === "" ? "/" : replacement;
  const slashes = Number(replacement.endsWith("/")) + Number(rest.startsWith("/"));
  if (slashes === 2) return replacement + rest.slice(1);
  return slashes === 1 ? replacement + rest : `${replacement}/${rest}`;
}
