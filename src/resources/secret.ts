/** Secret, with `data` decoded and `stringData` laid over it, every value as a type that prints `[redacted]`. */
import { z } from "zod";
import { Secret } from "../lib/secret.ts";
import { textMap, withDefault } from "./fields.ts";
import { namespacedMetadata } from "./metadata.ts";

export const secret = z.object({
  kind: z.literal("Secret"),
  metadata: namespacedMetadata,
  type: withDefault(z.string(), "Opaque"),
  data: textMap,
  stringData: textMap,
}).transform(({ data, stringData, ...rest }, context) => {
  const values: Record<string, Secret> = {};
  for (const [key, text] of Object.entries(data)) {
    const bytes = decodeBase64(text);
    if (bytes === undefined) {
      context.addIssue({ code: "custom", path: ["data", key], message: "expected base64" });
    } else values[key] = new Secret(bytes);
  }
  for (const [key, text] of Object.entries(stringData)) values[key] = new Secret(text);
  return { ...rest, data: values as Readonly<Record<string, Secret>> };
}).readonly();
export type SecretObject = z.output<typeof secret>;

/** Undefined when it is not base64. Line breaks are allowed, as everywhere in Kubernetes. */
function decodeBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
