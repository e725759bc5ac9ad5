/** Which page an answer of the gateway's own has. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { chooseErrorBody, compileErrorPages } from "../../src/proxy/error-pages.ts";
import type { ErrorPage } from "../../src/table/table.ts";

function page(from: number, to: number, contentType: string, body: string): ErrorPage {
  return { statuses: [{ from, to }], contentType, body };
}

const PAGES = compileErrorPages({
  one: [page(401, 401, "text/plain", "one"), page(500, 503, "text/html", "grün")],
  three: [
    page(400, 599, "text/html; charset=utf-8", "html"),
    page(400, 499, "application/problem+json", "problem"),
    page(400, 499, "Text/HTML", "other html"),
  ],
});

function choose(key: string, status: number, accept?: string) {
  const { fields, bytes } = chooseErrorBody(PAGES.get(key), status, accept);
  const lines = fields.map(([name, value]) => `${name}: ${value}`);
  return { lines, body: new TextDecoder().decode(bytes), size: bytes.length };
}

describe("an error page", () => {
  it("is the one for the status, in UTF-8, and ALB's words where there is none", () => {
    assert.deepEqual(choose("one", 401), { lines: ["Content-Type: text/plain"], body: "one", size: 3 });
    assert.deepEqual(choose("one", 503, "image/*"), {
      lines: ["Content-Type: text/html"],
      body: "grün",
      size: 5,
    });
    for (const [key, status] of [["one", 400], ["one", 402], ["one", 504], ["none", 401]] as const) {
      const body = `X-Error: ${status}\n`;
      assert.deepEqual(choose(key, status), { lines: ["Content-Type: text/plain"], body, size: body.length });
    }
  });

  it("is the first of those that fit, and varies, where several do", () => {
    assert.deepEqual(choose("three", 404).lines, ["Content-Type: text/html; charset=utf-8", "Vary: Accept"]);
    assert.deepEqual(choose("three", 500).lines, ["Content-Type: text/html; charset=utf-8"]);
  });

  for (
    const [accept, expected] of [
      ["", "html"],
      ["*/*", "html"],
      ["application/problem+json", "problem"],
      ["APPLICATION/Problem+JSON;q=0.5, text/html;q=0.4", "problem"],
      ["application/json", "html"],
      ["application/*;q=0.9, */*;q=0.8", "problem"],
      ["application/problem+json;q=0, application/*;q=1", "html"],
      ["text/html;q=0", "html"],
      ["text/html;q=0, */*", "problem"],
      ["application/problem+json;v=1;q=1", "problem"],
      [',,;;="', "html"],
      ["*", "html"],
    ] as const
  ) {
    it(`for Accept: ${JSON.stringify(accept)} is ${expected}`, () => {
      assert.equal(choose("three", 404, accept).body, expected);
    });
  }
});
