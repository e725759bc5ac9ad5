/** Plays one case of the battery and asserts everything that it says. */
import assert from "node:assert/strict";
import { dial } from "../../blackbox/harness/client.ts";
import { eventually } from "../../blackbox/harness/wire.ts";
import type { FramingCase } from "./case.ts";
import { observe } from "./observe.ts";
import { plainValues } from "./plain.ts";
import type { Recorder } from "./recorder.ts";

let probes = 0;

/** Asserts on client, upstream and, by a probe of another client, that nothing has stuck to a pooled connection. */
export async function play(site: { host: string; port: number }, recorder: Recorder, given: FramingCase) {
  recorder.begin(given.answers ?? []);
  const observed = await observe(await dial(site), given, given.then);
  const { answers } = observed;
  const summary = JSON.stringify({ ...observed, upstream: recorder.requests, left: recorder.rest });
  assert.deepEqual(
    answers.map(({ status }) => status),
    given.client.map((each) => typeof each === "number" ? each : each.status),
    summary,
  );
  // Where head and fault arrive together, nothing of the answer goes out.
  const isCutAtOnce = given.then === "cut" && observed.then === "closed";
  if (!isCutAtOnce) assert.equal(observed.then, given.then, summary);
  for (const [index, expected] of given.client.entries()) {
    if (typeof expected === "number") continue;
    const { lines, body } = answers[index]!;
    if (expected.body !== undefined) assert.equal(body, expected.body);
    for (const line of expected.has ?? []) assert.ok(lines.includes(line), `${line} in ${summary}`);
    for (const name of expected.lacks ?? []) assert.deepEqual(plainValues(lines, name), [], name);
  }
  const target = `/probe/${++probes}`;
  const probe = await observe(
    await dial(site),
    { send: [`GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`] },
    "kept",
  );
  assert.deepEqual(
    probe.answers.map(({ status, body }) => [status, body]),
    [[200, target]],
    "the next client",
  );
  const probed = ["GET /after HTTP/1.1\nHost: h\n\n", `GET ${target} HTTP/1.1\nHost: h\n\n`];
  const ours = () => recorder.requests.filter((each) => !probed.includes(each));
  // A request of the case may be the one that is sent behind it.
  const wanted = given.upstream.filter((each) => each !== probed[0]);
  await eventually(() => ours().length >= wanted.length, () => "").catch(() => {});
  assert.deepEqual(ours(), wanted);
  if (given.unfinished !== true) assert.equal(recorder.rest, "", "nothing but whole requests");
}
