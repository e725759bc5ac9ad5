/**
 * The recipe of data-plane spec 4.6: two hosts on one gateway, of which one is an application and the other
 * oauth2-proxy, in front of an OpenID provider of the test's own.
 */
// slow: the first run builds oauth2-proxy
import { describe } from "node:test";
import assert from "node:assert/strict";
import { freePort, LOOPBACK } from "./harness/addresses.ts";
import { type Browser, createBrowser } from "./harness/browser.ts";
import { type Gateway, startGateway } from "./harness/gateway.ts";
import { value, values } from "./harness/message.ts";
import { type DslxTerm, frontend, rule, service } from "./harness/objects.ts";
import { installOauth2Proxy, type Oauth2Proxy, startOauth2Proxy } from "./harness/oauth2-proxy.ts";
import { type OidcProvider, startOidcProvider } from "./harness/oidc-provider.ts";
import { after, before, it } from "./harness/suite.ts";
import { reply, startUpstream, type Upstream } from "./harness/upstream.ts";

const installed = await installOauth2Proxy();
const ALICE = { subject: "alice-1", email: "alice@example.com" };
const SESSION = "_oauth2_proxy";

function onHost(host: string): DslxTerm[] {
  return [{ type: "HOST", values: [["EQ", host]] }];
}

describe(`the recipe with ${installed.name}`, () => {
  let provider: OidcProvider;
  let proxy: Oauth2Proxy;
  let app: Upstream;
  let gateway: Gateway;
  let port: number;
  let appUrl: string;
  let authUrl: string;

  before(async () => {
    port = await freePort();
    appUrl = `http://alb.echo.test:${port}`;
    authUrl = `http://auth.alb.echo.test:${port}`;
    provider = await startOidcProvider(ALICE);
    proxy = await startOauth2Proxy(installed, {
      issuer: provider.issuer,
      redirectUrl: `${authUrl}/oauth2/callback`,
      cookieDomain: ".alb.echo.test",
      whitelistDomain: `.alb.echo.test:${port}`,
    });
    app = await startUpstream({ handler: () => reply(200, [["Set-Cookie", "app=1"]], "hello") });
    gateway = await startGateway({
      config: [
        frontend({ name: "web", port }),
        rule({
          name: "app",
          frontend: "web",
          dslx: onHost("alb.echo.test"),
          services: [{ name: "echo" }],
          config: {
            auth: {
              forward: {
                // The gateway itself: no name leads there on this machine, so the ConfigMap says which host is meant.
                url: `http://${LOOPBACK}:${port}/oauth2/auth`,
                auth_headers_cm_ref: "default/auth-host",
                signin: `${authUrl}/oauth2/start?rd=http://$http_host$request_uri`,
                upstream_headers: ["X-Auth-Request-User", "X-Auth-Request-Email"],
              },
            },
          },
        }),
        rule({
          name: "auth",
          frontend: "web",
          dslx: onHost("auth.alb.echo.test"),
          services: [{ name: "oauth2-proxy" }],
        }),
        ...service({ name: "echo", endpoints: [app.endpoint] }),
        ...service({ name: "oauth2-proxy", endpoints: [proxy.endpoint] }),
        {
          apiVersion: "v1",
          kind: "ConfigMap",
          metadata: { name: "auth-host", namespace: "default" },
          data: { Host: "auth.alb.echo.test" },
        },
      ],
    });
  });
  after(async () => {
    await gateway?.stop();
    await proxy?.close();
    await provider?.close();
    await app?.close();
  });

  /** Goes to the provider by its address and everywhere else through the gateway. */
  function newBrowser(): Browser {
    return createBrowser(({ hostname, port: given }) =>
      hostname === LOOPBACK ? { host: LOOPBACK, port: Number(given) } : { host: LOOPBACK, port }
    );
  }

  /** From the application over sign-in, provider and callback back to it. */
  async function login(browser: Browser, path: string) {
    let url = appUrl + path;
    let response = await browser.get(url);
    const visited = [];
    for (let step = 0; step < 4; step++) {
      assert.equal(response.status, 302, `${url}: ${response.body}`);
      ({ url, response } = await browser.follow(url, response));
      visited.push(new URL(url));
    }
    return { visited, url, response };
  }

  it("sends who has no session to the sign-in, and does not disturb the application", async () => {
    const response = await newBrowser().get(`${appUrl}/hello?x=1`);
    assert.equal(response.status, 302);
    assert.equal(value(response, "location"), `${authUrl}/oauth2/start?rd=${appUrl}/hello?x=1`);
    assert.deepEqual(app.requests, []);
  });

  it("brings a browser through the login back to the page it wanted", async () => {
    const browser = newBrowser();
    const { visited, url, response } = await login(browser, "/hello?x=1");
    assert.deepEqual(visited.map(({ origin, pathname }) => origin + pathname), [
      `${authUrl}/oauth2/start`,
      `${provider.issuer}/authorize`,
      `${authUrl}/oauth2/callback`,
      `${appUrl}/hello`,
    ]);
    assert.equal(url, `${appUrl}/hello?x=1`);
    assert.deepEqual([response.status, response.body], [200, "hello"]);
    assert.ok(browser.cookie(SESSION) !== undefined);
    const seen = app.requests.at(-1)!;
    assert.equal(seen.target, "/hello?x=1");
    assert.equal(value(seen, "x-auth-request-user"), ALICE.subject);
    assert.equal(value(seen, "x-auth-request-email"), ALICE.email);
    assert.deepEqual(values(response, "set-cookie"), ["app=1"]);
  });

  it("lets a session through without the provider, and nobody speak for it", async () => {
    const browser = newBrowser();
    await login(browser, "/");
    const before = provider.requests.length;
    const response = await browser.get(`${appUrl}/again`, [
      ["X-Auth-Request-User", "mallory"],
      ["X_Auth_Request_Email", "mallory@example.com"],
    ]);
    assert.equal(response.status, 200);
    assert.equal(provider.requests.length, before);
    const seen = app.requests.at(-1)!;
    assert.equal(value(seen, "x-auth-request-user"), ALICE.subject);
    assert.doesNotMatch(JSON.stringify(seen.fields), /mallory/);
  });

  it("takes no forged session", async () => {
    const browser = newBrowser();
    await login(browser, "/");
    browser.setCookie(SESSION, `${browser.cookie(SESSION)!.slice(0, -8)}AAAAAAAA`);
    const before = app.requests.length;
    assert.equal((await browser.get(`${appUrl}/`)).status, 302);
    assert.equal(app.requests.length, before);
  });

  it("knows nobody any more after signing out", async () => {
    const browser = newBrowser();
    await login(browser, "/");
    assert.equal((await browser.get(`${appUrl}/`)).status, 200);
    await browser.get(`${authUrl}/oauth2/sign_out`);
    assert.equal(browser.cookie(SESSION), undefined);
    assert.equal((await browser.get(`${appUrl}/`)).status, 302);
  });
});
