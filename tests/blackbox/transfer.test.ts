/** Large bodies: constant memory and backpressure in both directions. `scripts/bigtransfer` moves 10 GB. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { after, before, it, type Site, startSite, stopSite } from "./harness/suite.ts";
import {
  beginDownload,
  beginUpload,
  discardExactly,
  download,
  MEGABYTE,
  residentBytes,
  sendPieces,
  upload,
  watchMemory,
} from "./harness/transfer.ts";
import { sleep } from "./harness/wire.ts";

const SIZE = 200 * MEGABYTE;
/** Moved first, so that buffers and compiled code are there when memory is first looked at. */
const WARM_UP = 50 * MEGABYTE;
/** Far below what buffering the body would take, far above the noise of a garbage collector. */
const ALLOWED_GROWTH = 100 * MEGABYTE;
/** More than four socket buffers on loopback can hold. */
const STALLED_BY = 100 * MEGABYTE;

describe("large transfers", () => {
  let site: Site;
  before(async () => void (site = await startSite({ handler: null })));
  after(() => stopSite(site));

  for (const [name, transfer] of Object.entries({ client: download, upstream: upload })) {
    it(`stream 200 MB to the ${name} in constant memory`, async () => {
      await transfer(site, WARM_UP);
      const before = residentBytes(site);
      const memory = watchMemory(site);
      assert.equal(await transfer(site, SIZE), SIZE);
      const growth = Math.max(...memory()) - before;
      assert.ok(growth < ALLOWED_GROWTH, `grew by ${growth / MEGABYTE} MB`);
    });
  }

  it("hold the upstream back while the client does not read", async () => {
    const { client, upstream } = await beginDownload(site, SIZE);
    client.socket.pause();
    const progress = { bytes: 0 };
    const sent = sendPieces(upstream, SIZE, progress);
    await stalls(progress);
    assert.equal(await client.discardToEnd(), SIZE);
    await sent;
    client.close();
    upstream.close();
  });

  it("hold the client back while the upstream does not read", async () => {
    const { client, upstream } = await beginUpload(site, SIZE);
    upstream.socket.pause();
    const progress = { bytes: 0 };
    const sent = sendPieces(client, SIZE, progress);
    await stalls(progress);
    assert.equal(await discardExactly(upstream, SIZE), SIZE);
    await sent;
    client.close();
    upstream.close();
  });
});

/** Waits until nothing moves any more, and fails when too much went through by then. */
async function stalls(progress: { readonly bytes: number }): Promise<void> {
  for (let last = -1; last !== progress.bytes;) {
    last = progress.bytes;
    assert.ok(last < STALLED_BY, `${last / MEGABYTE} MB were taken from the sender`);
    await sleep(300);
  }
}
