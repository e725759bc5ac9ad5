/** How many connections there may be, in all and of one address. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { requestText } from "./harness/client.ts";
import { reachesAt, startLimited } from "./harness/limits.ts";
import { readResponse } from "./harness/message.ts";
import { after, before, it, type Site, stopSite } from "./harness/suite.ts";
import { type Connection, eventually } from "./harness/wire.ts";

describe("limits of connections", () => {
  let site: Site;
  before(async () => void (site = await startLimited(["maxConnections=20", "maxConnectionsPerAddress=8"])));
  after(() => stopSite(site));

  it("of one address: others have room", async () => {
    const open: Connection[] = [];
    for (let n = 0; n < 8; n++) open.push(await site.dial("127.0.0.3"));
    await reachesAt(site, "maxConnectionsPerAddress", async () => {
      const beyond = await site.dial("127.0.0.3").catch(() => undefined);
      await beyond?.ended;
      beyond?.close();
    });
    const other = await site.dial("127.0.0.4");
    await other.send(requestText({}));
    assert.equal((await readResponse(other)).status, 200);
    for (const connection of [...open, other]) connection.close();
    await eventually(
      async () => await site.gateway.metric("albatross_connections") === 0,
      () => "still open",
    );
  });

  it("in all: those beyond are closed at once, room is used again", async () => {
    const open: Connection[] = [];
    for (let n = 0; n < 20; n++) open.push(await site.dial(`127.0.0.${10 + n}`));
    await reachesAt(site, "maxConnections", async () => {
      const beyond = await site.dial().catch(() => undefined); // closed before we knew that it was open
      await beyond?.ended;
      beyond?.close();
    });
    for (const connection of open) connection.close();
    await eventually(
      () => site.request().then(({ status }) => status === 200, () => false),
      () => "there is no room again",
    );
  });
});
