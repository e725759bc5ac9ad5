/** References to ConfigMaps and Secrets, `namespace/name`. */

export interface Reference {
  readonly namespace: string;
  readonly name: string;
}

/** Reads a reference; without a namespace the object is next to the one that refers to it. Undefined when it is none. */
export function readReference(text: string, ownNamespace: string): Reference | undefined {
  const parts = text.trim().split("/");
  const [first = "", second] = parts;
  if (parts.length > 2 || parts.includes("")) return undefined;
  return second === undefined ? { namespace: ownNamespace, name: first } : { namespace: first, name: second };
}
