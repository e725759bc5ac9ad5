/** dslx → Match (data-plane spec 1 and 10.1). */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { DslxTerm } from "../../../src/resources/rule.ts";
import type { Row } from "../../../src/table/match.ts";
import { compileDslx, type DslxFault } from "../../../src/translators/rule/dslx.ts";

function term(type: string, values: readonly (readonly string[])[], key = ""): DslxTerm {
  return { type, key, values };
}

/** Rows of the only term, whose rule must be installed. */
function rowsOf(
  type: string,
  values: readonly (readonly string[])[],
  labels: "one" | "any" = "one",
): readonly Row[] {
  const compiled = compileDslx([term(type, values, type === "PARAM" ? "q" : "")], labels);
  assert(compiled.ok, JSON.stringify(compiled));
  assert.equal(compiled.match?.length, 1);
  return compiled.match[0]!.rows;
}

function faultsOf(dslx: readonly DslxTerm[]): readonly DslxFault[] {
  const compiled = compileDslx(dslx, "one");
  assert(!compiled.ok, "the rule should be refused");
  return compiled.faults;
}

function warningsOf(dslx: readonly DslxTerm[]): readonly DslxFault[] {
  const compiled = compileDslx(dslx, "one");
  assert(compiled.ok);
  return compiled.warnings;
}

describe("subjects", () => {
  it("brings header names into one spelling and case", () => {
    const compiled = compileDslx([term("HEADER", [["EQ", "A"]], "X_My-Env")], "one");
    assert.deepEqual(compiled.ok && compiled.match, [
      { subject: { type: "HEADER", key: "x-my-env" }, rows: [{ op: "EQ", value: "A" }] },
    ]);
  });

  it("lower-cases names of cookies, not of parameters", () => {
    const compiled = compileDslx(
      [term("COOKIE", [["EXIST"]], "SID"), term("PARAM", [["EXIST"]], "Page")],
      "one",
    );
    assert.deepEqual(compiled.ok && compiled.match?.map(({ subject }) => subject), [
      { type: "COOKIE", key: "sid" },
      { type: "PARAM", key: "Page" },
    ]);
  });

  it("ignores a key where none is looked up", () => {
    for (const type of ["METHOD", "URL", "HOST", "SRC_IP"]) {
      const compiled = compileDslx([term(type, [["EXIST"]], "stray")], "one");
      assert.deepEqual(compiled.ok && compiled.match, [{ subject: { type }, rows: [{ op: "EXIST" }] }]);
    }
  });

  it("refuses a term without the key that it needs", () => {
    for (const type of ["HEADER", "PARAM", "COOKIE"]) {
      assert.deepEqual(faultsOf([term(type, [["EXIST"]])]).map(({ field }) => field), ["spec.dslx[0].key"]);
    }
  });

  it("refuses unknown matchers and names the known ones", () => {
    const [fault] = faultsOf([term("URL", [["EXIST"]]), term("url", [["EXIST"]])]);
    assert.equal(fault?.field, "spec.dslx[1].type");
    assert.match(fault?.reason ?? "", /unknown matcher "url"; expected METHOD, URL, HOST/);
  });
});

describe("terms", () => {
  it("drops terms without rows", () => {
    const compiled = compileDslx([term("URL", [["EQ", "/a"]]), term("COOKIE", [], "x")], "one");
    assert.equal(compiled.ok && compiled.match?.length, 1);
  });

  it("never matches without any rows", () => {
    assert.deepEqual(compileDslx([], "one"), { ok: true, match: null, warnings: [] });
    const bare = compileDslx([term("COOKIE", [], "x"), term("METHOD", [])], "one");
    assert.deepEqual(bare, { ok: true, match: null, warnings: [] });
  });

  it("refuses HOST and URL without rows", () => {
    const faults = faultsOf([term("HOST", []), term("URL", [])]);
    assert.deepEqual(faults.map(({ field }) => field), ["spec.dslx[0].values", "spec.dslx[1].values"]);
  });

  it("reports every fault, not only the first", () => {
    const faults = faultsOf([term("URL", [["EQ", "/"], ["LIKE", "x"], []]), term("NOPE", [["EQ", "x"]])]);
    assert.deepEqual(faults.map(({ field }) => field), [
      "spec.dslx[0].values[1]",
      "spec.dslx[0].values[2]",
      "spec.dslx[1].type",
    ]);
  });
});

describe("operators", () => {
  it("keeps what is compared as text", () => {
    assert.deepEqual(
      rowsOf("URL", [["EQ", "/A"], ["STARTS_WITH", "/b"], ["ENDS_WITH", ".jpg"], ["REGEX", "^/x"]]),
      [
        { op: "EQ", value: "/A" },
        { op: "STARTS_WITH", value: "/b" },
        { op: "ENDS_WITH", value: ".jpg" },
        { op: "REGEX", value: "^/x" },
      ],
    );
    assert.deepEqual(rowsOf("PARAM", [["IN", "a", "*.b"], ["RANGE", "9", "10"]]), [
      { op: "IN", values: ["a", "*.b"] },
      { op: "RANGE", start: "9", end: "10" },
    ]);
  });

  it("allows EXIST beside other rows", () => {
    assert.deepEqual(rowsOf("METHOD", [["EXIST"], ["EQ", "GET"]]), [{ op: "EXIST" }, {
      op: "EQ",
      value: "GET",
    }]);
  });

  it("turns a wrong number of arguments into a row that never matches, with a warning", () => {
    const wrong = [
      ["EQ"],
      ["EQ", "a", "b"],
      ["IN"],
      ["RANGE", "a"],
      ["RANGE", "a", "b", "c"],
      ["EXIST", "x"],
      ["REGEX"],
    ];
    for (const row of wrong) {
      assert.deepEqual(rowsOf("URL", [row]).map(({ op }) => op), ["NEVER"], row.join(" "));
      assert.equal(warningsOf([term("URL", [row])])[0]?.field, "spec.dslx[0].values[0]");
    }
    assert.equal(
      warningsOf([term("URL", [["EQ", "a", "b"]])])[0]?.reason,
      "this never matches: EQ takes one argument, found 2",
    );
  });

  it("refuses unknown operators, also those that every object has", () => {
    for (const op of ["eq", "NOT", "constructor", "__proto__", ""]) {
      assert.match(
        faultsOf([term("URL", [[op, "x"]])])[0]?.reason ?? "",
        /unknown operator .*; expected EQ, IN, /,
      );
    }
  });

  it("refuses regular expressions that do not compile, with the reason", () => {
    const [fault] = faultsOf([term("URL", [["REGEX", "(a"]])]);
    assert.match(fault?.reason ?? "", /bad regular expression "\(a": .+/);
    assert.equal(faultsOf([term("HEADER", [["REGEX", "(a)\\1"]], "x")]).length, 1);
  });

  it("has CIDR for addresses only", () => {
    assert.deepEqual(rowsOf("SRC_IP", [["CIDR", "10.0.0.0/8"]]), [{ op: "CIDR", value: "10.0.0.0/8" }]);
    assert.equal(faultsOf([term("SRC_IP", [["CIDR", "10.0.0.0/33"]])]).length, 1);
    assert.match(faultsOf([term("URL", [["CIDR", "10.0.0.0/8"]])])[0]?.reason ?? "", /for SRC_IP/);
  });
});

describe("HOST", () => {
  it("compares hosts in the form that requests have", () => {
    assert.deepEqual(
      rowsOf("HOST", [["EQ", "A.com"], ["EQ", "b.com."], ["EQ", "[::1]"], ["EQ", "2001:DB8:0::1"]]),
      [
        { op: "EQ", value: "a.com" },
        { op: "EQ", value: "b.com" },
        { op: "EQ", value: "::1" },
        { op: "EQ", value: "2001:db8::1" },
      ],
    );
    assert.deepEqual(rowsOf("HOST", [["STARTS_WITH", "API."], ["REGEX", "^\\W"]]), [
      { op: "STARTS_WITH", value: "api." },
      { op: "REGEX", value: "^\\W" },
    ]);
  });

  it("reads both spellings of a wildcard", () => {
    for (const value of ["*.App.com", ".app.com", "*.app.com."]) {
      assert.deepEqual(rowsOf("HOST", [["ENDS_WITH", value]]), [
        { op: "WILDCARD", suffix: ".app.com", labels: "one" },
      ]);
    }
    assert.deepEqual(rowsOf("HOST", [["ENDS_WITH", "*.a.com"]], "any"), [
      { op: "WILDCARD", suffix: ".a.com", labels: "any" },
    ]);
  });

  it("takes a value without wildcard for a plain suffix", () => {
    assert.deepEqual(rowsOf("HOST", [["ENDS_WITH", "App.com"]]), [{ op: "ENDS_WITH", value: "app.com" }]);
  });

  it("splits the wildcards of an IN from its names", () => {
    assert.deepEqual(rowsOf("HOST", [["IN", "A.com", "*.b.com", "c.com"]]), [
      { op: "IN", values: ["a.com", "c.com"] },
      { op: "WILDCARD", suffix: ".b.com", labels: "one" },
    ]);
    assert.deepEqual(rowsOf("HOST", [["IN", "*.b.com"]]), [{
      op: "WILDCARD",
      suffix: ".b.com",
      labels: "one",
    }]);
  });

  it("warns of hosts that no request can have", () => {
    for (const value of ["a.com:80", "*.a.com", "a b", "", "a..b", "bücher.de"]) {
      assert.deepEqual(rowsOf("HOST", [["EQ", value]]).map(({ op }) => op), ["NEVER"], value);
    }
    const [warning] = warningsOf([term("HOST", [["EQ", "*.a.com"]])]);
    assert.match(
      warning?.reason ?? "",
      /"\*\.a\.com" cannot be the host of a request; wildcards .* ENDS_WITH and IN/,
    );
    assert.deepEqual(rowsOf("HOST", [["ENDS_WITH", "*.a.com:80"]]).map(({ op }) => op), ["NEVER"]);
  });
});

describe("SRC_IP", () => {
  it("takes addresses and blocks in EQ and IN", () => {
    assert.deepEqual(rowsOf("SRC_IP", [["EQ", "10.0.0.0/8"], ["EQ", "2001:DB8::0:1"]]), [
      { op: "CIDR", value: "10.0.0.0/8" },
      { op: "EQ", value: "2001:db8::1" },
    ]);
    assert.deepEqual(rowsOf("SRC_IP", [["IN", "1.1.1.1", "fd00::/8", "::1"]]), [
      { op: "IN", values: ["1.1.1.1", "::1"] },
      { op: "CIDR", value: "fd00::/8" },
    ]);
  });

  it("takes ranges of one family", () => {
    assert.deepEqual(rowsOf("SRC_IP", [["RANGE", "1.1.1.1", "1.1.1.9"]]), [
      { op: "RANGE", start: "1.1.1.1", end: "1.1.1.9" },
    ]);
  });

  it("warns of what no address can be", () => {
    const rows = [
      ["EQ", "1.1.1"],
      ["EQ", "1.1.1.1/40"],
      ["RANGE", "a", "1.1.1.1"],
      ["RANGE", "1.1.1.1", "b"],
      ["RANGE", "1.1.1.1", "::1"],
      ["RANGE", "1.1.1.9", "1.1.1.1"],
    ];
    for (const row of rows) {
      assert.deepEqual(rowsOf("SRC_IP", [row]).map(({ op }) => op), ["NEVER"], row.join(" "));
    }
    assert.deepEqual(rowsOf("SRC_IP", [["IN", "nonsense", "1.1.1.1"]]).map(({ op }) => op), ["IN", "NEVER"]);
  });
});
