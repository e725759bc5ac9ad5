/**
 * What a gateway sees of oauth2-proxy, for machines that cannot have the real one: `/oauth2/start`, `/callback`, `/auth`
 * (202 with the user's names, or 401) and `/sign_out`, with a cookie for all hosts below a domain.
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { LOOPBACK } from "./addresses.ts";
import type { Oauth2Proxy, Oauth2ProxyOptions } from "./oauth2-proxy.ts";
import { CLIENT, closeServer } from "./oidc-provider.ts";

const COOKIE = "_oauth2_proxy";

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export async function startStandIn(options: Oauth2ProxyOptions): Promise<Oauth2Proxy> {
  const { issuer, redirectUrl, cookieDomain, whitelistDomain } = options;
  const keys = createRemoteJWKSet(new URL(`${issuer}/keys`));
  /** Where to go back to, by the state that travels through the provider. */
  const pending = new Map<string, string>();
  const sessions = new Map<string, { readonly user: string; readonly email: string }>();
  const cookie = (value: string, age: number) =>
    `${COOKIE}=${value}; Path=/; Domain=${cookieDomain.slice(1)}; Max-Age=${age}; HttpOnly`;

  function start(url: URL): Answer {
    const wanted = url.searchParams.get("rd") ?? "/";
    const isOurs = URL.canParse(wanted) && `.${new URL(wanted).host}`.endsWith(whitelistDomain);
    const state = randomUUID();
    pending.set(state, isOurs ? wanted : "/");
    const query = new URLSearchParams({
      client_id: CLIENT.id,
      redirect_uri: redirectUrl,
      response_type: "code",
      scope: "openid email",
      state,
    });
    return { status: 302, headers: { location: `${issuer}/authorize?${query}` } };
  }

  async function callback({ searchParams }: URL): Promise<Answer> {
    const back = pending.get(searchParams.get("state") ?? "");
    if (back === undefined) return { status: 403 };
    const response = await fetch(`${issuer}/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "authorization_code",
        code: searchParams.get("code") ?? "",
        redirect_uri: redirectUrl,
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
      }),
    });
    const { id_token } = await response.json() as { id_token: string };
    const { payload } = await jwtVerify(id_token, keys, { issuer, audience: CLIENT.id });
    const session = randomUUID();
    sessions.set(session, { user: String(payload.sub), email: String(payload["email"]) });
    return { status: 302, headers: { location: back, "set-cookie": cookie(session, 3600) } };
  }

  function auth(request: IncomingMessage): Answer {
    const id = new RegExp(`(?:^|; )${COOKIE}=([^;]*)`).exec(request.headers.cookie ?? "")?.[1];
    const session = sessions.get(id ?? "");
    if (session === undefined) return { status: 401 };
    const { user, email } = session;
    return { status: 202, headers: { "x-auth-request-user": user, "x-auth-request-email": email } };
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", redirectUrl);
    const page: Readonly<Record<string, () => Answer | Promise<Answer>>> = {
      "/oauth2/start": () => start(url),
      "/oauth2/callback": () => callback(url),
      "/oauth2/auth": () => auth(request),
      "/oauth2/sign_out": () => ({ status: 302, headers: { location: "/", "set-cookie": cookie("", 0) } }),
    };
    Promise.resolve(page[url.pathname]?.() ?? { status: 404 }).then(
      ({ status, headers }) => response.writeHead(status, headers).end(),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  const { port } = server.address() as AddressInfo;
  return { endpoint: `${LOOPBACK}:${port}`, close: () => closeServer(server) };
}
