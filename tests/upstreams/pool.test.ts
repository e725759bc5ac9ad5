import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { EndpointPool, type Poolable } from "../../src/upstreams/pool.ts";

class Connection implements Poolable {
  discarded = 0;

  constructor(readonly name: string, readonly serverName = "") {}

  discard(): void {
    this.discarded++;
  }
}

function poolOf(maxIdle = 10): EndpointPool<Connection> {
  return new EndpointPool<Connection>("10.0.0.1", 80, null, maxIdle);
}

describe("EndpointPool", () => {
  it("is named by its endpoint, IPv6 in brackets", () => {
    assert.equal(poolOf().label, "10.0.0.1:80");
    assert.equal(new EndpointPool<Connection>("fd00::1", 80, null, 1).label, "[fd00::1]:80");
  });

  it("gives the connection used last, and each once", () => {
    const pool = poolOf();
    const [a, b] = [new Connection("a"), new Connection("b")];
    assert.equal(pool.put(a) && pool.put(b), true);
    assert.equal(pool.take(""), b);
    assert.equal(pool.take(""), a);
    assert.equal(pool.take(""), undefined);
  });

  it("takes no more than allowed, and none when none is", () => {
    const pool = poolOf(1);
    assert.equal(pool.put(new Connection("a")), true);
    assert.equal(pool.put(new Connection("b")), false);
    assert.equal(pool.idleCount, 1);
    assert.equal(poolOf(0).put(new Connection("a")), false);
  });

  it("forgets a connection that closed while idle, whichever it was", () => {
    const pool = poolOf();
    const connections = ["a", "b", "c"].map((name) => new Connection(name));
    for (const connection of connections) pool.put(connection);
    pool.remove(connections[1]!);
    pool.remove(connections[1]!);
    assert.deepEqual([pool.take("")?.name, pool.take("")?.name, pool.take("")], ["c", "a", undefined]);
  });

  it("keeps connections for different server names apart", () => {
    const pool = poolOf();
    const [a, b, other] = [new Connection("a", "x"), new Connection("b", "x"), new Connection("other", "y")];
    for (const connection of [a, other, b]) pool.put(connection);
    assert.equal(pool.take("z"), undefined);
    assert.equal(pool.take("y"), other);
    assert.equal(pool.take("x"), b);
    assert.equal(pool.take("x"), a);
  });

  it("makes room for a new server name at the cost of the one idle longest", () => {
    const pool = poolOf(2);
    const [a, b] = [new Connection("a", "x"), new Connection("b", "x")];
    pool.put(a);
    pool.put(b);
    assert.equal(pool.put(new Connection("c", "y")), true);
    assert.deepEqual([a.discarded, b.discarded, pool.idleCount], [1, 0, 2]);
  });

  it("once retired closes what idles and takes nothing back", () => {
    const pool = poolOf();
    const [idle, busy] = [new Connection("idle"), new Connection("busy")];
    pool.put(idle);
    pool.retire();
    assert.deepEqual([idle.discarded, pool.idleCount], [1, 0]);
    assert.equal(pool.put(busy), false);
  });
});
