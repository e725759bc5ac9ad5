/** `spec.config.reverseRewrite`: addresses in answers, as clients know them (data-plane spec 10.2). */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { type Field, value, values } from "./harness/message.ts";
import { after, before, it, type Site, startSite, stopSite } from "./harness/suite.ts";
import { reply } from "./harness/upstream.ts";

describe("reverse rewrite", () => {
  let site: Site;
  let answer: Field[] = [];
  before(async () => {
    site = await startSite({
      handler: () => reply(answer.some(([name]) => name === "Location") ? 302 : 200, answer, "body"),
      config: {
        reverseRewrite: {
          location: [{ from: "http://inner.example/app/", to: "/" }, {
            from: "http://inner.example",
            to: "",
          }],
          cookieDomain: [{ from: "inner.example", to: "shop.example" }],
          cookiePath: [{ from: "/app/", to: "/" }],
        },
      },
    });
  });
  after(() => stopSite(site));

  async function fieldOf(name: string, ...given: Field[]): Promise<string[]> {
    answer = given;
    const response = await site.request();
    assert.equal(response.body, "body");
    return values(response, name);
  }

  for (
    const [sent, received] of [
      ["http://inner.example/app/x?y=1", "/x?y=1"],
      ["http://inner.example/other", "/other"],
      ["http://outer.example/app/", "http://outer.example/app/"],
      ["/app/x", "/app/x"],
    ] as const
  ) {
    it(`Location ${sent}`, async () => {
      assert.deepEqual(await fieldOf("location", ["Location", sent]), [received]);
    });
  }

  it("Refresh, with its time", async () => {
    assert.deepEqual(await fieldOf("refresh", ["Refresh", "5; url=http://inner.example/app/z"]), [
      "5; url=/z",
    ]);
    assert.deepEqual(await fieldOf("refresh", ["Refresh", "5"]), ["5"]);
  });

  it("cookies, each on its own line, values left alone", async () => {
    assert.deepEqual(
      await fieldOf(
        "set-cookie",
        ["Set-Cookie", "a=/app/; Path=/app/x; Domain=.Inner.example; HttpOnly"],
        ["Set-Cookie", "Path=/app/; path=/app/"],
        ["Set-Cookie", "b=1; Path=/else; Domain=other.example"],
      ),
      [
        "a=/app/; Path=/x; Domain=shop.example; HttpOnly",
        "Path=/app/; path=/",
        "b=1; Path=/else; Domain=other.example",
      ],
    );
  });

  it("leaves everything else as it was, length and date included", async () => {
    answer = [["X-Kept", "1"]];
    const response = await site.request();
    assert.deepEqual([value(response, "x-kept"), value(response, "content-length")], ["1", "4"]);
  });
});
