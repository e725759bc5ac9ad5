import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { constants, writeFileSync } from "node:fs";
import { appendFile, mkdir, open, rename, rm, symlink, unlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Lookup } from "../../src/sources/names.ts";
import { createFileSource, pollInterval } from "../../src/sources/file.ts";
import type { SourceUpdate } from "../../src/sources/source.ts";
import { externalService, frontend, withFolder } from "./temp-folder.ts";

// Much longer than a change may take; the tests do not measure time, they only stop waiting some day.
const PATIENCE_MS = 60_000;

interface Watched {
  readonly updates: SourceUpdate[];
  /** Resolves with the first update, if need be a later one, that is so. */
  until(isSo: (update: SourceUpdate) => boolean): Promise<SourceUpdate>;
  /** Resolves when the objects that are served are these, `name: port`. */
  becomes(expected: Record<string, number>): Promise<SourceUpdate>;
  reload(): Promise<void>;
}

function served({ snapshot }: SourceUpdate): Record<string, number> {
  return Object.fromEntries(
    [...snapshot.all("Frontend").values()].map(({ metadata, spec }) => [metadata.name, spec.port]),
  );
}

async function watching(
  paths: string[],
  body: (watched: Watched) => Promise<void>,
  lookup?: Lookup,
): Promise<void> {
  const source = createFileSource({ paths, ...(lookup && { lookup }) });
  const updates: SourceUpdate[] = [];
  await source.start((update) => updates.push(update));
  assert.equal(updates.length, 1, "the first update is there when start is done");
  async function until(isSo: (update: SourceUpdate) => boolean): Promise<SourceUpdate> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const last = updates.at(-1);
      if (last && isSo(last)) return last;
      if (Date.now() > deadline) {
        throw new Error(`still ${last && JSON.stringify([served(last), last.problems])}`);
      }
      await sleep(10);
    }
  }
  try {
    const becomes = (expected: Record<string, number>) => until((update) => isSame(served(update), expected));
    await body({ updates, until, becomes, reload: source.reload });
  } finally {
    source.close();
  }
}

function isSame(a: Record<string, number>, b: Record<string, number>): boolean {
  return JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
}

test("watch: files that are written, created, renamed and deleted", () =>
  withFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    await writeFile(at("a.yaml"), frontend("a", 1));
    await watching([folder], async ({ becomes }) => {
      await becomes({ a: 1 });
      await writeFile(at("a.yaml"), frontend("a", 2));
      await becomes({ a: 2 });
      await writeFile(at("b.yaml"), frontend("b", 1));
      await becomes({ a: 2, b: 1 });
      await appendFile(at("b.yaml"), `---\n${frontend("c", 1)}`);
      await becomes({ a: 2, b: 1, c: 1 });
      await rename(at("b.yaml"), at("z.yaml"));
      await becomes({ a: 2, b: 1, c: 1 });
      await unlink(at("z.yaml"));
      await becomes({ a: 2 });
    });
  }));

test("watch: folders that come, go and come back", () =>
  withFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    await watching([folder], async ({ becomes, updates }) => {
      assert.deepEqual(updates[0] && served(updates[0]), {});
      for (const port of [1, 2]) {
        await mkdir(at("sub/deep"), { recursive: true });
        await writeFile(at("sub/deep/a.yaml"), frontend("a", port));
        await becomes({ a: port });
        await writeFile(at("sub/deep/a.yaml"), frontend("a", port + 10));
        await becomes({ a: port + 10 });
        await rm(at("sub"), { recursive: true });
        await becomes({});
      }
    });
  }));

test("watch: editors that write aside and rename, onto a file that was named", () =>
  withFolder(async (folder) => {
    const file = join(folder, "a.yaml");
    await writeFile(file, frontend("a", 1));
    await watching([file], async ({ becomes, updates }) => {
      for (const port of [2, 3, 4]) {
        await writeFile(`${file}.tmp`, frontend("a", port));
        await rename(`${file}.tmp`, file);
        await becomes({ a: port });
      }
      assert.deepEqual(updates.flatMap(({ problems }) => problems), []);
    });
  }));

test("watch: a ConfigMap volume that swaps its folder", () =>
  withFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    async function publish(version: string, text: string): Promise<void> {
      await mkdir(at(version));
      await writeFile(at(`${version}/a.yaml`), text);
      await symlink(version, at("..data_tmp"));
      await rename(at("..data_tmp"), at("..data"));
    }
    await publish("..2024_01", frontend("a", 1));
    await symlink("..data/a.yaml", at("a.yaml"));
    await watching([folder], async ({ becomes }) => {
      await becomes({ a: 1 });
      await publish("..2024_02", frontend("a", 2));
      await rm(at("..2024_01"), { recursive: true });
      await becomes({ a: 2 });
    });
  }));

test("watch: named pipes in a folder, one of which comes later, hold up nothing", () =>
  withFolder(async (folder) => {
    const at = (name: string) => join(folder, name);
    await writeFile(at("a.yaml"), frontend("a", 1));
    await mkdir(at("below"));
    execFileSync("mkfifo", [at("below/early.yaml")]);
    await watching([folder], async ({ becomes, reload, updates }) => {
      execFileSync("mkfifo", [at("late.yaml")]);
      await writeFile(at("a.yaml"), frontend("a", 2));
      await becomes({ a: 2 });
      await writeFile(at("below/b.yaml"), frontend("b", 1));
      await becomes({ a: 2, b: 1 });
      await reload();
      assert.deepEqual(updates.at(-1)?.problems, []);
    });
    // Lets go whoever has opened it meanwhile, or opens it because of this.
    const end = await open(at("late.yaml"), constants.O_RDWR | constants.O_NONBLOCK);
    await unlink(at("late.yaml"));
    await sleep(200);
    await end.close();
  }));

test("watch: a pipe that is named is refused, for nobody can say when it changes", () =>
  withFolder(async (folder) => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    await writeFile(join(folder, "a.yaml"), frontend("a", 1));
    await watching([pipe, join(folder, "a.yaml")], async ({ updates, becomes }) => {
      await becomes({ a: 1 });
      assert.deepEqual(updates[0]?.problems.map(({ object, reason }) => [object.name, reason]), [
        [pipe, "is a pipe or a device, which cannot be watched"],
      ]);
      await rm(pipe);
      await writeFile(pipe, frontend("b", 1));
      await becomes({ a: 1, b: 1 });
    });
  }));

test("watch: a file behind a link, written in a folder that is not watched", () =>
  withFolder(async (folder) => {
    await mkdir(join(folder, "elsewhere"));
    await mkdir(join(folder, "config"));
    await writeFile(join(folder, "elsewhere/a.yaml"), frontend("a", 1));
    await symlink("../elsewhere/a.yaml", join(folder, "config/a.yaml"));
    await watching([join(folder, "config")], async ({ becomes }) => {
      await writeFile(join(folder, "elsewhere/a.yaml"), frontend("a", 2));
      await becomes({ a: 2 });
    });
  }));

test("watch: what nobody tells of is looked for twice a second, up to 500 files", () => {
  assert.deepEqual([0, 1, 500, 501, 20_000].map(pollInterval), [500, 500, 500, 501, 20_000]);
});

test("watch: a path that does not exist yet", () =>
  withFolder(async (folder) => {
    const missing = join(folder, "later", "a.yaml");
    await watching([missing], async ({ becomes, updates }) => {
      assert.equal(updates[0]?.problems[0]?.reason, "no such file or folder");
      await mkdir(join(folder, "later"));
      await writeFile(missing, frontend("a", 1));
      assert.deepEqual((await becomes({ a: 1 })).problems, []);
    });
  }));

test("watch: a path that was named and is gone keeps its objects", () =>
  withFolder(async (folder) => {
    await mkdir(join(folder, "sub"));
    await writeFile(join(folder, "sub/a.yaml"), frontend("a", 1));
    await watching([join(folder, "sub")], async ({ becomes, until }) => {
      await rename(join(folder, "sub"), join(folder, "gone"));
      await until(({ problems }) => problems.length > 0);
      assert.deepEqual((await becomes({ a: 1 })).problems.map(({ reason, stale }) => [reason, stale]), [
        ["no such file or folder", true],
      ]);
      await rename(join(folder, "gone"), join(folder, "sub"));
      await until(({ problems }) => problems.length === 0);
      await becomes({ a: 1 });
    });
  }));

test("watch: an edit that does not parse keeps the last good state and says where", () =>
  withFolder(async (folder) => {
    const file = join(folder, "a.yaml");
    await writeFile(file, `${frontend("a", 1)}---\n${frontend("b", 1)}`);
    await watching([folder], async ({ becomes, until }) => {
      await writeFile(file, `${frontend("a", 2)}---\nkind: [\n`);
      const { problems } = await becomes({ a: 2, b: 1 });
      assert.deepEqual(
        problems.map(({ code, stale, object }) => [code, stale, object.file, object.line, object.column]),
        [
          ["UnreadableFile", true, file, 6, 8],
        ],
      );
      await writeFile(file, `${frontend("a", 2)}---\n${frontend("b", 0)}`);
      await until(({ problems }) => problems[0]?.code === "InvalidObject");
      const bad = await becomes({ a: 2, b: 1 });
      assert.deepEqual(bad.problems.map(({ field, stale, object }) => [field, stale, object.line]), [[
        "spec.port",
        true,
        9,
      ]]);
      await writeFile(file, frontend("a", 3));
      assert.deepEqual((await becomes({ a: 3 })).problems, []);
    });
  }));

test("watch: what did not change is the same object in the next snapshot", () =>
  withFolder(async (folder) => {
    await writeFile(join(folder, "a.yaml"), `${frontend("a", 1)}---\n${frontend("b", 1)}`);
    await writeFile(join(folder, "c.yaml"), frontend("c", 1));
    await watching([folder], async ({ becomes }) => {
      const before = await becomes({ a: 1, b: 1, c: 1 });
      await writeFile(join(folder, "a.yaml"), `${frontend("a", 2)}---\n${frontend("b", 1)}`);
      const after = await becomes({ a: 2, b: 1, c: 1 });
      for (const name of ["b", "c"]) {
        assert.equal(
          after.snapshot.get("Frontend", "default", name),
          before.snapshot.get("Frontend", "default", name),
        );
      }
    });
  }));

/** Less than the time for which a file must be left alone before it counts. */
const SHORTLY_MS = 40;

test("watch: a file that is emptied just before it is written does not count as empty", () =>
  withFolder(async (folder) => {
    const file = join(folder, "a.yaml");
    await writeFile(file, frontend("a", 1));
    await watching([folder], async ({ updates, reload }) => {
      for (let port = 2; port < 10; port++) {
        const known = updates.length;
        const emptiedAt = performance.now();
        await writeFile(file, "");
        const reloaded = reload();
        await sleep(port);
        await writeFile(file, frontend("a", port));
        const emptyMs = performance.now() - emptiedAt;
        await reloaded;
        // On a busy machine it may stay empty for longer than a program that writes would leave it so.
        if (emptyMs > SHORTLY_MS) continue;
        assert.deepEqual(updates.slice(known).map(served).filter(({ a }) => a === undefined), []);
      }
    });
  }));

test("watch: nothing is told when nothing changed", () =>
  withFolder(async (folder) => {
    const file = join(folder, "a.yaml");
    await writeFile(file, frontend("a", 1));
    await watching([folder], async ({ updates, reload }) => {
      await utimes(file, new Date(), new Date());
      writeFileSync(file, frontend("a", 1)); // at once: empty for longer on a busy machine it would count as empty
      await writeFile(join(folder, "notes.txt"), "x");
      await sleep(1500);
      await reload();
      assert.equal(updates.length, 1);
    });
  }));

test("watch: a write that leaves the stamp as it was is found by reload", () =>
  withFolder(async (folder) => {
    const file = join(folder, "a.yaml");
    const past = new Date("2024-01-01T00:00:00Z");
    await writeFile(file, frontend("a", 1));
    await utimes(file, past, past);
    await watching([folder], async ({ becomes, reload, updates }) => {
      await writeFile(file, frontend("a", 2));
      await utimes(file, past, past);
      await reload();
      assert.deepEqual(updates.at(-1) && served(updates.at(-1) as SourceUpdate), { a: 2 });
      await becomes({ a: 2 });
    });
  }));

test("watch: many files changed at once become few updates, and all of them count", () =>
  withFolder(async (folder) => {
    await watching([folder], async ({ becomes, updates }) => {
      const expected: Record<string, number> = {};
      // At once, however long that takes: nobody looks in between.
      for (let i = 1; i <= 100; i++) {
        writeFileSync(join(folder, `f${i}.yaml`), frontend(`f${i}`, i));
        expected[`f${i}`] = i;
      }
      await becomes(expected);
      assert.ok(updates.length < 50, `${updates.length} updates`);
    });
  }));

test("watch: addresses of external names are there at the start and are followed", () =>
  withFolder(async (folder) => {
    const asked: string[] = [];
    const lookup: Lookup = (name) => {
      asked.push(name);
      return Promise.resolve([`10.0.0.${asked.length}`]);
    };
    await writeFile(join(folder, "a.yaml"), externalService("a", "a.com"));
    await watching([folder], async ({ updates, until }) => {
      assert.deepEqual(updates[0]?.snapshot.resolvedNames.get("a.com"), ["10.0.0.1"]);
      await writeFile(join(folder, "b.yaml"), externalService("b", "b.com"));
      const { snapshot } = await until((update) => update.snapshot.resolvedNames.has("b.com"));
      assert.deepEqual(snapshot.resolvedNames.get("b.com"), ["10.0.0.2"]);
      await unlink(join(folder, "a.yaml"));
      await until((update) => !update.snapshot.resolvedNames.has("a.com"));
      assert.deepEqual(asked, ["a.com", "b.com"]);
    }, lookup);
  }));

test("watch: after close nothing is told any more", () =>
  withFolder(async (folder) => {
    const source = createFileSource({ paths: [folder] });
    let updates = 0;
    await source.start(() => updates++);
    const reload = source.reload();
    source.close();
    await writeFile(join(folder, "a.yaml"), frontend("a", 1));
    await reload;
    await sleep(800);
    assert.equal(updates, 1);
  }));
