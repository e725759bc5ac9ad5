import assert from "node:assert/strict";
import { it } from "node:test";
import { parseJunit } from "../../../scripts/test-runner/junit.ts";

it("reads what bun test writes: nested suites, escaped names", () => {
  const tests = parseJunit(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="bun test" tests="4" failures="1" skipped="1">
  <testsuite name="tests/x/a.test.ts" file="tests/x/a.test.ts">
    <testcase name="plain &amp; &lt;ok&gt; &quot;q&quot; &#10;&#x41;" classname="" time="0.0007" file="tests/x/a.test.ts" />
    <testcase name="not here" classname="" time="0"><skipped /></testcase>
    <testsuite name="group" file="tests/x/a.test.ts">
      <testcase name="inner" classname="group" time="0.1">
        <failure type="Error" message="x">Error: x&#10;      at tests/x/a.test.ts:7:107</failure>
      </testcase>
    </testsuite>
  </testsuite>
</testsuites>`);
  assert.deepEqual(tests, [
    { name: `plain & <ok> "q" \nA`, result: "passed" },
    { name: "not here", result: "skipped" },
    { name: "group > inner", result: "failed" },
  ]);
});

it("reads what deno test writes, without the groups that stand for their members", () => {
  const group = (name: string, body: string) =>
    `<testcase name="${name}" classname="./tests/a.test.ts">${body}</testcase>`;
  const tests = parseJunit([
    group("fine", ""),
    group("fine &gt; member", ""),
    group("bad", `<failure message="1 test step failed">1 test step failed.</failure>`),
    group("bad &gt; member", `<failure message="Uncaught Error: boom">boom</failure>`),
    group("bad &gt; other", `<skipped/>`),
    group("own fault", `<failure message="Uncaught Error: after all members">x</failure>`),
    group("own fault &gt; member", ""),
    group("alone", `<failure message="Uncaught Error: x">x</failure>`),
  ].join("\n"));
  assert.deepEqual(tests, [
    { name: "fine > member", result: "passed" },
    { name: "bad > member", result: "failed" },
    { name: "bad > other", result: "skipped" },
    { name: "own fault", result: "failed" },
    { name: "own fault > member", result: "passed" },
    { name: "alone", result: "failed" },
  ]);
});
