/** When passwords are computed, and what is kept of them. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Digests } from "../../../src/lib/digest.ts";
import { isPasswordFault, readPasswordHash } from "../../../src/lib/htpasswd.ts";
import {
  createPasswordVerifier,
  type StoredPassword,
} from "../../../src/middlewares/auth/password/verifier.ts";
import { nodeDigests } from "../../../src/runtimes/node-digests.ts";

function stored(text: string): StoredPassword {
  const hash = readPasswordHash(text);
  assert.ok(!isPasswordFault(hash));
  return { text, hash };
}

const BAR = stored("{SHA}Ys23Ag/5IOWqZCw9QGaVDdHwH00=");
const SLOW_BAR = stored("$apr1$qICNZ61Q$2iooiJVUAMmprq258/ChP1");

/** Counts the passwords that were computed with SHA-1. */
function counting(): Digests & { count: number } {
  return {
    count: 0,
    digest(algorithm, bytes) {
      if (algorithm === "sha1") this.count++;
      return nodeDigests.digest(algorithm, bytes);
    },
    hmac: nodeDigests.hmac,
  };
}

describe("a password verifier", () => {
  it("remembers what was right for five minutes, and answers it at once", async () => {
    const digests = counting();
    let now = 0;
    const verifier = createPasswordVerifier({ digests, now: () => now });
    assert.equal(await verifier.verify(BAR, "bar"), "right");
    now = 299_999;
    assert.equal(verifier.verify(BAR, "bar"), "right");
    assert.equal(digests.count, 1);
    now = 300_000;
    assert.equal(await verifier.verify(BAR, "bar"), "right");
    assert.equal(digests.count, 2);
  });

  it("computes what was wrong again", async () => {
    const digests = counting();
    const verifier = createPasswordVerifier({ digests });
    for (let i = 1; i <= 3; i++) {
      assert.equal(await verifier.verify(BAR, "baz"), "wrong");
      assert.equal(digests.count, i);
    }
  });

  it("computes equal ones that come at the same time once", async () => {
    const digests = counting();
    const verifier = createPasswordVerifier({ digests });
    const all = await Promise.all(Array.from({ length: 50 }, () => verifier.verify(BAR, "bar")));
    assert.deepEqual(new Set(all), new Set(["right"]));
    assert.equal(digests.count, 1);
  });

  it("remembers a password under its hash alone", async () => {
    const verifier = createPasswordVerifier({ digests: nodeDigests });
    assert.equal(await verifier.verify(BAR, "bar"), "right");
    const other = stored("{SHA}AAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    assert.equal(await verifier.verify(other, "bar"), "wrong");
  });

  it("turns more than 128 waiting ones away", async () => {
    const verifier = createPasswordVerifier({ digests: nodeDigests });
    const all = await Promise.all(
      Array.from({ length: 200 }, (_, i) => verifier.verify(SLOW_BAR, `guess ${i}`)),
    );
    assert.equal(all.filter((verdict) => verdict === "wrong").length, 128);
    assert.equal(all.filter((verdict) => verdict === "busy").length, 72);
    assert.equal(await verifier.verify(SLOW_BAR, "bar"), "right");
  });

  it("does not compute passwords of absurd length", () => {
    const verifier = createPasswordVerifier({
      digests: { digest: () => assert.fail("computed"), hmac: nodeDigests.hmac },
    });
    assert.equal(verifier.verify(SLOW_BAR, "x".repeat(1025)), "wrong");
  });

  it("hands the digests keyed text and keeps no password: keys of two processes differ", async () => {
    const keys: string[] = [];
    const spying: Digests = {
      digest: nodeDigests.digest,
      hmac(key, bytes) {
        keys.push(String(key));
        return nodeDigests.hmac(key, bytes);
      },
    };
    for (let i = 0; i < 2; i++) await createPasswordVerifier({ digests: spying }).verify(BAR, "bar");
    assert.equal(new Set(keys).size, 2);
  });
});
