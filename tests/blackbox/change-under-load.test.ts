/** Changes of every kind under load cost no request, and what is under way is finished as it was begun. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { freePort } from "./harness/addresses.ts";
import { dial, requestText } from "./harness/client.ts";
import { type ConstantLoad, startLoad } from "./harness/constant-load.ts";
import { type Gateway, type Json, startGateway } from "./harness/gateway.ts";
import { readHead, value } from "./harness/message.ts";
import { frontend, type KubeObject, rule, service, underPath } from "./harness/objects.ts";
import { after, before, it } from "./harness/suite.ts";
import { reply, startUpstream, type Upstream } from "./harness/upstream.ts";
import { startWebSocketServer, type WebSocketServer } from "./harness/websocket-server.ts";
import { deadline, eventually, latin1, sleep } from "./harness/wire.ts";

const FLAPS_A_SECOND = 50;
const FLAPS = 100;
/** On a busy machine fewer tables than flaps are applied: it gets more of them until so many are. */
const TABLES = 3;
const MOST_FLAPS = 5000;
const PIECE = "x".repeat(64 * 1024);
const PIECES = 800;

for (const workers of [1, 2]) {
  describe(`changes under load, ${workers === 1 ? "one worker" : `${workers} workers`}`, () => {
    let one: Upstream;
    let two: Upstream;
    let sockets: WebSocketServer;
    let gateway: Gateway;
    let port: number;

    before(async () => {
      one = await startUpstream({ handler: download });
      two = await startUpstream({ handler: () => reply(200, [], "two") });
      sockets = startWebSocketServer();
      port = await freePort();
      gateway = await startGateway({
        config: {
          "base.yaml": [
            frontend({ name: "web", port }),
            rule({ name: "all", frontend: "web", priority: 9, services: [{ name: "app" }] }),
            ...service({ name: "one", endpoints: [one.endpoint] }),
            ...service({ name: "two", endpoints: [two.endpoint] }),
            ...service({ name: "ws", endpoints: [sockets.endpoint] }),
          ],
          "app.yaml": app(one, two),
          "rule.yaml": [to("one")],
        },
        args: ["--workers", String(workers), "--access-log", "off"],
      });
    });
    after(async () => {
      await gateway?.stop();
      for (const upstream of [one, two]) await upstream?.close();
      await sockets?.close();
    });

    function app(...upstreams: readonly Upstream[]): KubeObject[] {
      return service({ name: "app", endpoints: upstreams.map(({ endpoint }) => endpoint) });
    }
    /** The rule that is replaced while something is under way in it. */
    function to(name: string): KubeObject {
      return rule({ name: "moved", frontend: "web", dslx: underPath("/moved"), services: [{ name }] });
    }
    async function revision(): Promise<number> {
      return JSON.parse((await gateway.fetch("/")).body).revision;
    }
    function load(): ConstantLoad {
      return startLoad({ host: gateway.host, port, fresh: 2, kept: 4 });
    }
    /** Ends the load; not one request may have failed. */
    async function assertUnharmed(running: ConstantLoad): Promise<void> {
      await eventually(() => running.answered > 200 || running.failures.length > 0, () => "too few requests");
      await running.stop();
      assert.deepEqual(running.failures, []);
      assert.ok(running.reused > 0, "connections were used again");
    }
    /** Resolves when the rule sends to that Service, or is gone, in every worker. */
    async function sendTo(name: string | undefined): Promise<void> {
      gateway.write("rule.yaml", name === undefined ? [] : [to(name)]);
      await eventually(async () => {
        const { upstreams } = await gateway.api("table");
        return upstreams["default/moved"]?.endpoints[0].service.name === name;
      }, () => `the rule does not send to ${name}`);
    }

    it(`endpoints that come and go ${FLAPS_A_SECOND} times a second`, async () => {
      const running = load();
      const before = await revision();
      let flaps = 0;
      for (let applied = 0; flaps < FLAPS || applied < TABLES; flaps++) {
        assert.ok(flaps < MOST_FLAPS, `${applied} tables were applied`);
        gateway.write("app.yaml", [app(one), app(one, two), app(two)][flaps % 3]!);
        await sleep(1000 / FLAPS_A_SECOND);
        if (flaps % FLAPS_A_SECOND === 0) applied = await revision() - before;
      }
      gateway.write("app.yaml", app(one, two));
      await assertUnharmed(running);
      const applied = await revision() - before;
      assert.ok(applied <= flaps + 1, `${applied} tables for ${flaps} flaps`);
    });

    it("SIGHUP", async () => {
      const running = load();
      const reloads = () =>
        gateway.process.stderr.filter((line) => /"message":"reloading"/.test(line)).length;
      const before = reloads();
      for (let signals = 1; signals <= 10; signals++) {
        gateway.write("extra.yaml", service({ name: `extra-${signals}`, endpoints: [] }));
        gateway.process.signal("SIGHUP");
        await eventually(() => reloads() >= before + signals, () => `${reloads()} reloads`);
      }
      await assertUnharmed(running);
      assert.equal(gateway.process.exit(), undefined);
    });

    it("listeners that are added and removed", async () => {
      const running = load();
      for (let cycle = 0; cycle < 5; cycle++) {
        const extra = await freePort();
        gateway.write("extra.yaml", [frontend({ name: "extra", port: extra, services: [{ name: "app" }] })]);
        const listeners = async (): Promise<Json[]> => (await gateway.api("listeners")).listeners;
        const isThere = (all: Json[]) => all.some((each) => each.port === extra && each.state === "serving");
        await eventually(async () => isThere(await listeners()), () => "the listener does not come");
        const own = startLoad({ host: gateway.host, port: extra, fresh: 0, kept: 1 });
        await eventually(() => own.answered > 0, () => `not answered: ${own.failures}`);
        await own.stop();
        gateway.remove("extra.yaml");
        await eventually(async () => !isThere(await listeners()), () => "the listener does not go");
      }
      await assertUnharmed(running);
    });

    it("a download goes on when its rule is replaced and then removed", async () => {
      await sendTo("one");
      const client = await dial({ host: gateway.host, port });
      await client.send(requestText({ target: "/moved/long" }));
      assert.equal(value(await readHead(client), "content-length"), String(PIECE.length * PIECES));
      const readPiece = async () => assert.equal(latin1(await client.readExactly(PIECE.length)), PIECE);
      await readPiece();
      await sendTo("two");
      await readPiece();
      await sendTo(undefined);
      for (let piece = 2; piece < PIECES; piece++) await readPiece();
      client.close();
    });

    it("a WebSocket goes on when its rule is replaced and then removed", async () => {
      await sendTo("ws");
      const socket = new WebSocket(`ws://${gateway.host}:${port}/moved`);
      await deadline(new Promise((resolve) => socket.onopen = resolve), () => "the WebSocket to open");
      async function echo(text: string): Promise<void> {
        const answer = new Promise<MessageEvent>((resolve) => socket.onmessage = resolve);
        socket.send(text);
        assert.equal((await deadline(answer, () => `an answer to ${text}`)).data, text);
      }
      await echo("first");
      await sendTo("two");
      await echo("replaced");
      await sendTo(undefined);
      for (let n = 0; n < 50; n++) await echo(`removed ${n}`);
      const closed = new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
      socket.send("close");
      assert.equal((await deadline(closed, () => "the WebSocket to close")).code, 4001);
    });
  });
}

/** Below `/moved/long`, pieces as fast as they are taken, more than fits between the two ends; else at once. */
async function download(
  { target }: { readonly target: string },
  connection: { send(text: string): Promise<void> },
): Promise<string | void> {
  if (target !== "/moved/long") return reply(200, [], "one");
  await connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${PIECE.length * PIECES}\r\n\r\n`);
  for (let piece = 0; piece < PIECES; piece++) await connection.send(PIECE);
}
