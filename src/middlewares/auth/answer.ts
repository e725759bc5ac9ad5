/** Answers of the gateway's own to requests that authentication does not let through. */
import { type ErrorCode, GatewayError } from "../../errors.ts";
import type { HttpField } from "../../lib/http-call.ts";
import type { ExchangePort } from "../ports.ts";

const PHRASES: Readonly<Record<number, string>> = {
  302: "Found",
  401: "Unauthorized",
  403: "Forbidden",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** Refuses with status and reason of an error; like every answer of the gateway's own, it is modified as the route says. */
export function refuse(
  exchange: ExchangePort,
  code: ErrorCode,
  reason: string,
  options: { readonly fields?: readonly HttpField[]; readonly cause?: unknown } = {},
): Response {
  const error = new GatewayError(code, reason, options);
  exchange.blame(error);
  const { status } = error;
  const { fields: own, bytes } = exchange.errorBody(status);
  const fields: HttpField[] = [...own, ["content-length", String(bytes.length)], ...options.fields ?? []];
  return answer(status, fields, bytes);
}

/** Sends the client to a place where it can log in. */
export function redirectTo(location: string, fields: readonly HttpField[]): Response {
  return answer(302, [["location", location], ...fields], null);
}

function answer(status: number, fields: readonly HttpField[], body: Uint8Array | null): Response {
  const headers = new Headers();
  for (const [name, value] of fields) headers.append(name, value);
  return new Response(body as Uint8Array<ArrayBuffer> | null, {
    status,
    statusText: PHRASES[status] ?? "",
    headers,
  });
}
