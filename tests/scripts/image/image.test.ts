/** The Dockerfile: what its steps make, and that it serves as a stranger without rights in a read-only file system. */
// slow: installs the packages anew, as the build of an image does
import assert from "node:assert/strict";
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe } from "node:test";
import { freePort, freePorts, LOOPBACK } from "../../blackbox/harness/addresses.ts";
import { request } from "../../blackbox/harness/client.ts";
import { PROJECT, TEST_RUNTIME } from "../../blackbox/harness/command.ts";
import { documents, frontend, type KubeObject, rule, service } from "../../blackbox/harness/objects.ts";
import { after, before, it } from "../../blackbox/harness/suite.ts";
import { reply, startUpstream, type Upstream } from "../../blackbox/harness/upstream.ts";
import { deadline, eventually } from "../../blackbox/harness/wire.ts";
import manifest from "../../../package.json" with { type: "json" };
import { buildImage, type Image, NO_BUILD } from "./build.ts";
import { type Container, startContainer } from "./container.ts";
import { parseDockerfile } from "./dockerfile.ts";

const skip = NO_BUILD;
/** Here, because a test, which has a deadline, would be given the time that this takes. */
const built = skip === false ? await build() : null;

function build(): Promise<Image> {
  const text = readFileSync(join(PROJECT, "Dockerfile"), "utf8");
  return buildImage(parseDockerfile(text, { RUNTIME: TEST_RUNTIME }), PROJECT);
}

/** Three processes without any cache; the machine may be busy. */
const START_MS = 50_000;
const SLOW_RESPONSE_MS = 1500;

describe(`the image, RUNTIME=${TEST_RUNTIME}`, () => {
  let image: Image;
  let container: Container;
  let upstream: Upstream;
  let config: string;
  let port: number;
  let otherPort: number;
  const admin = { host: LOOPBACK, port: 0 };

  before(async () => {
    if (built === null) return;
    image = built;
    upstream = await startUpstream();
    [port, otherPort] = await freePorts(2) as [number, number];
    admin.port = await freePort();
    config = mkdtempSync(join(tmpdir(), "albatross-image-config-"));
    chmodSync(config, 0o755); // the image's user reads it
    write(objects(port));
    container = startContainer(image, {
      args: [...image.command, "--bind", LOOPBACK, "--workers", "2", "--drain-delay", "500ms"],
      env: { ALBATROSS_ADMIN: `${LOOPBACK}:${admin.port}` },
      mounts: { "/etc/albatross": config },
    });
    await eventually(ready, () => `not ready: ${container.process.stderr.join("\n")}`, START_MS);
  });
  after(async () => {
    if (built === null) return;
    container?.process.signal("SIGKILL");
    await container?.process.exited;
    await upstream?.close();
    built.remove();
    if (config !== undefined) rmSync(config, { recursive: true });
  });

  const objects = (port: number): KubeObject[] => [
    frontend({ name: "web", port }),
    rule({ name: "all", frontend: "web", services: [{ name: "app" }] }),
    ...service({ name: "app", endpoints: [upstream.endpoint] }),
  ];
  const write = (content: readonly KubeObject[]): void => {
    writeFileSync(join(config, ".new"), documents(content));
    renameSync(join(config, ".new"), join(config, "main.yaml"));
  };
  const ready = () =>
    request({ ...admin, target: "/readyz" }).then(({ status }) => status === 200, () => false);
  const proc = (name: string) => readFileSync(`/proc/${container.process.pid}/${name}`, "utf8");

  it("says what it is, and runs as a user without a name", { skip }, () => {
    assert.match(image.user, /^[1-9]\d*:[1-9]\d*$/);
    const labels = image.labels;
    assert.equal(labels["org.opencontainers.image.version"], manifest.version);
    assert.equal(labels["org.opencontainers.image.licenses"], manifest.license);
    assert.match(labels["org.opencontainers.image.description"] ?? "", new RegExp(`on ${TEST_RUNTIME}$`));
    assert.deepEqual([image.stopSignal, image.ports], ["SIGTERM", ["8080", "9180"]]);
    assert.deepEqual(image.entrypoint, ["/usr/bin/albatross"]);
  });

  it("holds the program, and neither a shell nor a package manager", { skip }, () => {
    const expected = TEST_RUNTIME === "bun" ? ["albatross"] : ["albatross", "deno", "env"];
    assert.deepEqual(readdirSync(join(image.root, "usr/bin")).sort(), expected);
    const folders = readdirSync(image.root).filter((name) => name !== "proc" && name !== "dev");
    assert.deepEqual(folders.sort(), ["etc", "lib", "lib64", "usr"].filter((name) => folders.includes(name)));
  });

  it("serves without rights, in a file system to which nobody writes", { skip }, async () => {
    const response = await request({ host: LOOPBACK, port, target: "/x" });
    assert.deepEqual([response.status, upstream.requests.at(-1)?.startLine], [200, "GET /x HTTP/1.1"]);
    const status = proc("status");
    const [uid] = image.user.split(":");
    assert.match(status, new RegExp(`^Uid:\\t${uid}\\t${uid}\\t${uid}\\t${uid}$`, "m"));
    assert.match(status, /^CapEff:\t0+$/m);
    assert.match(status, /^NoNewPrivs:\t1$/m);
    const mounts = proc("mountinfo").split("\n").map((line) => line.split(" "));
    const options = (at: string) => mounts.findLast(([, , , , where]) => where === at)?.[5];
    assert.match(options("/") ?? "", /^ro\b/);
    assert.match(options("/etc/albatross") ?? "", /^ro\b/);
  });

  it("follows changes of the mounted configuration", { skip }, async () => {
    write([...objects(port), frontend({ name: "other", port: otherPort })]);
    const served = () =>
      request({ host: LOOPBACK, port: otherPort }).then(({ status }) => status === 404, () => false);
    await eventually(served, () => `port ${otherPort} is not served`);
  });

  it("has the other commands, among them the health check", { skip }, async () => {
    assert.deepEqual(await container.exec(image.healthcheck), { code: 0, stdout: "ok\n", stderr: "" });
    const version = await container.exec(["/usr/bin/albatross", "version"]);
    assert.equal(version.code, 0, version.stderr);
    assert.match(version.stdout, new RegExp(`^albatross ${manifest.version} \\(${TEST_RUNTIME} `));
    const validated = await container.exec(["/usr/bin/albatross", "validate", "/etc/albatross"]);
    assert.equal(validated.code, 0, validated.stdout);
  });

  it("drains at its stop signal and ends with 0", { skip }, async () => {
    upstream.handler = async () => {
      await new Promise((resolve) => setTimeout(resolve, SLOW_RESPONSE_MS));
      return reply(200, [], "late");
    };
    const before = upstream.requests.length;
    const slow = request({ host: LOOPBACK, port, target: "/slow" });
    await eventually(() => upstream.requests.length > before, () => "the slow request does not arrive");
    container.process.signal(image.stopSignal as "SIGTERM");
    await eventually(async () => !(await ready()), () => "it stays ready");
    assert.deepEqual((await slow).body, "late");
    const exit = await deadline(container.process.exited, () => "it does not end");
    assert.deepEqual(exit, { code: 0, signal: null }, container.process.stderr.join("\n"));
  });
});
