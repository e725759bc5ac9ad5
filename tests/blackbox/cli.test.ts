/** The commands and their exit codes; they are a contract with scripts outside the project. */
import { describe } from "node:test";
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { albatrossCommand, PROJECT } from "./harness/command.ts";
import { freePort } from "./harness/addresses.ts";
import { startGateway } from "./harness/gateway.ts";
import { documents, frontend, rule, service, underPath } from "./harness/objects.ts";
import { runProcess } from "./harness/process.ts";
import { after, before, it } from "./harness/suite.ts";
import { deadline, eventually } from "./harness/wire.ts";

const GOOD = documents([
  frontend({ name: "web", port: 8080, services: [{ name: "app" }] }),
  rule({
    name: "api",
    frontend: "web",
    priority: 3,
    dslx: [{ type: "HOST", values: [["EQ", "a.com"]] }, { type: "URL", values: [["STARTS_WITH", "/api"]] }],
    services: [{ name: "app" }],
  }),
  rule({
    name: "inner",
    frontend: "web",
    dslx: [{ type: "SRC_IP", values: [["RANGE", "10.0.0.1", "10.0.0.9"]] }],
    services: [{ name: "app" }],
  }),
  rule({ name: "site", frontend: "web", dslx: underPath("/site"), services: [{ name: "app" }] }),
  ...service({ name: "app", endpoints: ["127.0.0.1:9000"] }),
]);

const BAD_RULE = `kind: Rule
apiVersion: crd.alauda.io/v1
metadata:
  name: broken
  namespace: default
  labels: { alb2.cpaas.io/frontend: web }
spec:
  dslx:
  - type: URL
    values: [[NO_SUCH_OPERATOR, /x]]
  serviceGroup:
    services: [{ name: app, namespace: default, port: 80, weight: 100 }]
`;

describe("command line", () => {
  let directory: string;
  let good: string;
  let bad: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), "albatross-cli-"));
    good = join(directory, "good.yaml");
    bad = join(directory, "bad.yaml");
    writeFileSync(good, GOOD);
    writeFileSync(bad, `${GOOD}---\n${BAD_RULE}`);
  });
  after(() => rmSync(directory, { recursive: true, force: true }));
  const albatross = (...args: string[]) => runProcess(albatrossCommand(args));

  it("healthcheck asks a running gateway", async () => {
    const gateway = await startGateway({
      config: [frontend({ name: "web", port: await freePort() })],
      args: ["--drain-delay", "6s"],
    });
    const { host, port } = gateway.admin;
    const ask = (...args: string[]) => albatross("healthcheck", "--admin", `${host}:${port}`, ...args);
    assert.deepEqual(await ask(), { code: 0, stdout: "ok\n", stderr: "" });
    assert.deepEqual((await ask("--ready")).code, 0);
    const behindProxy = { env: { HTTP_PROXY: "http://127.0.0.1:1", http_proxy: "http://127.0.0.1:1" } };
    for (const args of [["healthcheck", "--admin"], ["validate", "--ask"]]) {
      const { code, stderr } = await runProcess(albatrossCommand([...args, `${host}:${port}`]), behindProxy);
      assert.equal(code, 0, `the admin plane is asked directly: ${stderr}`);
    }
    gateway.process.signal("SIGTERM");
    await eventually(
      async () => (await ask("--ready")).stderr.includes("answered 503"),
      () => "it stays ready",
    );
    assert.equal((await ask()).code, 0, "it lives while it drains");
    await deadline(gateway.process.exited, () => "it does not end"); // a second SIGTERM would end it at once
    await gateway.stop();
    const gone = await ask();
    assert.deepEqual([gone.code, gone.stdout], [1, ""]);
    assert.match(gone.stderr, /^http:\/\/127\.[\d.]+:\d+\/livez cannot be reached: \S.*refused/i);
    assert.equal((await albatross("healthcheck", "now")).code, 2);
  });

  it("version prints a version", async () => {
    const { code, stdout } = await albatross("version");
    assert.equal(code, 0);
    assert.match(stdout, /\d+\.\d+\.\d+/);
    assert.deepEqual(await albatross("--version"), { code: 0, stdout, stderr: "" });
  });

  it("validate is content with good files", async () => {
    const { code, stdout, stderr } = await albatross("validate", good);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.doesNotMatch(stdout, /\.yaml:/);
  });

  it("validate names file, line, object, field and reason, one line a problem, and exits 1", async () => {
    const { code, stdout, stderr } = await albatross("validate", bad);
    assert.equal(code, 1);
    const [line, ...others] = stdout.trim().split("\n");
    assert.deepEqual(others, [], stderr);
    assert.match(line!, /^\S*bad\.yaml:\d+ Rule default\/broken spec\.dslx\[0\]\S*: .*NO_SUCH_OPERATOR/);
  });

  it("validate names file, line and column of what cannot be parsed", async () => {
    const file = join(directory, "broken.yaml");
    writeFileSync(file, "kind: Rule\nmetadata: {name: r1\n  x: y\n");
    const { code, stdout } = await albatross("validate", file);
    assert.equal(code, 1);
    assert.match(
      stdout,
      /^\S*broken\.yaml:3 File \S*broken\.yaml: not valid YAML or JSON: .* \(column \d+\)\n$/,
    );
  });

  it("validate names what would not be served", async () => {
    const file = join(directory, "unserved.yaml");
    writeFileSync(file, documents([frontend({ name: "secure", port: 8443, protocol: "https" })]));
    const { code, stdout } = await albatross("validate", file);
    assert.equal(code, 1);
    assert.equal(
      stdout,
      `${file}:11 Frontend default/secure spec.protocol: protocol "https" is not served yet\n`,
    );
  });

  it("validate does not complain of names that it does not look up, not even strictly", async () => {
    const named = join(directory, "named.yaml");
    const external = { type: "ExternalName", externalName: "app.example.com", ports: [{ port: 80 }] };
    const objects = [
      frontend({ name: "web", port: 8080, services: [{ name: "app" }] }),
      { apiVersion: "v1", kind: "Service", metadata: { name: "app" }, spec: external },
    ];
    writeFileSync(named, documents(objects));
    const { code, stdout } = await albatross("validate", "--strict", named);
    assert.deepEqual([code, stdout], [0, "2 objects, no problems\n"]);
  });

  it("validate tries names and options of middlewares that it is given", async () => {
    const file = join(directory, "middlewares.yaml");
    const middlewares = [{ name: "ab", options: { percentB: 5 } }, { name: "ab", options: {} }, {
      name: "nobody",
    }];
    writeFileSync(
      file,
      documents([
        frontend({ name: "web", port: 8080, config: { middlewares: [{ name: "nobody" }] } }),
        rule({ name: "r", frontend: "web", services: [{ name: "app" }], config: { middlewares } }),
        rule({ name: "s", frontend: "web", services: [{ name: "app" }] }),
        ...service({ name: "app", endpoints: ["127.0.0.1:9000"] }),
      ]),
    );
    assert.equal((await albatross("validate", file)).code, 0, "nobody knows which names there will be");
    const example = `ab=${PROJECT}/examples/middlewares/ab-switch.ts`;
    const { code, stdout } = await albatross("validate", "--middleware", example, file);
    assert.equal(code, 1);
    const lines = stdout.trim().split("\n").map((line) => line.replace(/^.*?:\d+ /, ""));
    assert.equal(lines.length, 3, stdout);
    assert.match(stdout, /^.*middlewares\.yaml:\d+ /m);
    assert.equal(
      lines[0],
      'Frontend default/web spec.config.middlewares[0]: no middleware named "nobody" is loaded',
    );
    assert.match(
      lines[1]!,
      /^Rule default\/r spec\.config\.middlewares\[1\]: middleware "ab" refuses its options: /,
    );
    assert.equal(
      lines[2],
      'Rule default/r spec.config.middlewares[2]: no middleware named "nobody" is loaded',
    );
    const none = await albatross("validate", "--middleware", "ab=./none.ts", file);
    assert.equal(none.code, 1);
    assert.match(none.stderr, /^middleware "ab": \.\/none\.ts cannot be loaded: /);
  });

  it("validate says where a file does not parse", async () => {
    const unreadable = join(directory, "unreadable.yaml");
    writeFileSync(unreadable, "kind: Rule\nmetadata:\n  name: r1\n   bad: indent\n");
    const { code, stdout, stderr } = await albatross("validate", unreadable);
    assert.equal(code, 1);
    assert.match(stdout + stderr, /unreadable\.yaml:4/);
  });

  it("table prints routes in order for people, and its shape as JSON", async () => {
    const text = await albatross("table", "--config", good);
    assert.equal(text.code, 0);
    const places = ["api", "inner", "site", "web"].map((name) =>
      text.stdout.search(new RegExp(`\\b${name}\\b`))
    );
    assert.ok(places.every((place) => place !== -1), text.stdout);
    const { code, stdout } = await albatross("table", "--config", good, "--json");
    assert.equal(code, 0);
    const table = JSON.parse(stdout);
    assert.equal(table.shape, 1);
    const [listener] = table.listeners;
    assert.deepEqual(listener.routes.map(({ name }: { name: string }) => name), [
      "api",
      "site",
      "inner",
      "web",
    ]);
    assert.deepEqual(listener.routes[0].order, {
      place: "normal",
      priority: 3,
      complexity: 51006,
      matchLength: 58,
    });
  });

  it("explain says which route wins and why better-placed ones do not", async () => {
    const { code, stdout } = await albatross("explain", "--config", good, "GET", "http://b.com:8080/site/x");
    assert.equal(code, 0);
    assert.match(stdout, /\bsite\b/);
    assert.match(stdout, /\bapi\b[\s\S]*HOST/);
  });

  it("explain says which error pages a request has", async () => {
    const pages = "tests/golden/rule/error-pages/in.yaml";
    const { code, stdout } = await albatross("explain", "--config", pages, "GET", "http://a.com/x");
    assert.equal(code, 0);
    assert.match(stdout, /^ {2}error page 500-599: text\/html; charset=utf-8$/m);
  });

  it("explain takes headers and the peer's address", async () => {
    const run = async (...args: string[]) =>
      JSON.parse((await albatross("explain", "--config", good, "--json", ...args)).stdout);
    const byHost = await run("GET", "http://127.0.0.1:8080/api/x", "-H", "Host: a.com");
    assert.match(JSON.stringify(byHost), /"api"/);
    const byPeer = JSON.stringify(await run("GET", "http://x.com:8080/zzz", "--from", "10.0.0.5"));
    const byDefault = JSON.stringify(await run("GET", "http://x.com:8080/zzz", "--from", "10.0.0.50"));
    assert.notEqual(byPeer, byDefault);
    for (const field of ["no-colon", ": no name"]) {
      const { code, stderr } = await albatross(
        "explain",
        "--config",
        good,
        "GET",
        "http://x:8080/",
        "-H",
        field,
      );
      assert.equal(code, 2);
      assert.match(stderr, /^-H: expected a name, a colon and a value\n/);
    }
  });

  it("wrong usage exits 2 and says how", async () => {
    for (
      const args of [[], ["no-such-command"], ["run", "--no-such-flag"], ["run"], ["table"], [
        "explain",
        "GET",
      ]]
    ) {
      const { code, stderr } = await albatross(...args);
      assert.equal(code, 2, `albatross ${args.join(" ")}: ${stderr}`);
      assert.notEqual(stderr, "");
    }
  });

  it("run exits 1 when nothing readable is given", async () => {
    const { code, stderr } = await albatross(
      "run",
      "--config",
      join(directory, "missing"),
      "--admin",
      "127.0.0.1:0",
    );
    assert.equal(code, 1);
    assert.match(stderr, /missing/);
  });
});
