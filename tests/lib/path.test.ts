import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { normalizePath, splitTarget } from "../../src/lib/path.ts";
import { decodeUtf8 } from "../../src/lib/utf8.ts";

/** Raw path on the left, normal form on the right; null = 400. */
const CASES: readonly (readonly [raw: string, normal: string | null])[] = [
  // Data-plane spec D.1.
  ["/a//b", "/a/b"],
  ["/a/./b/", "/a/b/"],
  ["/a/../b", "/b"],
  ["/a%2fb", "/a/b"],
  ["/%61", "/a"],
  ["/a/%2e%2e/b", "/b"],
  ["/a%20b", "/a b"],
  ["/a+b", "/a+b"],
  ["/a%252fb", "/a%2fb"],
  ["/A", "/A"],
  ["/../x", null],
  ["/a%zz", null],
  ["/a%00", null],
  ["*", "*"],
  // What stays.
  ["/", "/"],
  ["/a/", "/a/"],
  ["/a.b/.well-known/..c/...", "/a.b/.well-known/..c/..."],
  ["/a;v=1/b;", "/a;v=1/b;"],
  ["/a%3Fb%23c", "/a?b#c"],
  // Dots and slashes.
  ["//a///b//", "/a/b/"],
  ["/.", "/"],
  ["/a/.", "/a/"],
  ["/a/..", "/"],
  ["/a/b/..", "/a/"],
  // Slashes merged before or after dot segments are resolved: /b to nginx, /a/b to RFC 3986.
  ["/a//../b", null],
  ["/a//./../b", null],
  ["/a//b/../c", "/a/c"],
  ["/a//b/../../c", null],
  ["/a%2f/../b", null],
  ["//..", null],
  ["/a\\b/../c", null],
  ["/a%5cb/../c", null],
  ["/a\\b/c/../d", "/a\\b/d"],
  ["/a/../../b", null],
  ["/%2e%2E/b", null],
  ["/..", null],
  ["/a/%2e", "/a/"],
  // A slash to some, a character of the segment to others: /b or /a/..%2fb, /a/c or /c.
  ["/a%2f%2e%2e%2fb", null],
  ["/a/..%2fb", null],
  ["/a%2f../b", null],
  ["/a/.%2Fb", null],
  ["/a%2f..;x", null],
  ["/a\\%2f..", null],
  ["/a%2fb/../c", null],
  ["/a%2f/b/../c", "/a/c"],
  ["/a%2fb/c/../d%2f", "/a/b/d/"],
  ["/%2fa%2f%2fb%2f", "/a/b/"],
  ["/a%2f..b", "/a/..b"],
  ["/a%2f", "/a/"],
  // Fragments.
  ["/a#b", "/a"],
  ["/a/..#b", "/"],
  ["/#/../x", "/"],
  // Escapes and control characters.
  ["/%", null],
  ["/%4", null],
  ["/a%0a", null],
  ["/a%1F", null],
  ["/a%7f", null],
  ["/a\n", null],
  ["/a%20\x7f", null],
  ["/%2525", "/%25"],
  ["/%252e%252e/x", "/%2e%2e/x"],
  // Bytes above 0x7f.
  ["/caf%C3%A9", "/café"],
  ["/caf\xc3\xa9", "/café"],
  ["/%E6%97%A5%e6%9c%ac", "/日本"],
  ["/%F0%9F%90%A6", "/🐦"],
  ["/%ff", "/\udcff"],
  ["/%c3", "/\udcc3"],
  ["/%c0%af..%c0%afx", "/\udcc0\udcaf..\udcc0\udcafx"], // overlong slashes are no slashes
  ["/%ed%a0%80", "/\udced\udca0\udc80"], // an encoded surrogate is not UTF-8
  // Backslashes and parameters that hide dot segments.
  ["/a\\b", "/a\\b"],
  ["/a%5cb", "/a\\b"],
  ["/a\\..x", "/a\\..x"],
  ["/a/..\\b", null],
  ["/a%5c..%5cb", null],
  ["/a\\..", null],
  ["/a/.\\b", null],
  ["/a/..;/b", null],
  ["/a/..;x=1", null],
  ["/a/%2e%2e%3b/b", null],
  ["/a/.;/b", null],
  // Not a path.
  ["", null],
  ["a", null],
  ["**", null],
];

test("paths come out in the one normal form", () => {
  for (const [raw, normal] of CASES) assert.equal(normalizePath(raw), normal, JSON.stringify(raw));
});

test("a path that needs nothing is returned as it is", () => {
  for (const path of ["/", "/a/b-c_d~e.f/g:h@i!$&'()*+,;=j", "/..a/.b/c./d..e"]) {
    assert.equal(normalizePath(path), path);
  }
});

/** The plain twin: split, decode, resolve, one step after the other, without a fast path. */
function slowNormalize(raw: string): string | null {
  if (raw === "*") return "*";
  if (!raw.startsWith("/")) return null;
  /** Segments as they are divided by plain slashes, each as the parts that encoded slashes make of it. */
  const kept: string[][] = [];
  let isFolder = false;
  for (const segment of raw.split("#")[0]!.slice(1).split("/")) {
    const parts: string[] = [];
    for (const part of segment.split(/%2f/i)) {
      const decoded = decodeOnce(part);
      if (decoded === null) return null;
      parts.push(decoded);
    }
    const [first, ...others] = parts;
    isFolder = ["", ".", ".."].includes(parts.at(-1)!);
    if (others.length === 0 && first === ".") continue;
    if (others.length === 0 && first === "..") {
      const left = kept.pop();
      if (left?.length !== 1 || left[0] === "" || left[0]!.includes("\\")) return null;
      continue;
    }
    const bare = parts.flatMap((part) => part.split("\\")).map((piece) => piece.split(";")[0]);
    if (bare.includes(".") || bare.includes("..")) return null;
    kept.push(parts);
  }
  const parts = kept.flat().filter((part) => part !== "");
  return parts.length === 0 ? "/" : `/${parts.join("/")}${isFolder ? "/" : ""}`;
}

function decodeOnce(encoded: string): string | null {
  let text = "";
  for (let i = 0; i < encoded.length; i++) {
    let char = encoded[i]!;
    if (char === "%") {
      const hex = encoded.slice(i + 1, i + 3);
      if (!/^[0-9a-fA-F]{2}$/.test(hex)) return null;
      char = String.fromCharCode(Number.parseInt(hex, 16));
      i += 2;
    }
    if (char < " " || char === "\x7f") return null;
    text += char;
  }
  return decodeUtf8(text);
}

const piece = fc.constantFrom(
  ...[
    "/",
    "//",
    ".",
    "..",
    "a",
    "B",
    "%",
    "%2f",
    "%2F",
    "%2e",
    "%2E",
    "%5c",
    "\\",
    ";",
    "x=1",
    "%25",
    "%zz",
    "%00",
  ],
  ...["%c3%a9", "\xc3\xa9", "\xff", "%ff", "#", "+", "%20", " ", "\t", "é", "日", "%7f", "?", "~"],
);
const pieces = fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(""));
const paths = fc.oneof(pieces.map((text) => `/${text}`), pieces, fc.string({ unit: "binary" }));

test("property: the fast path agrees with the plain twin and never throws", () => {
  fc.assert(fc.property(paths, (raw) => assert.equal(normalizePath(raw), slowNormalize(raw))), {
    numRuns: 20_000,
  });
});

test("property: no dot segment and no repeated slash is left", () => {
  fc.assert(
    fc.property(paths, (raw) => {
      const normal = normalizePath(raw);
      if (normal === null || normal === "*") return;
      assert.match(normal, /^\//);
      assert.doesNotMatch(normal, /\/\/|\/\.\.?(?:[/\\;]|$)|\\\.\.?(?:[/\\;]|$)/);
    }),
    { numRuns: 20_000 },
  );
});

test("property: normal forms without %, # and characters above 0x7e are their own normal form", () => {
  fc.assert(
    fc.property(paths, (raw) => {
      const normal = normalizePath(raw);
      if (normal !== null && /^[ -~]*$/.test(normal) && !/[%#]/.test(normal)) {
        assert.equal(normalizePath(normal), normal);
      }
    }),
    { numRuns: 20_000 },
  );
});

test("property: different bytes never get one text", () => {
  const bytes = fc.array(
    fc.constantFrom(0x41, 0x80, 0xa9, 0xbf, 0xc0, 0xc3, 0xe2, 0xed, 0xa0, 0xf0, 0x9f, 0xff),
    {
      maxLength: 6,
    },
  ).map((codes) => String.fromCharCode(...codes));
  fc.assert(
    fc.property(bytes, (text) => {
      // Encoding the text back gives the bytes: lone surrogates stand for one byte, the rest is UTF-8.
      const back = Array.from(decodeUtf8(text), (char) => {
        const code = char.codePointAt(0)!;
        return code >= 0xdc80 && code <= 0xdcff
          ? String.fromCharCode(code - 0xdc00)
          : String.fromCharCode(...new TextEncoder().encode(char));
      }).join("");
      assert.equal(back, text);
    }),
    { numRuns: 20_000 },
  );
});

test("well-formed UTF-8 decodes as TextDecoder does", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      assert.equal(decodeUtf8(String.fromCharCode(...new TextEncoder().encode(text))), text);
    }),
  );
});

test("targets are split by their form", () => {
  const origin = { form: "origin", authority: null };
  const absolute = { form: "absolute", authority: "h.com" };
  const cases: readonly (readonly [string, object])[] = [
    ["/", { ...origin, path: "/", query: "" }],
    ["/a?b=c?d", { ...origin, path: "/a", query: "b=c?d" }],
    ["/a?", { ...origin, path: "/a", query: "" }],
    ["/a?b#c?d", { ...origin, path: "/a", query: "b" }],
    ["/a#b?c", { ...origin, path: "/a", query: "" }],
    ["//h.com/a", { ...origin, path: "//h.com/a", query: "" }],
    ["http://h.com/p?q", { ...absolute, path: "/p", query: "q" }],
    ["HTTP://h.com", { ...absolute, path: "/", query: "" }],
    ["http://h.com?q", { ...absolute, path: "/", query: "q" }],
    ["http://h.com#f", { ...absolute, path: "/", query: "" }],
    ["http://u@h.com:80/p", { ...absolute, authority: "u@h.com:80", path: "/p", query: "" }],
    ["https:///p", { ...absolute, authority: "", path: "/p", query: "" }],
    ["*", { form: "asterisk", path: "*", query: "", authority: null }],
    ["h.com:443", { form: "authority", path: "", query: "", authority: "h.com:443" }],
    ["", { form: "authority", path: "", query: "", authority: "" }],
  ];
  for (const [target, parts] of cases) assert.deepEqual(splitTarget(target), parts, target);
});
