/** Connect, send and read timeouts (data-plane spec 3.11): status, reason, and which of them are tried elsewhere. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { freePort, LOOPBACK } from "./harness/addresses.ts";
import { dial, request, requestText } from "./harness/client.ts";
import { scriptCommand } from "./harness/command.ts";
import { type Gateway, startGateway } from "./harness/gateway.ts";
import { readHead, readResponse, type Response, value } from "./harness/message.ts";
import { frontend, rule, service, underPath } from "./harness/objects.ts";
import { type Process, startProcess } from "./harness/process.ts";
import { after, before, it } from "./harness/suite.ts";
import { reply, startUpstream, type Upstream } from "./harness/upstream.ts";
import { type Connection, eventually, latin1, sleep } from "./harness/wire.ts";

/** Of what must time out. */
const MS = 400;
/** Of what may be asked in time as well: a busy machine takes a while for that. */
const PATIENT_MS = 2000;

describe("timeouts", () => {
  let gateway: Gateway;
  let port: number;
  let good: Upstream;
  /** Accepts and reads, answers what the test makes it. */
  let slow: Upstream;
  /** Accepts and does not read. */
  let unread: Upstream;
  let stuck: Process;
  const queue: Connection[] = [];

  before(async () => {
    good = await startUpstream({ handler: () => reply(200, [], "good") });
    slow = await startUpstream({ handler: () => {} });
    unread = await startUpstream({ handler: null });
    const script = new URL("harness/stuck-listener.ts", import.meta.url).pathname;
    stuck = startProcess(scriptCommand("deno", script, [LOOPBACK]));
    const stuckPort = Number(await stuck.waitForLine("stdout", () => true));
    stuck.signal("SIGSTOP");
    await eventually(() => stateOf(stuck.pid) === "T", () => "the listener to stop");
    await fillQueue(stuckPort);
    port = await freePort();
    const timeout = (kind: "connect" | "send" | "read", ms = MS) => ({
      timeout: { [`proxy_${kind}_timeout_ms`]: ms },
    });
    const rules = {
      stuck: { endpoints: [`${LOOPBACK}:${stuckPort}`], config: timeout("connect") },
      "half-stuck": {
        endpoints: [`${LOOPBACK}:${stuckPort}`, good.endpoint],
        config: timeout("connect", PATIENT_MS),
      },
      slow: { endpoints: [slow.endpoint], config: timeout("read") },
      "half-slow": { endpoints: [slow.endpoint, good.endpoint], config: timeout("read", PATIENT_MS) },
      patient: { endpoints: [slow.endpoint], config: timeout("read", PATIENT_MS) },
      unread: { endpoints: [unread.endpoint], config: timeout("send") },
    };
    gateway = await startGateway({
      config: [
        frontend({ name: "web", port }),
        ...Object.entries(rules).flatMap(([name, { endpoints, config }]) => [
          rule({ name, frontend: "web", dslx: underPath(`/${name}/`), services: [{ name }], config }),
          ...service({ name, endpoints }),
        ]),
      ],
    });
  });
  after(async () => {
    for (const connection of queue) connection.close();
    stuck?.signal("SIGKILL");
    await gateway?.stop();
    await good?.close();
    await slow?.close();
    await unread?.close();
  });

  /** One letter, as in `ps`. */
  function stateOf(pid: number): string {
    return /^State:\s+(\w)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))![1]!;
  }
  /** Connects until the kernel drops further connections to a listener that never accepts. */
  async function fillQueue(stuckPort: number): Promise<void> {
    for (let n = 0; n < 50; n++) {
      const opened = dial({ host: LOOPBACK, port: stuckPort });
      opened.then((connection) => queue.push(connection), () => {});
      if (await Promise.race([opened.then(() => true, () => true), sleep(300).then(() => false)]) === false) {
        return;
      }
    }
    throw new Error("the queue of the stuck listener never filled");
  }
  function send(name: string, method = "GET"): Promise<Response> {
    return request({ host: gateway.host, port, method, target: `/${name}/` });
  }
  function assertTimeout(response: Response): void {
    assert.equal(response.status, 504);
    assert.equal(response.body, "X-Error: 504\n");
    assert.match(value(response, "x-alb-err-reason") ?? "", /^TimeoutViaBackend : ./);
  }

  it("connecting: 504, for every method tried elsewhere first", async () => {
    assertTimeout(await send("stuck"));
    for (const method of ["GET", "GET", "POST", "POST"]) {
      assert.equal((await send("half-stuck", method)).body, "good", method);
    }
  });

  it("reading the head: 504, a lone endpoint is asked once", async () => {
    const before = slow.requests.length;
    assertTimeout(await send("slow"));
    assert.equal(slow.requests.length - before, 1);
  });

  it("reading the head: GET is tried elsewhere, POST is not", async () => {
    for (let n = 0; n < 2; n++) assert.equal((await send("half-slow")).body, "good");
    const statuses = [(await send("half-slow", "POST")).status, (await send("half-slow", "POST")).status];
    assert.deepEqual(statuses.toSorted(), [200, 504]);
  });

  it("reading counts from one piece to the next, not in all", async () => {
    slow.handler = async (_, connection) => {
      await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
      for (const byte of "slow") {
        await sleep(PATIENT_MS / 3);
        await connection.send(byte);
      }
    };
    assert.equal((await send("patient")).body, "slow");
  });

  it("reading within the body: the client is cut off", async () => {
    slow.handler = (_, connection) => connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart");
    const client = await dial({ host: gateway.host, port });
    await client.send(requestText({ target: "/slow/" }));
    assert.match((await readHead(client)).startLine, / 200 /);
    assert.equal(latin1(await client.readToEnd()), "part");
    client.close();
  });

  it("reading within an upload: waiting for the client is not the upstream's fault", async () => {
    slow.handler = ({ body }) => reply(200, [], body);
    const client = await dial({ host: gateway.host, port });
    await client.send(
      requestText({ method: "POST", target: "/patient/", fields: [["Content-Length", "2"]], body: "a" }),
    );
    await sleep(1.5 * PATIENT_MS);
    await client.send("b");
    assert.equal((await readResponse(client)).body, "ab");
    client.close();
  });

  it("sending: 504 when the upstream does not take the body", async () => {
    const client = await dial({ host: gateway.host, port });
    const size = 100 * 1024 * 1024;
    await client.send(`POST /unread/ HTTP/1.1\r\nHost: h\r\nContent-Length: ${size}\r\n\r\n`);
    (await unread.nextConnection()).socket.pause();
    const piece = new Uint8Array(1024 * 1024);
    const sending = (async () => {
      for (let sent = 0; sent < size; sent += piece.length) await client.send(piece);
    })();
    sending.catch(() => {}); // the gateway need not read what nobody takes
    assertTimeout(await readResponse(client));
    client.close();
  });
});
