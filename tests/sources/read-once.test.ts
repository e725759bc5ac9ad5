import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { formatProblem } from "../../src/errors.ts";
import { readOnce } from "../../src/sources/file.ts";
import type { SourceUpdate } from "../../src/sources/source.ts";
import { externalService, frontend, withFolder } from "./temp-folder.ts";

function names({ snapshot }: SourceUpdate): string[] {
  return [...snapshot.all("Frontend").values()].map(({ metadata }) => metadata.name).sort();
}

test("read once: folders with subfolders, files of three extensions, others and dot files left out", () =>
  withFolder(async (folder) => {
    await mkdir(join(folder, "sub/deep"), { recursive: true });
    await mkdir(join(folder, ".hidden"));
    await writeFile(join(folder, "a.yaml"), frontend("a", 1));
    await writeFile(join(folder, "b.YML"), frontend("b", 1));
    await writeFile(
      join(folder, "sub/deep/c.json"),
      '{"apiVersion":"crd.alauda.io/v1","kind":"Frontend","metadata":{"name":"c"},"spec":{"port":1}}',
    );
    await writeFile(join(folder, "README.md"), "not: [yaml");
    await writeFile(join(folder, ".swp.yaml"), "not: [yaml");
    await writeFile(join(folder, ".hidden/d.yaml"), frontend("d", 1));
    const update = await readOnce([folder]);
    assert.deepEqual([names(update), update.problems], [["a", "b", "c"], []]);
    assert.deepEqual(names(await readOnce([`${folder}/sub/`])), ["c"]);
  }));

test("read once: a file is read whatever its name, and once however it is reached", () =>
  withFolder(async (folder) => {
    await writeFile(join(folder, "config.txt"), frontend("a", 1));
    await writeFile(join(folder, "b.yaml"), frontend("b", 1));
    await symlink("b.yaml", join(folder, "c.yaml"));
    await symlink(".", join(folder, "loop"));
    const update = await readOnce([join(folder, "config.txt"), folder, folder, join(folder, "b.yaml")]);
    assert.deepEqual([names(update), update.problems], [["a", "b"], []]);
  }));

test("read once: a ConfigMap volume shows each file once", () =>
  withFolder(async (folder) => {
    await mkdir(join(folder, "..2024_01"));
    await writeFile(join(folder, "..2024_01/a.yaml"), frontend("a", 1));
    await symlink("..2024_01", join(folder, "..data"));
    await symlink("..data/a.yaml", join(folder, "a.yaml"));
    const update = await readOnce([folder]);
    assert.deepEqual([names(update), update.problems], [["a"], []]);
  }));

test("read once: what cannot be read is told, the rest counts", () =>
  withFolder(async (folder) => {
    await writeFile(join(folder, "a.yaml"), frontend("a", 1));
    await writeFile(join(folder, "bytes.yaml"), Uint8Array.of(0x61, 0x3a, 0x20, 0xff));
    await writeFile(join(folder, "null.yaml"), "a: \0\n");
    await writeFile(join(folder, "bom.yaml"), `\ufeff${frontend("bom", 1)}`);
    await symlink("nowhere", join(folder, "link.yaml"));
    await symlink("nowhere", join(folder, "link.txt"));
    const update = await readOnce([folder, join(folder, "missing.yaml")]);
    assert.deepEqual(names(update), ["a", "bom"]);
    assert.deepEqual(update.problems.map(({ code }) => code), Array(4).fill("UnreadableFile"));
    assert.deepEqual(update.problems.map((problem) => formatProblem(problem).replaceAll(`${folder}/`, "")), [
      "bytes.yaml:1 File bytes.yaml: not UTF-8 text",
      "link.yaml:1 File link.yaml: no such file or folder",
      "missing.yaml:1 File missing.yaml: no such file or folder",
      "null.yaml:1 File null.yaml: not valid YAML or JSON: null byte is not allowed in input (column 4)",
    ]);
  }));

test("read once: a pipe is read to its end, however late it is written; those in folders are passed over", () =>
  withFolder(async (folder) => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe, join(folder, "other.yaml")]);
    // It writes in two goes, so that the end of the first must not be taken for the end of all.
    const script = `printf '%s' '${frontend("a", 1)}' && sleep 0.2 && printf -- '---\n%s' '${
      frontend("b", 2)
    }'`;
    const writer = spawn("sh", ["-c", `exec >'${pipe}'; ${script}`]);
    const { snapshot, problems } = await readOnce([pipe, folder]);
    assert.deepEqual(problems, []);
    assert.deepEqual([...snapshot.all("Frontend").keys()], ["default/a", "default/b"]);
    writer.kill();
  }));

test("read once: links in a circle", () =>
  withFolder(async (folder) => {
    await writeFile(join(folder, "a.yaml"), frontend("a", 1));
    await symlink("b.yaml", join(folder, "b.yaml"));
    await symlink("sub", join(folder, "sub"));
    const update = await readOnce([folder]);
    assert.deepEqual(names(update), ["a"]);
    assert.deepEqual(update.problems.map(({ reason }) => reason), Array(2).fill("links lead in a circle"));
  }));

test("read once: nothing at all", async () => {
  const update = await readOnce([]);
  assert.deepEqual([names(update), update.problems], [[], []]);
});

test("read once: host names are looked up only when asked for, and waited for a while", () =>
  withFolder(async (folder) => {
    await writeFile(
      join(folder, "a.yaml"),
      ["a.com", "10.0.0.9", "never.com", "missing.com"].map((name, i) => externalService(`s${i}`, name)).join(
        "---\n",
      ),
    );
    const update = await readOnce([folder], (name) => {
      if (name === "never.com") return new Promise(() => {});
      return name === "a.com"
        ? Promise.resolve(["10.0.0.2", "10.0.0.1"])
        : Promise.reject(new Error("ENOTFOUND"));
    });
    assert.deepEqual([...update.snapshot.resolvedNames].sort(), [
      ["10.0.0.9", ["10.0.0.9"]],
      ["a.com", ["10.0.0.1", "10.0.0.2"]],
    ]);
    const unasked = (await readOnce([folder])).snapshot.resolvedNames;
    assert.deepEqual([...unasked.values()].flat(), []);
  }));
