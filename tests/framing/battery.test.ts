/** Hostile and odd bytes against the real process, one case a test: what the client sees, and every byte that the upstream sees. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { freePort } from "../blackbox/harness/addresses.ts";
import { type Gateway, startGateway } from "../blackbox/harness/gateway.ts";
import { frontend, service } from "../blackbox/harness/objects.ts";
import { after, before, it } from "../blackbox/harness/suite.ts";
import { BATTERY } from "./cases.ts";
import { play } from "./harness/play.ts";
import { type Recorder, startRecorder } from "./harness/recorder.ts";

describe("framing battery", () => {
  let gateway: Gateway;
  let recorder: Recorder;
  let port: number;
  before(async () => {
    recorder = await startRecorder();
    port = await freePort();
    gateway = await startGateway({
      config: [
        frontend({ name: "web", port, services: [{ name: "app" }] }),
        ...service({ name: "app", endpoints: [recorder.endpoint] }),
      ],
    });
  });
  after(async () => {
    await gateway?.stop();
    await recorder?.close();
  });

  for (const [theme, cases] of Object.entries(BATTERY)) {
    for (const each of cases) {
      const mark = each.cve === undefined ? "" : ` [${each.cve}]`;
      it(`${theme}: ${each.name} (RFC ${each.rfc})${mark}`, () =>
        play({ host: gateway.host, port }, recorder, each));
    }
  }

  it("no two cases of a theme have one name, and every theme of the battery is large enough to mean something", () => {
    for (const [theme, cases] of Object.entries(BATTERY)) {
      assert.equal(new Set(cases.map(({ name }) => name)).size, cases.length, theme);
    }
    assert.ok(Object.values(BATTERY).flat().length >= 200);
  });
});
