/** Requests and answers cut, or ended, at every single byte (RFC 9112 2.2, 8): the result is that of the whole, or nothing. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { freePort } from "../blackbox/harness/addresses.ts";
import { dial } from "../blackbox/harness/client.ts";
import { type Gateway, startGateway } from "../blackbox/harness/gateway.ts";
import { frontend, service } from "../blackbox/harness/objects.ts";
import { after, before, it } from "../blackbox/harness/suite.ts";
import { latin1, sleep } from "../blackbox/harness/wire.ts";
import { chunks, get, post, request, type Script } from "./harness/case.ts";
import { observe, type Observed, read } from "./harness/observe.ts";
import { type Recorder, startRecorder } from "./harness/recorder.ts";

/** So many connections at once, of which each waits for time to pass. */
const AT_ONCE = 16;

const REQUESTS: Readonly<Record<string, string>> = {
  "a GET": get(["X: a b", "Connection: X-Y, close", "X-Y: 1"]),
  "a POST with a length": post(["Content-Length: 12"], "abc\r\n\r\n0\r\n\r\n"),
  "a POST with chunks and trailers": chunks("3;x=y\r\nabc\r\n2\r\nde\r\n0;z\r\nX-Sum: 5\r\nY: 1\r\n\r\n"),
  "an empty line, then HTTP/1.0": "\r\n" + request("POST /a?b HTTP/1.0", ["Content-Length: 2"], "ab"),
  "two requests": post(["Content-Length: 3"], "abc") + request("GET /two HTTP/1.1", ["Connection: close"]),
  "a refused one": get(["X: 1"]) + post(["Content-Length: 3", "Transfer-Encoding: chunked"], "0\r\n\r\n"),
};

const ANSWERS: Readonly<Record<string, string>> = {
  "a length": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: a b\r\n\r\nabcde",
  "chunks and trailers":
    "HTTP/1.1 201 Made\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\nY: 1\r\n\r\n",
  "1xx before it":
    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
  "no body": "HTTP/1.1 204 No Content\r\nX: 1\r\n\r\n",
  "a refused one": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
};

/** Asked behind a request that was cut, so that what came of it has come. */
const PROBE = request("GET /probe HTTP/1.1", ["Connection: close"]);

/** What must not differ: everything but dates. */
function facts({ answers, rest, then }: Observed): unknown {
  const undated = answers.map((answer) => ({
    ...answer,
    lines: answer.lines.filter((line) => !/^date:/i.test(line)),
  }));
  return { answers: undated, rest, then };
}

describe("messages in pieces", () => {
  let gateway: Gateway;
  const recorders: Recorder[] = [];
  /** A listener with a recorder of its own for each of the connections that are open at once. */
  const sites: { host: string; port: number; recorder: Recorder }[] = [];
  before(async () => {
    const objects = [];
    for (let n = 0; n < AT_ONCE; n++) {
      const [recorder, port] = [await startRecorder(), await freePort()];
      recorders.push(recorder);
      objects.push(
        frontend({ name: `web-${n}`, port, services: [{ name: `app-${n}` }] }),
        ...service({ name: `app-${n}`, endpoints: [recorder.endpoint] }),
      );
      sites.push({ host: "", port, recorder });
    }
    gateway = await startGateway({ config: objects });
    for (const site of sites) site.host = gateway.host;
  });
  after(async () => {
    await gateway?.stop();
    for (const recorder of recorders) await recorder.close();
  });

  /** Runs `play` for every cut of `text`, {@link AT_ONCE} at a time. */
  async function atEveryByte(text: string, play: (site: typeof sites[number], cut: number) => Promise<void>) {
    let next = 1;
    await Promise.all(sites.map(async (site) => {
      while (next < text.length) await play(site, next++);
    }));
  }

  async function exchange(site: typeof sites[number], send: readonly string[], answer?: Script) {
    site.recorder.begin(answer === undefined ? [] : [answer]);
    const observed = await observe(await dial(site), { send }, "closed");
    return { client: facts(observed), upstream: [...site.recorder.requests], rest: site.recorder.rest };
  }

  for (const [name, bytes] of Object.entries(REQUESTS)) {
    const text = bytes.includes("Connection:") || /HTTP\/1\.0|refused/.test(bytes + name)
      ? bytes
      : bytes.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");

    it(`${name} is the same in two pieces, cut anywhere`, async () => {
      const whole = await exchange(sites[0]!, [text]);
      assert.ok(whole.upstream.length > 0);
      await atEveryByte(text, async (site, cut) => {
        const split = await exchange(site, [text.slice(0, cut), text.slice(cut)]);
        assert.deepEqual(split, whole, `cut at ${cut}: ${JSON.stringify(text.slice(0, cut))}`);
      });
    });

    for (const end of ["FIN", "RST"] as const) {
      it(`${name} that ends with ${end} anywhere within is never a request to the upstream`, async () => {
        const whole = (await exchange(sites[0]!, [text])).upstream;
        await atEveryByte(text, async ({ recorder, ...site }, cut) => {
          recorder.begin([]);
          const client = await dial(site);
          await client.send(text.slice(0, cut));
          if (end === "FIN") {
            client.halfClose();
            await client.discardToEnd();
          } else {
            await sleep(10);
            client.reset();
          }
          client.close();
          await observe(await dial(site), { send: [PROBE] }, "closed");
          // Of several requests those in front may be whole.
          const seen = recorder.requests.filter((each) => !each.includes("/probe"));
          assert.ok(seen.length < whole.length || name === "a refused one", `cut at ${cut}`);
          assert.deepEqual(seen, whole.slice(0, seen.length), `cut at ${cut}`);
        });
      });
    }
  }

  for (const [name, text] of Object.entries(ANSWERS)) {
    const ask = [get(["Connection: close"])];

    it(`an answer with ${name} is the same in two pieces, cut anywhere`, async () => {
      const whole = await exchange(sites[0]!, ask, { pieces: [text] });
      await atEveryByte(text, async (site, cut) => {
        const split = await exchange(site, ask, { pieces: [text.slice(0, cut), text.slice(cut)] });
        assert.deepEqual(split, whole, `cut at ${cut}: ${JSON.stringify(text.slice(0, cut))}`);
      });
    });

    for (const then of ["close", "reset"] as const) {
      it(`an answer with ${name} that ends (${then}) anywhere within never looks whole`, async () => {
        await atEveryByte(text, async ({ recorder, ...site }, cut) => {
          recorder.begin([{ pieces: [text.slice(0, cut)], then }]);
          const client = await dial(site);
          // Sent once, whatever becomes of it.
          await client.send(post(["Connection: close", "Content-Length: 0"]));
          const { answers, rest } = read(latin1(await client.readToEnd()), [], false);
          client.close();
          const finals = answers.filter(({ status }) => status >= 200);
          const isCut = finals.length === 0 || rest !== "" || finals.every(({ status }) => status === 502);
          assert.ok(isCut, `cut at ${cut}: ${JSON.stringify({ answers, rest })}`);
        });
      });
    }
  }
});
