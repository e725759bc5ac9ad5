import { after, describe, it } from "node:test";
import assert from "node:assert/strict";
import { Listeners, type WantedPort } from "../../src/listeners/listeners.ts";
import type { ListenOptions, Runtime, Socket, TcpListener } from "../../src/runtimes/runtime.ts";

/** A runtime whose ports can be taken, refused, or slow to bind. */
class Ports {
  /** `host:port` of what is bound. */
  readonly bound: string[] = [];
  readonly tried: string[] = [];
  /** Error codes by port, or by `host:port`. */
  readonly refusals = new Map<number | string, string>();
  readonly accepts = new Map<number, (socket: Socket) => void>();
  /** While set, binding waits for it. */
  gate: Promise<void> | undefined;

  readonly runtime: Runtime = {
    name: "node",
    setsKeepAliveIdle: true,
    listenTcp: (options, accept) => this.#listen(options, accept),
    connectTcp: () => ({ cancel() {} }),
    connectTls: () => ({ cancel() {} }),
  };

  async #listen({ host, port }: ListenOptions, accept: (socket: Socket) => void): Promise<TcpListener> {
    const name = `${host}:${port}`;
    this.tried.push(name);
    await this.gate;
    const code = this.refusals.get(port) ?? this.refusals.get(name);
    if (code !== undefined) throw Object.assign(new Error(`cannot: ${code}`), { code });
    assert.ok(!this.bound.includes(name), `${name} is bound twice`);
    this.bound.push(name);
    this.accepts.set(port, accept);
    return { host, port, close: async () => void this.bound.splice(this.bound.indexOf(name), 1) };
  }
}

const open: Listeners[] = [];
after(() => open.forEach((listeners) => listeners.close()));

function setUp(bind?: string, interfaces: Record<string, readonly string[]> = {}) {
  const ports = new Ports();
  const accepted: string[] = [];
  let changes = 0;
  const listeners = new Listeners({
    runtime: ports.runtime,
    bind,
    interfaces: () => interfaces,
    accept: (id) => void accepted.push(id),
    changed: () => void changes++,
  });
  open.push(listeners);
  return { ports, listeners, accepted, changes: () => changes };
}

function wanted(...ports: number[]): WantedPort[] {
  return ports.map((port) => ({ id: `tcp/${port}`, port }));
}

describe("Listeners", () => {
  it("binds what is new, releases what is gone, leaves alone what stays", async () => {
    const { ports, listeners } = setUp();
    await listeners.reconcile(wanted(80, 81));
    assert.deepEqual(ports.bound, [":::80", ":::81"]);
    await listeners.reconcile(wanted(81, 82));
    assert.deepEqual(ports.bound, [":::81", ":::82"]);
    assert.deepEqual(ports.tried, [":::80", ":::81", ":::82"]);
    await listeners.reconcile([]);
    assert.deepEqual(ports.bound, []);
  });

  it("says which listener accepted", async () => {
    const { ports, listeners, accepted } = setUp();
    await listeners.reconcile(wanted(80, 81));
    ports.accepts.get(81)!({} as Socket);
    assert.deepEqual(accepted, ["tcp/81"]);
  });

  it("binds the given address instead of the wildcard", async () => {
    const { ports, listeners } = setUp("127.0.0.1");
    await listeners.reconcile(wanted(80));
    assert.deepEqual(ports.bound, ["127.0.0.1:80"]);
    assert.deepEqual(listeners.statuses, [
      { id: "tcp/80", port: 80, addresses: ["127.0.0.1"], failure: "", pending: "" },
    ]);
  });

  it("says of what is not bound what it waits for", async () => {
    const { ports, listeners } = setUp();
    const stateOf = () => [listeners.statuses[0]!.pending, listeners.statuses[0]!.failure];
    let opened = () => {};
    ports.gate = new Promise<void>((resolve) => opened = resolve);
    const bound = listeners.reconcile(wanted(80));
    assert.deepEqual(stateOf(), ["port 80 is being bound", ""]);
    opened();
    await bound;
    assert.deepEqual(stateOf(), ["", ""]);
    ports.refusals.set(81, "EADDRINUSE");
    await listeners.reconcile(wanted(81));
    assert.equal(stateOf()[0], "");
    assert.match(stateOf()[1]!, /in use/);
  });

  it("takes IPv4 alone where there is no IPv6, but does not hide other failures behind it", async () => {
    const { ports, listeners } = setUp();
    ports.refusals.set(":::80", "EAFNOSUPPORT");
    ports.refusals.set(":::81", "EADDRINUSE");
    await listeners.reconcile(wanted(80, 81));
    assert.deepEqual(ports.bound, ["0.0.0.0:80"]);
    assert.match(listeners.statuses[1]!.failure, /in use/);
    assert.ok(!ports.tried.includes("0.0.0.0:81"));
  });

  it("binds every address of the interfaces that it is told, and anew when they are others", async () => {
    const interfaces: Record<string, readonly string[]> = { eth0: ["10.0.0.1", "fd00::1"] };
    const { ports, listeners } = setUp(undefined, interfaces);
    const settings = { nics: ["eth0", "eth1"], ipv6: true, backlog: null };
    await listeners.reconcile(wanted(80), settings);
    assert.deepEqual(ports.bound, ["10.0.0.1:80", "fd00::1:80"]);
    assert.deepEqual(listeners.missingInterfaces, ["eth1"]);
    interfaces["eth1"] = ["10.0.1.1"];
    await listeners.reconcile(wanted(80));
    assert.deepEqual(ports.bound, ["10.0.0.1:80", "10.0.1.1:80", "fd00::1:80"]);
    assert.deepEqual(listeners.missingInterfaces, []);
    const tries = ports.tried.length;
    await listeners.reconcile(wanted(80), settings);
    assert.equal(ports.tried.length, tries, "what is bound as it should be is left alone");
    await listeners.reconcile(wanted(80), { nics: [], ipv6: false, backlog: null });
    assert.deepEqual(ports.bound, ["0.0.0.0:80"]);
  });

  it("binds all addresses of a port or none", async () => {
    const { ports, listeners } = setUp(undefined, { eth0: ["10.0.0.1", "10.0.0.2"] });
    ports.refusals.set("10.0.0.2:80", "EADDRNOTAVAIL");
    await listeners.reconcile(wanted(80), { nics: ["eth0"], ipv6: true, backlog: null });
    assert.deepEqual(ports.bound, []);
    assert.match(listeners.statuses[0]!.failure, /cannot be bound/);
  });

  it("binds nothing when the interfaces cannot be read, unless it is told an address", async () => {
    const unreadable = { nics: null, ipv6: true, backlog: null };
    const { ports, listeners } = setUp();
    await listeners.reconcile(wanted(80), unreadable);
    assert.deepEqual(ports.bound, []);
    assert.match(listeners.statuses[0]!.failure, /bindNIC/);
    const told = setUp("127.0.0.1");
    await told.listeners.reconcile(wanted(80), unreadable);
    assert.deepEqual(told.ports.bound, ["127.0.0.1:80"]);
  });

  it("a port that fails says why, is tried again, and the others serve", async () => {
    const { ports, listeners, changes } = setUp();
    ports.refusals.set(80, "EADDRINUSE");
    ports.refusals.set(81, "EACCES");
    ports.refusals.set(82, "EIO");
    await listeners.reconcile(wanted(80, 81, 82, 83));
    const failures = listeners.statuses.map(({ failure }) => failure);
    assert.match(failures[0]!, /port 80 is in use by another process/);
    assert.match(failures[1]!, /no permission to bind port 81/);
    assert.match(failures[2]!, /port 82 cannot be bound: cannot: EIO/);
    assert.equal(failures[3], "");
    assert.equal(changes(), 4);
    ports.refusals.delete(80);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    assert.deepEqual(ports.bound, [":::83", ":::80"]);
    assert.equal(listeners.statuses[0]!.failure, "");
    assert.ok(changes() > 4);
  });

  it("a port that is gone before it was bound is closed, and may be wanted again meanwhile", async () => {
    const { ports, listeners } = setUp();
    let opened = () => {};
    ports.gate = new Promise((resolve) => opened = resolve);
    const first = listeners.reconcile(wanted(80));
    await listeners.reconcile([]);
    ports.gate = undefined;
    const again = listeners.reconcile(wanted(80));
    await again;
    assert.deepEqual(ports.bound, [":::80"]);
    ports.refusals.set(80, "EADDRINUSE");
    opened();
    await first;
    assert.deepEqual(ports.bound, [":::80"]);
    assert.equal(listeners.statuses[0]!.failure, "");
  });

  it("a port that was bound when it is no longer wanted is released", async () => {
    const { ports, listeners } = setUp();
    let opened = () => {};
    ports.gate = new Promise((resolve) => opened = resolve);
    const first = listeners.reconcile(wanted(80));
    await listeners.reconcile([]);
    opened();
    await first;
    assert.deepEqual(ports.bound, []);
  });

  it("close releases everything, also what is being bound, and nothing is tried after it", async () => {
    const { ports, listeners } = setUp();
    ports.refusals.set(81, "EADDRINUSE");
    await listeners.reconcile(wanted(80, 81));
    let opened = () => {};
    ports.gate = new Promise((resolve) => opened = resolve);
    const late = listeners.reconcile(wanted(80, 81, 82));
    listeners.close();
    opened();
    await late;
    assert.deepEqual(ports.bound, []);
    const tries = ports.tried.length;
    await listeners.reconcile(wanted(90));
    await new Promise((resolve) => setTimeout(resolve, 1100));
    assert.equal(ports.tried.length, tries);
  });
});
