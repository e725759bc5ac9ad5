/** htpasswd files and the hashes in them. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isPasswordFault, parseHtpasswd, readPasswordHash } from "../../src/lib/htpasswd.ts";

const APR1 = "$apr1$qICNZ61Q$2iooiJVUAMmprq258/ChP1";
const BCRYPT = "$2y$10$bOso941JAT/eU0Yga8OAvOwvcLuaen4mhKPbjh8KkzDfl4wwA31Ze";

describe("hashes", () => {
  it("are taken apart", () => {
    assert.deepEqual(readPasswordHash(APR1), {
      algorithm: "apr1",
      salt: "qICNZ61Q",
      digest: "2iooiJVUAMmprq258/ChP1",
    });
    assert.deepEqual(readPasswordHash(BCRYPT), {
      algorithm: "bcrypt",
      cost: 10,
      salt: "bOso941JAT/eU0Yga8OAvO",
      digest: "wvcLuaen4mhKPbjh8KkzDfl4wwA31Ze",
    });
    assert.deepEqual(
      readPasswordHash("$5$rounds=10$roundstoolow$yfvwcaByCgZeDVGREvSNbCjHcsbEc/i3Fm4OuXjLn4."),
      {
        algorithm: "sha256-crypt",
        rounds: 1000,
        salt: "roundstoolow",
        digest: "yfvwcaByCgZeDVGREvSNbCjHcsbEc/i3Fm4OuXjLn4.",
      },
    );
    assert.deepEqual(readPasswordHash("{SHA}Ys23Ag/5IOWqZCw9QGaVDdHwH00="), {
      algorithm: "sha1",
      digest: "Ys23Ag/5IOWqZCw9QGaVDdHwH00=",
    });
  });

  const refused: readonly [what: string, hash: string, detail: string][] = [
    ["plain text", "bar", "unsupported algorithm"],
    ["DES crypt", "rqXexS6ZhobKA", "unsupported algorithm"],
    ["nothing", "", "unsupported algorithm"],
    ["argon2", "$argon2id$v=19$m=65536,t=3,p=4$abc$def", "unsupported algorithm"],
    ["apr1 without a hash", "$apr1$qICNZ61Q", "invalid pass format"],
    ["a SHA-512 hash under the marker of SHA-256", `$5$salt$${"a".repeat(86)}`, "invalid pass format"],
    ["a bcrypt that takes days", BCRYPT.replace("$10$", "$31$"), "unsupported algorithm"],
    ["a SHA crypt that takes minutes", `$6$rounds=99999999$salt$${"a".repeat(86)}`, "unsupported algorithm"],
  ];
  for (const [what, hash, detail] of refused) {
    it(`refused: ${what}`, () => {
      const fault = readPasswordHash(hash);
      assert.ok(isPasswordFault(fault));
      assert.equal(fault.detail, detail);
      assert.ok(hash === "" || !fault.reason.includes(hash));
    });
  }
});

describe("files", () => {
  it("hold many users, comments, blank lines, CRLF and third fields", () => {
    const text = `# users\r\n\r\nfoo:${APR1}\r\n  baz:${BCRYPT}:Baz Quux\r\n`;
    assert.deepEqual(parseHtpasswd(text), {
      entries: [{ user: "foo", hash: APR1 }, { user: "baz", hash: BCRYPT }],
      faults: [],
    });
  });

  it("count the first of two lines for one user", () => {
    assert.deepEqual(parseHtpasswd(`foo:${APR1}\nfoo:${BCRYPT}`).entries, [{ user: "foo", hash: APR1 }]);
  });

  it("serve the good lines and name the bad ones", () => {
    const { entries, faults } = parseHtpasswd(`foo:bar\nno colon\n:${APR1}\nbaz:${APR1}\n`);
    assert.deepEqual(entries, [{ user: "baz", hash: APR1 }]);
    assert.deepEqual(faults.map(({ line, detail }) => [line, detail]), [
      [1, "unsupported algorithm"],
      [2, "invalid pass format"],
      [3, "invalid pass format"],
    ]);
  });

  it("may be empty", () => {
    assert.deepEqual(parseHtpasswd(""), { entries: [], faults: [] });
  });
});
