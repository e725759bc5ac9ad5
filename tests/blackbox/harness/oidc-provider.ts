/** The smallest OpenID provider that a real client accepts: discovery, one user who always consents, ID tokens. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createHash, randomUUID } from "node:crypto";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { LOOPBACK } from "./addresses.ts";

export const CLIENT = { id: "albatross", secret: "client-secret" } as const;

export interface User {
  readonly subject: string;
  readonly email: string;
}

export interface OidcProvider {
  /** `http://address:port`, the issuer. */
  readonly issuer: string;
  /** Paths of the requests so far. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

/** What a code stands for until it is redeemed. */
interface Grant {
  readonly nonce: string | null;
  readonly challenge: string | null;
  readonly redirect: string;
}

export async function startOidcProvider(user: User): Promise<OidcProvider> {
  const { privateKey, publicKey } = await generateKeyPair("RS256");
  const jwk = { ...await exportJWK(publicKey), kid: "1", alg: "RS256", use: "sig" };
  const grants = new Map<string, Grant>();
  const requests: string[] = [];
  let issuer = "";

  const idToken = (nonce: string | null) =>
    new SignJWT({ email: user.email, email_verified: true, ...(nonce === null ? {} : { nonce }) })
      .setProtectedHeader({ alg: "RS256", kid: "1" })
      .setIssuer(issuer).setSubject(user.subject).setAudience(CLIENT.id)
      .setIssuedAt().setExpirationTime("10m").sign(privateKey);

  const pages: Readonly<Record<string, (url: URL, request: IncomingMessage) => Promise<Page> | Page>> = {
    "/.well-known/openid-configuration": () =>
      json({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        userinfo_endpoint: `${issuer}/userinfo`,
        jwks_uri: `${issuer}/keys`,
        response_types_supported: ["code"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["RS256"],
        code_challenge_methods_supported: ["S256"],
      }),
    "/keys": () => json({ keys: [jwk] }),
    "/userinfo": () => json({ sub: user.subject, email: user.email, email_verified: true }),
    "/authorize"({ searchParams }) {
      const redirect = searchParams.get("redirect_uri");
      if (searchParams.get("client_id") !== CLIENT.id || redirect === null) return { status: 400 };
      const code = randomUUID();
      const [nonce, challenge] = [searchParams.get("nonce"), searchParams.get("code_challenge")];
      grants.set(code, { nonce, challenge, redirect });
      const target = new URL(redirect);
      target.searchParams.set("code", code);
      target.searchParams.set("state", searchParams.get("state") ?? "");
      return { status: 302, location: target.href };
    },
    async "/token"(_, request) {
      const form = new URLSearchParams(await textOf(request));
      const grant = grants.get(form.get("code") ?? "");
      grants.delete(form.get("code") ?? "");
      const isValid = isClient(request, form) && grant?.redirect === form.get("redirect_uri") &&
        (grant.challenge === null || grant.challenge === challengeOf(form.get("code_verifier") ?? ""));
      if (!isValid) return { ...json({ error: "invalid_grant" }), status: 400 };
      const id_token = await idToken(grant.nonce);
      return json({ access_token: randomUUID(), token_type: "Bearer", expires_in: 600, id_token });
    },
  };

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", issuer);
    requests.push(url.pathname);
    Promise.resolve(pages[url.pathname]?.(url, request) ?? { status: 404 }).then(
      (page) => send(response, page),
      () => send(response, { status: 500 }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  issuer = `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`;
  return { issuer, requests, close: () => closeServer(server) };
}

interface Page {
  readonly status: number;
  readonly location?: string;
  readonly body?: string;
}

function json(value: unknown): Page {
  return { status: 200, body: JSON.stringify(value) };
}

function send(response: ServerResponse, { status, location, body = "" }: Page): void {
  response.writeHead(status, {
    "content-type": "application/json",
    ...(location === undefined ? {} : { location }),
  }).end(body);
}

/** The secret comes as Basic credentials or in the form (RFC 6749 2.3.1). */
function isClient({ headers }: IncomingMessage, form: URLSearchParams): boolean {
  return headers.authorization === `Basic ${btoa(`${CLIENT.id}:${CLIENT.secret}`)}` ||
    (form.get("client_id") === CLIENT.id && form.get("client_secret") === CLIENT.secret);
}

function challengeOf(verifier: string): string {
  return createHash("sha256").update(verifier).digest("base64url");
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
}

export function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
