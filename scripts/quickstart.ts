/** `scripts/quickstart`: two demo apps, the gateway, and what to try. */
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const example = join(root, "examples/quickstart");

/** What listens where; `usual` is the port that the example's YAML names. */
const PORTS = {
  PORT: { usual: 8080, what: "the gateway" },
  ADMIN_PORT: { usual: 9180, what: "its admin plane" },
  STABLE_PORT: { usual: 9101, what: 'the demo app "stable"' },
  CANARY_PORT: { usual: 9102, what: 'the demo app "canary"' },
} as const;

type PortName = keyof typeof PORTS;

/** As in scripts/lib.sh. */
const BUN_ALONE = ["--no-env-file", "--config=/dev/null"];

const children: ChildProcess[] = [];
let cleanUp = (): void => {};
let stopping = false;

async function main(): Promise<void> {
  const ports = readPorts();
  await refuseTakenPorts(ports);
  const config = prepareConfig(ports);
  for (const [name, port] of [["stable", ports.STABLE_PORT], ["canary", ports.CANARY_PORT]] as const) {
    start(name, process.execPath, [...BUN_ALONE, join(example, "demo-app.ts"), name, String(port)]);
  }
  const admin = `127.0.0.1:${ports.ADMIN_PORT}`;
  start("gateway", join(root, "scripts/albatross"), [
    ...["run", "--config", config, "--bind", "127.0.0.1", "--admin", admin],
    ...["--workers", "1", "--drain-delay", "0s", "--log-format", "text", "--access-log-format", "alb"],
  ]);
  await untilReady(`http://${admin}/readyz`);
  if (!stopping) console.log(guide(`127.0.0.1:${ports.PORT}`, admin, relative(process.cwd(), config) || "."));
}

function readPorts(): Record<PortName, number> {
  const entries = Object.entries(PORTS).map(([name, { usual }]) => {
    const port = Number(process.env[name] ?? usual);
    if (!Number.isInteger(port) || port < 1 || port > 65535) {
      refuse(`${name} is "${process.env[name]}", expected a port from 1 to 65535`);
    }
    return [name, port];
  });
  return Object.fromEntries(entries);
}

async function refuseTakenPorts(ports: Record<PortName, number>): Promise<void> {
  const names = Object.keys(PORTS) as PortName[];
  for (const name of names) {
    const code = await tryToListen(ports[name]);
    if (code === null) continue;
    const problem = code === "EADDRINUSE" ? "is in use" : `cannot be listened on (${code})`;
    refuse(
      `port ${ports[name]} for ${PORTS[name].what} ${problem}; choose another: ${name}=${
        ports[name] + 1000
      } scripts/quickstart`,
    );
  }
}

/** The error code, null when the port is free. */
function tryToListen(port: number): Promise<string | null> {
  return new Promise((done) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    server.listen(port, "127.0.0.1", () => server.close(() => done(null)));
  });
}

/** The example's own folder, or a copy with other ports. */
function prepareConfig(ports: Record<PortName, number>): string {
  const names = Object.keys(PORTS) as PortName[];
  if (names.every((name) => ports[name] === PORTS[name].usual)) return example;
  const copy = mkdtempSync(join(tmpdir(), "albatross-quickstart-"));
  cleanUp = () => rmSync(copy, { recursive: true });
  for (const file of ["gateway.yaml", "services.yaml"]) {
    cpSync(join(example, file), join(copy, file));
    const text = readFileSync(join(copy, file), "utf8");
    const changed = text.replace(/(?<=[pP]ort: )\d+/g, (digits) => {
      const name = names.find((name) => PORTS[name].usual === Number(digits));
      return name === undefined ? digits : String(ports[name]);
    });
    writeFileSync(join(copy, file), changed);
  }
  return copy;
}

/** In a process group of its own: Ctrl-C is ours to handle, in order. */
function start(name: string, program: string, args: readonly string[]): void {
  const child = spawn(program, args, { detached: true, stdio: ["ignore", "inherit", "inherit"] });
  children.push(child);
  child.once("exit", (code, signal) => {
    giveUp(`${name} ended unexpectedly (${signal ?? `exit code ${code}`})`);
  });
}

async function untilReady(url: string): Promise<void> {
  for (let tries = 0; tries < 150 && !stopping; tries++) {
    const response = await fetch(url).catch(() => null);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  giveUp(`the gateway is not ready: see ${url}`);
}

function guide(gateway: string, admin: string, config: string): string {
  const url = `http://${gateway}`;
  return `
Albatross listens on ${url}. In another terminal:

  curl ${url}/  # stable: no rule matches, the default route
  curl -H 'Host: shop.example' ${url}/checkout/1  # stable: rule "checkout", by host and path
  curl -H 'X-Canary: always' ${url}/  # canary: rule "canary-by-header"
  curl ${url}/items/42  # canary: rule "items", by regular expression
  curl -H 'Host: www.split.example' ${url}/  # stable or canary: rule "split", one in four goes to canary

Why does a request go where it goes?

  scripts/albatross explain --config ${config} GET ${url}/items/42

The configuration is in ${config}: edit and save, a change is live within a second.
The admin plane: http://${admin}/readyz  http://${admin}/api/table  http://${admin}/metrics
Every request is logged below. Ctrl-C ends everything.
`;
}

/** Before anything was started. */
function refuse(message: string): never {
  console.error(`quickstart: ${message}`);
  process.exit(1);
}

/** Something that was started does not do its job. */
function giveUp(message: string): void {
  if (stopping) return;
  console.error(`quickstart: ${message}`);
  void stop(1);
}

async function stop(code: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  await Promise.all(children.map(end));
  cleanUp();
  process.exit(code);
}

/** SIGTERM, and SIGKILL for whoever has not ended after five seconds. */
function end(child: ChildProcess): Promise<void> {
  return new Promise((done) => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return done();
    const patience = setTimeout(() => child.kill("SIGKILL"), 5000);
    child.once("exit", () => {
      clearTimeout(patience);
      done();
    });
    child.kill("SIGTERM");
  });
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void stop(0));

await main();
