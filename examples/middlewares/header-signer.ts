/**
 * Signs requests so that the upstream can tell that they came through the gateway: an HMAC over method, path and time.
 * Options: `{ secret: string, header?: string, fields?: string[] }`; `fields` are signed too, e.g. `x-user`.
 */
import type { MiddlewareHandler } from "hono";

interface Options {
  readonly secret: string;
  readonly header?: string;
  readonly fields?: readonly string[];
}

export default () => ({ secret, header = "x-signature", fields = [] }: Options): MiddlewareHandler => {
  // Thrown here, it is a problem of the object that gave the options.
  if (typeof secret !== "string" || secret === "") throw new Error("secret: expected a text");
  const encoder = new TextEncoder();
  // Once per rule, not once per request.
  const key = crypto.subtle.importKey(
    "raw",
    encoder.encode(secret),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );

  return async function headerSigner(c, next) {
    const time = Math.floor(Date.now() / 1000);
    const values = fields.map((name) => c.req.raw.headers.get(name) ?? "");
    const text = [time, c.req.method, c.req.path, ...values].join("\n");
    const signature = new Uint8Array(await crypto.subtle.sign("HMAC", await key, encoder.encode(text)));
    // `set` also replaces what a client sent under this name.
    c.req.raw.headers.set(header, `t=${time},v1=${toHex(signature)}`);
    await next();
  };
};

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
