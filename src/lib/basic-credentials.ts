/** Basic credentials in an Authorization field (RFC 7617). */
import { decodeUtf8 } from "./utf8.ts";

export interface BasicCredentials {
  /** Decoded as UTF-8. */
  readonly user: string;
  /** One byte a character, as the client sent them; may hold colons. */
  readonly password: string;
}

export type CredentialsFault = "scheme" | "base64" | "format";

// RFC 7617 2: neither part may hold control characters.
// deno-lint-ignore no-control-regex -- they are what is looked for
const CONTROL = /[\x00-\x1f\x7f]/;

/** The credentials, or what is wrong with them. The scheme is compared as ALB does, case-sensitively. */
export function parseBasicCredentials(authorization: string): BasicCredentials | CredentialsFault {
  const encoded = /^Basic +(.*)$/.exec(authorization)?.[1];
  if (encoded === undefined) return "scheme";
  const bytes = decodeBase64(encoded);
  if (bytes === undefined) return "base64";
  const colon = bytes.indexOf(":");
  if (colon < 0 || CONTROL.test(bytes)) return "format";
  return { user: decodeUtf8(bytes.slice(0, colon)), password: bytes.slice(colon + 1) };
}

function decodeBase64(text: string): string | undefined {
  try {
    return atob(text);
  } catch {
    return undefined;
  }
}
