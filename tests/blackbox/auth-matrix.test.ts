/** Every verdict of an authentication server, with and without a sign-in, for every kind of request. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { dial, requestText } from "./harness/client.ts";
import { type Field, readResponse, value, values } from "./harness/message.ts";
import { rule, underPath } from "./harness/objects.ts";
import { after, before, it, type Site, startSite, stopSite } from "./harness/suite.ts";
import { reply, startUpstream, type Upstream } from "./harness/upstream.ts";

const BODY = "x".repeat(100_000);
const CHUNKED = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;

const BODIES: Readonly<Record<string, { readonly fields: readonly Field[]; readonly bytes: string }>> = {
  "no body": { fields: [], bytes: "" },
  "a body with a length": { fields: [["Content-Length", String(BODY.length)]], bytes: BODY },
  "a chunked body": { fields: [["Transfer-Encoding", "chunked"]], bytes: CHUNKED },
};

/** What the client gets; with a sign-in, 401 becomes 302. */
const VERDICTS: Readonly<Record<number, number>> = {
  200: 200,
  202: 200,
  401: 401,
  403: 403,
  404: 500,
  503: 500,
};

describe("verdicts of an authentication server", () => {
  let auth: Upstream;
  let site: Site;
  before(async () => {
    auth = await startUpstream({
      handler: (seen) => reply(Number(value(seen, "x-verdict")), [["WWW-Authenticate", "Bearer"]], "no"),
    });
    const url = `http://${auth.endpoint}/auth`;
    const guarded = (name: string, forward: object) =>
      rule({
        name,
        frontend: "web",
        priority: 1,
        dslx: underPath(`/${name}`),
        services: [{ name: "app" }],
        config: { auth: { forward: { url, ...forward } } },
      });
    site = await startSite({
      handler: ({ body }) => reply(200, [], String(body.length)),
      objects: [guarded("plain", {}), guarded("signin", { signin: "http://login.test/start" })],
    });
  });
  after(async () => {
    await stopSite(site);
    await auth?.close();
  });

  for (const [verdict, plainly] of Object.entries(VERDICTS)) {
    for (const path of ["/plain", "/signin"]) {
      const expected = path === "/signin" && plainly === 401 ? 302 : plainly;
      it(`${verdict} at ${path} is ${expected} for all methods and bodies`, async () => {
        for (const method of ["GET", "HEAD", "POST", "PUT", "DELETE"]) {
          for (const [what, { fields, bytes }] of Object.entries(BODIES)) {
            await check(method, what, fields, bytes);
          }
        }

        async function check(method: string, what: string, framing: readonly Field[], bytes: string) {
          const [asked, served] = [auth.requests.length, site.upstream.requests.length];
          const client = await dial(site);
          const fields: Field[] = [...framing, ["X-Verdict", verdict]];
          await client.send(requestText({ method, target: path, fields }) + bytes);
          const response = await readResponse(client, method);
          client.close();
          const name = `${method} with ${what}`;
          assert.equal(response.status, expected, name);
          assert.equal(auth.requests.length - asked, 1, name);
          assert.equal(auth.requests.at(-1)?.body, "", name);
          assert.equal(site.upstream.requests.length - served, expected === 200 ? 1 : 0, name);
          const challenge = verdict === "401" ? ["Bearer"] : [];
          assert.deepEqual(values(response, "www-authenticate"), challenge, name);
          assert.equal(values(response, "location").length, expected === 302 ? 1 : 0, name);
          if (expected !== 200 || method === "HEAD") return;
          assert.equal(response.body, bytes === "" ? "0" : String(BODY.length), name);
        }
      });
    }
  }

  it("leave connections for further requests", async () => {
    const client = await dial(site);
    for (const verdict of ["403", "200", "401", "403", "200"]) {
      const fields: Field[] = [["Content-Length", "5"], ["X-Verdict", verdict]];
      await client.send(`${requestText({ method: "POST", target: "/plain", fields })}hello`);
      assert.equal((await readResponse(client, "POST")).status, VERDICTS[Number(verdict)]);
    }
    client.close();
  });
});
