import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Arguments, type Command, EXIT, UsageError } from "../../src/cli/command.ts";
import { runCommandLine } from "../../src/cli/main.ts";
import { printTo } from "../../src/cli/output.ts";

async function run(argv: readonly string[], body: (args: Arguments) => number = () => EXIT.ok) {
  const command: Command = {
    name: "dance",
    synopsis: "PLACE [--long]",
    summary: "Moves about. ".repeat(20).trim(),
    settings: ["config", "drainDelay"],
    options: {
      long: { type: "boolean", help: "not short" },
      header: { type: "string", short: "H", multiple: true, value: "TEXT", help: "a header" },
    },
    run: (args) => Promise.resolve().then(() => body(args)),
  };
  let stdout = "";
  let stderr = "";
  const io = {
    stdout: (text: string) => Promise.resolve(void (stdout += text)),
    stderr: (text: string) => Promise.resolve(void (stderr += text)),
    env: {},
  };
  return { code: await runCommandLine([command], argv, io), stdout, stderr };
}

describe("command line", () => {
  it("hands flags, options and positionals to the command", async () => {
    let seen: Arguments | undefined;
    const argv = ["dance", "here", "--config", "a", "--config=b", "-H", "x: y", "-H", "z", "--long", "there"];
    const { code } = await run(argv, (args) => {
      seen = args;
      return 7;
    });
    assert.equal(code, 7);
    assert.deepEqual(seen?.positionals, ["here", "there"]);
    assert.deepEqual(seen?.flags, { config: ["a", "b"] });
    assert.deepEqual({ ...seen?.options }, { config: ["a", "b"], header: ["x: y", "z"], long: true });
  });

  it("exits 2 for what it does not understand, and says so", async () => {
    for (
      const [argv, message] of [
        [["sing"], /no command is called "sing"/],
        [["dance", "--high"], /--high/],
        [["dance", "--config"], /--config/],
        [["dance", "--long=x"], /--long/],
      ] as const
    ) {
      const { code, stderr, stdout } = await run(argv);
      assert.deepEqual([code, stdout], [EXIT.usage, ""]);
      assert.match(stderr, message);
    }
    const { code, stderr } = await run([]);
    assert.equal(code, EXIT.usage);
    assert.match(stderr, /albatross dance PLACE/);
    const wrong = await run(["dance"], () => {
      throw new UsageError("no PLACE");
    });
    assert.deepEqual([wrong.code, wrong.stderr], [
      2,
      "no PLACE\nalbatross dance --help tells how it is used\n",
    ]);
  });

  it("exits 70 for faults of its own", async () => {
    const { code, stderr } = await run(["dance"], () => {
      throw new TypeError("oops");
    });
    assert.equal(code, EXIT.internal);
    assert.match(stderr, /internal error: TypeError: oops/);
  });

  it("helps, on standard output, in lines that fit", async () => {
    const program = await run(["--help"]);
    const command = await run(["dance", "--nonsense", "--help"]);
    for (const { code, stdout, stderr } of [program, command]) {
      assert.deepEqual([code, stderr], [EXIT.ok, ""]);
      for (const line of stdout.split("\n")) assert.ok(line.length <= 100, line);
    }
    assert.match(command.stdout, /--drain-delay TIME .*\(default 5s;\s+ALBATROSS_DRAIN_DELAY\)/);
    assert.match(command.stdout, /-H, --header TEXT +a header/);
  });
});

describe("output", () => {
  it("is complete although descriptors take it in pieces", async () => {
    let written = "";
    let calls = 0;
    await printTo((bytes, done) => {
      if (++calls % 3 === 0) return done(Object.assign(new Error(), { code: "EAGAIN" }), 0);
      const piece = bytes.slice(0, 4);
      written += new TextDecoder().decode(piece);
      done(null, piece.length);
    }, "hello, albatross");
    assert.equal(written, "hello, albatross");
  });

  it("ends without a fault when nobody reads it", async () => {
    await printTo((_bytes, done) => done(Object.assign(new Error(), { code: "EPIPE" }), 0), "hello");
  });
});
