/**
 * Mixed traffic while the configuration changes: small and large answers, uploads, WebSockets, clients that leave,
 * upstreams that fail, and every kind of change. Nothing that need not fail may fail, and nothing may grow.
 */
import { freePorts } from "../blackbox/harness/addresses.ts";
import { dial, request, requestText } from "../blackbox/harness/client.ts";
import { type Gateway, startGateway } from "../blackbox/harness/gateway.ts";
import { readHead, readResponse, type Request, value } from "../blackbox/harness/message.ts";
import { frontend, type KubeObject, rule, service, underPath } from "../blackbox/harness/objects.ts";
import { reply, startUpstream, type Upstream } from "../blackbox/harness/upstream.ts";
import { type Connection, eventually, latin1, sleep } from "../blackbox/harness/wire.ts";
import { descriptorsOf, residentMegabytes, type Sample } from "./figures.ts";

const LARGE = "x".repeat(1024 * 1024);
const UPLOAD = "y".repeat(300_000);
/** Between two changes of the configuration. */
const CHANGE_MS = 250;
/** From the removal of a file to the end of its listener, which waits up to a second for a moment without clients. */
const REMOVAL_MS = 3000;

export interface SoakResult {
  /** Exchanges that went as they should, by kind. */
  readonly done: Readonly<Record<string, number>>;
  readonly failures: readonly string[];
  /** How often the extra listener was removed while a client dialled it. */
  readonly removals: number;
  /** New connections that ended while their listener was being closed: refused, only later than with ECONNREFUSED. */
  readonly refusedLate: number;
  /** Tables taken into service. */
  readonly revisions: number;
  /** Megabytes, once a second. */
  readonly memory: readonly Sample[];
  readonly descriptorsBefore: number;
  readonly descriptorsAfter: number;
}

/** Runs for `seconds`; `tick` hears of each second. */
export async function soak(seconds: number, tick: (sample: Sample) => void = () => {}): Promise<SoakResult> {
  const upstreams = await Promise.all([1, 2].map(() => startUpstream({ handler })));
  const [port, extra] = await freePorts(2) as [number, number];
  const gateway = await startGateway({
    config: { "web.yaml": webObjects(port, 0), "app.yaml": appObjects(upstreams, 0) },
    args: ["--access-log", "0.01"],
  });
  const run = new Soak(gateway, port, extra, upstreams);
  try {
    await request({ host: gateway.host, port });
    const descriptorsBefore = descriptorsOf(gateway.process.pid);
    const memory = await run.during(seconds, tick);
    const descriptorsAfter = await settled(gateway, descriptorsBefore);
    const { revision } = JSON.parse((await gateway.fetch("/")).body);
    return {
      done: run.done,
      failures: run.failures,
      removals: run.removals,
      refusedLate: run.refusedLate,
      revisions: revision,
      memory,
      descriptorsBefore,
      descriptorsAfter,
    };
  } finally {
    await gateway.stop();
    for (const upstream of upstreams) await upstream.close();
  }
}

/** Descriptors once everything that was open is closed; idle connections to upstreams may stay. */
async function settled(gateway: Gateway, before: number): Promise<number> {
  let now = 0;
  await eventually(() => (now = descriptorsOf(gateway.process.pid)) <= before, () => "", 5000).catch(
    () => {},
  );
  return now;
}

function webObjects(port: number, step: number): KubeObject[] {
  return [
    frontend({ name: "web", port }),
    rule({
      name: "all",
      frontend: "web",
      dslx: underPath("/"),
      services: [{ name: "app", weight: 50 + step % 50 }, { name: "other" }],
    }),
    rule({ name: `rule-${step % 7}`, frontend: "web", priority: 1, dslx: underPath("/none"), services: [] }),
  ];
}

function appObjects(upstreams: readonly Upstream[], step: number): KubeObject[] {
  const endpoints = upstreams.map(({ endpoint }) => endpoint);
  return [
    ...service({ name: "app", endpoints: endpoints.filter((_, index) => step % 3 !== index) }),
    ...service({ name: "other", endpoints }),
  ];
}

async function handler({ target, body }: Request, connection: Connection): Promise<string | void> {
  switch (target) {
    case "/large":
      return reply(200, [], LARGE);
    case "/upload":
      return reply(200, [], String(body.length));
    case "/error":
      return reply(500, [], "sorry");
    case "/reset":
      return connection.reset();
    case "/echo":
      await connection.send(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n",
      );
      for (let some = await connection.readSome(); some.length > 0; some = await connection.readSome()) {
        await connection.send(some);
      }
      return;
    default:
      return reply(200, [], "small");
  }
}

class Soak {
  readonly done: Record<string, number> = {};
  readonly failures: string[] = [];
  /** New connections to the extra listener that ended before a byte was answered, in the moment of its removal. */
  refusedLate = 0;
  removals = 0;
  #removedAt = -Infinity;
  #over = false;

  constructor(
    readonly gateway: Gateway,
    readonly port: number,
    readonly extra: number,
    readonly upstreams: readonly Upstream[],
  ) {}

  async during(seconds: number, tick: (sample: Sample) => void): Promise<Sample[]> {
    const work = [
      ...[1, 2, 3, 4].map(() => this.#repeat("small", (client) => this.#expect(client, {}, 200, "small"))),
      this.#repeat("large", (client) => this.#expect(client, { target: "/large" }, 200, LARGE), 20),
      this.#repeat("upload", (client) => this.#upload(client), 20),
      this.#repeat("chunked upload", (client) => this.#chunkedUpload(client), 20),
      this.#repeat("error", (client) => this.#expect(client, { target: "/error" }, 500, "sorry"), 50),
      this.#repeat("reset", (client) => this.#reset(client), 100),
      this.#repeat("extra listener", (client) => this.#expect(client, {}, 200, "small"), 5, this.extra),
      this.#aborts(),
      this.#webSocket("long WebSocket", Infinity),
      this.#webSocket("short WebSocket", 10),
      this.#changes(),
    ];
    const memory: Sample[] = [];
    const started = performance.now();
    for (let at = 0; at < seconds; at = (performance.now() - started) / 1000) {
      const sample = { at, value: residentMegabytes(this.gateway.process.pid) };
      memory.push(sample);
      tick(sample);
      await sleep(1000);
    }
    this.#over = true;
    await Promise.all(work);
    return memory;
  }

  /** One kind of exchange over and over, on a connection that is kept as long as the gateway keeps it. */
  async #repeat(
    kind: string,
    act: (client: Connection) => Promise<boolean>,
    pauseMs = 2,
    port = this.port,
  ): Promise<void> {
    let client: Connection | undefined;
    while (!this.#over) {
      const isFresh = client === undefined;
      const begunAt = performance.now();
      try {
        // The extra listener comes and goes: whoever is refused was not served, and not lost either.
        client ??= await dial({ host: this.gateway.host, port }).catch((error) => {
          if (port !== this.extra || error.code !== "ECONNREFUSED") throw error;
          return undefined;
        });
        if (client !== undefined) {
          const stays = await act(client);
          this.#count(kind);
          if (!stays) {
            client.close();
            client = undefined;
          }
        }
      } catch (error) {
        // The kernel shakes hands for a port up to the moment in which it is closed: nobody has read that request.
        const isBeingRemoved = port === this.extra && begunAt >= this.#removedAt &&
          begunAt < this.#removedAt + REMOVAL_MS;
        if (isBeingRemoved && isFresh && /ECONNRESET|end; unread 0 bytes/.test(String(error))) {
          this.refusedLate++;
        } else this.#fail(kind, error);
        client?.close();
        client = undefined;
      }
      await sleep(pauseMs);
    }
    client?.close();
  }

  /** Whether the connection stays. */
  async #expect(
    client: Connection,
    given: Parameters<typeof requestText>[0],
    status: number,
    body: string,
  ): Promise<boolean> {
    await client.send(requestText(given));
    const response = await readResponse(client, given.method);
    if (response.status !== status || response.body !== body) {
      throw new Error(
        `${response.status} ${value(response, "x-alb-err-reason")} ${response.body.length} bytes`,
      );
    }
    return value(response, "connection") !== "close";
  }

  #upload(client: Connection): Promise<boolean> {
    return this.#expect(
      client,
      { method: "PUT", target: "/upload", body: UPLOAD },
      200,
      String(UPLOAD.length),
    );
  }

  #chunkedUpload(client: Connection): Promise<boolean> {
    const chunk = `${(1000).toString(16)}\r\n${"z".repeat(1000)}\r\n`;
    const fields = [["Transfer-Encoding", "chunked"]] as const;
    const given = { method: "PUT", target: "/upload", fields, body: `${chunk.repeat(100)}0\r\n\r\n` };
    return this.#expect(client, given, 200, "100000");
  }

  /** Both endpoints reset, so there is nothing else to say than 502; POST is not repeated. */
  async #reset(client: Connection): Promise<boolean> {
    await client.send(requestText({ method: "POST", target: "/reset", body: "1" }));
    const response = await readResponse(client);
    if (response.status !== 502) throw new Error(`${response.status} instead of 502`);
    return value(response, "connection") !== "close";
  }

  async #aborts(): Promise<void> {
    for (let n = 0; !this.#over; n++) {
      try {
        const client = await dial({ host: this.gateway.host, port: this.port });
        await client.send(
          n % 2 === 0 ? requestText({ target: "/large" }) : requestText({
            method: "PUT",
            target: "/upload",
            fields: [["Content-Length", "99999"]],
            body: "part",
          }),
        );
        await sleep(n % 7);
        if (n % 3 === 0) client.reset();
        else client.close();
        this.#count("abort");
      } catch (error) {
        this.#fail("abort", error);
      }
      await sleep(30);
    }
  }

  async #webSocket(kind: string, messages: number): Promise<void> {
    while (!this.#over) {
      try {
        const client = await dial({ host: this.gateway.host, port: this.port });
        await client.send(
          requestText({ target: "/echo", fields: [["Connection", "Upgrade"], ["Upgrade", "echo"]] }),
        );
        const { startLine } = await readHead(client);
        if (!startLine.includes(" 101 ")) throw new Error(startLine);
        for (let n = 0; n < messages && !this.#over; n++) {
          const message = `message ${n} `.repeat(1 + n % 50);
          await client.send(message);
          if (latin1(await client.readExactly(message.length)) !== message) {
            throw new Error("another message");
          }
          this.#count(kind);
          await sleep(20);
        }
        client.close();
      } catch (error) {
        this.#fail(kind, error);
      }
    }
  }

  async #changes(): Promise<void> {
    const { gateway } = this;
    for (let step = 1; !this.#over; step++) {
      if (step % 2 === 0) gateway.write("web.yaml", webObjects(this.port, step));
      if (step % 3 === 0) gateway.write("app.yaml", appObjects(this.upstreams, step / 3));
      if (step % 8 === 3) {
        gateway.write("extra.yaml", [
          frontend({ name: "extra", port: this.extra, services: [{ name: "other" }] }),
        ]);
      }
      if (step % 8 === 7) {
        this.#removedAt = performance.now();
        this.removals++;
        gateway.remove("extra.yaml");
      }
      if (step % 20 === 0) gateway.process.signal("SIGHUP");
      if (step % 30 === 15) gateway.write("bad.yaml", "kind: Rule\n  bad: indent\n");
      if (step % 30 === 20) gateway.remove("bad.yaml");
      this.#count("change");
      await sleep(CHANGE_MS);
    }
  }

  #count(kind: string): void {
    this.done[kind] = (this.done[kind] ?? 0) + 1;
  }

  #fail(kind: string, error: unknown): void {
    if (this.failures.length < 100) {
      this.failures.push(`${kind}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
