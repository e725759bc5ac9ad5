/** Password hashes: published values, OpenSSL's, and bcryptjs as the twin of our bcrypt. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import bcryptjs from "bcryptjs";
import fc from "fast-check";
import { isPasswordFault, readPasswordHash } from "../../../src/lib/htpasswd.ts";
import { encodeUtf8 } from "../../../src/lib/utf8.ts";
import { bcrypt } from "../../../src/middlewares/auth/password/bcrypt.ts";
import { checkPassword } from "../../../src/middlewares/auth/password/check.ts";
import { nodeDigests } from "../../../src/runtimes/node-digests.ts";

async function matches(hash: string, password: string): Promise<boolean> {
  const read = readPasswordHash(hash);
  assert.ok(!isPasswordFault(read), `${hash} can be read`);
  return await checkPassword(read, encodeUtf8(password), nodeDigests);
}

const KNOWN: readonly [source: string, password: string, hash: string][] = [
  // Data-plane spec 4.5.
  ["apr1", "bar", "$apr1$W60B7kxR$kC.He7pPyJM2io6VH2VNS."],
  ["apr1", "bar", "$apr1$qICNZ61Q$2iooiJVUAMmprq258/ChP1"],
  ["apr1", "%^&*", "$apr1$WEm2C/nC$MjXcOZacoKaDjPuE0.Xyc."],
  ["apr1", "1a2b3c%^&*()_+", "$apr1$FhnHptBM$4HP5UXIwuVHSvhZr/o96s."],
  // openssl passwd.
  ["apr1 of OpenSSL", "", "$apr1$saltsalt$a8ml/vK5HEjiZ5oypDWA7/"],
  ["apr1 of OpenSSL", "a password of more than sixteen bytes", "$apr1$x$.61V/urwpq5/FHUkybitK1"],
  ["MD5 crypt", "bar", "$1$abc$9iVLp.Pc1j9sjG91qYMRc1"],
  ["{SHA}", "bar", "{SHA}Ys23Ag/5IOWqZCw9QGaVDdHwH00="],
  // Inputs of the specification of SHA-crypt, results of OpenSSL and libxcrypt alike.
  ["SHA-256 crypt", "Hello world!", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"],
  [
    "SHA-256 crypt with rounds",
    "Hello world!",
    "$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA",
  ],
  [
    "SHA-256 crypt with too few rounds",
    "the minimum number is still observed",
    "$5$rounds=10$roundstoolow$yfvwcWrQ8l/K0DAWyuPMDNHpIVlTQebY9l/gL972bIC",
  ],
  [
    "SHA-512 crypt",
    "Hello world!",
    "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
  ],
  [
    "SHA-512 crypt with rounds",
    "This is just a test",
    "$6$rounds=5000$toolongsaltstrin$lQ8jolhgVRVhY4b5pZKaysCLi0QBxGoNeKQzQ3glMhwllF7oGDZxUhx1yxdYcz/e1JSbq3y6JMxxl8audkUEm0",
  ],
  [
    "SHA-512 crypt of UTF-8",
    "é€",
    "$6$rounds$QLq8bVIu5L8WjFWRL4RhnikrFzbB8moB9aIZySDf1A9m7uV1.KFtP8NYfBMdHw7nnX/QOfxM1BGS8U53DkUP80",
  ],
  // Inputs of jBCrypt and crypt_blowfish, results of libxcrypt.
  ["bcrypt", "U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"],
  ["bcrypt", "", "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s."],
  ["bcrypt", "abcdefghijklmnopqrstuvwxyz", "$2a$06$.rCVZVOThsIa97pEDOxvGuRRgzG64bvtJ0938xuqzv18d3ZpQhstC"],
];

describe("passwords", () => {
  for (const [algorithm, password, hash] of KNOWN) {
    it(`of ${algorithm}: ${JSON.stringify(password)}`, async () => {
      assert.equal(await matches(hash, password), true);
      assert.equal(await matches(hash, `${password}x`), false);
    });
  }

  it("of bcrypt under the markers 2a, 2b and 2y", async () => {
    for (const marker of ["2a", "2b", "2y"]) {
      assert.equal(
        await matches(`$${marker}$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW`, "U*U"),
        true,
      );
    }
  });
});

it("bcrypt gives what bcryptjs gives, for passwords of any length", async () => {
  const password = fc.string({ unit: "grapheme", maxLength: 100 }).filter((text) => !text.includes("\0"));
  await fc.assert(
    fc.asyncProperty(password, async (text) => {
      const hash = await bcryptjs.hash(text, 4);
      assert.equal(await bcrypt(encodeUtf8(text), hash.slice(7, 29), 4), hash.slice(29));
    }),
    { numRuns: 25, examples: [["x".repeat(71)], ["x".repeat(72)], ["x".repeat(73)], ["é".repeat(40)]] },
  );
});
