/**
 * oauth2-proxy: the real one, built with Go into a cache of this user, or a stand-in that follows its contract where it
 * cannot be had.
 */
import { execFile } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { freePort, LOOPBACK } from "./addresses.ts";
import { request } from "./client.ts";
import { startStandIn } from "./oauth2-stand-in.ts";
import { CLIENT } from "./oidc-provider.ts";
import { startProcess } from "./process.ts";
import { eventually, sleep } from "./wire.ts";

const MODULE = "github.com/oauth2-proxy/oauth2-proxy/v7";
const VERSION = "v7.15.4";
/** The first time, everything is downloaded and compiled: two minutes and a half of two cores. */
const BUILD_MS = 4 * 60_000;
const run = promisify(execFile);

export type Installation =
  | { readonly real: true; readonly program: string; readonly name: string }
  | { readonly real: false; readonly name: string };

/** Finds or builds the program. `name` says in test names what is tested. */
export async function installOauth2Proxy(): Promise<Installation> {
  const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "albatross-tests");
  const program = join(cache, `oauth2-proxy-${VERSION}`);
  const name = `oauth2-proxy ${VERSION}`;
  try {
    if (!existsSync(program)) await buildOnce(cache, program);
    return { real: true, program, name };
  } catch (error) {
    return { real: false, name: `a stand-in for oauth2-proxy (${reasonOf(error)})` };
  }
}

function reasonOf(error: unknown): string {
  const { code, killed } = error as { readonly code?: unknown; readonly killed?: boolean };
  if (code === "ENOENT") return "Go is not installed";
  return killed === true ? `building it took longer than ${BUILD_MS / 60_000} minutes` : firstLine(error);
}

/** The test files of several runtimes may want it at once: one builds, the others wait. */
async function buildOnce(cache: string, program: string): Promise<void> {
  mkdirSync(cache, { recursive: true });
  const lock = `${program}.lock`;
  const isAlone = () => {
    try {
      mkdirSync(lock);
      return true;
    } catch {
      return false;
    }
  };
  const deadline = Date.now() + BUILD_MS;
  while (!isAlone()) {
    await sleep(500);
    if (existsSync(program)) return;
    if (Date.now() > deadline) throw new Error("another process takes too long to build it");
    const madeAt = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
    // Whoever made it has ended without removing it.
    if (Date.now() - madeAt > 2 * BUILD_MS) rmSync(lock, { recursive: true, force: true });
  }
  try {
    if (!existsSync(program)) await build(program);
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

async function build(program: string): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "albatross-oauth2-proxy-"));
  const go = (...args: string[]) =>
    run("go", args, { cwd: directory, timeout: BUILD_MS, env: { ...process.env, GOBIN: directory } });
  try {
    await go("mod", "init", "albatross.test/oauth2-proxy");
    await go("get", "-tool", `${MODULE}@${VERSION}`);
    await go("install", MODULE);
    // In one step: the cache may be on another file system, and nobody runs half a program.
    copyFileSync(join(directory, "oauth2-proxy"), `${program}.${process.pid}`);
    renameSync(`${program}.${process.pid}`, program);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}

export interface Oauth2ProxyOptions {
  readonly issuer: string;
  /** Where the provider sends browsers back to. */
  readonly redirectUrl: string;
  /** With a leading dot. */
  readonly cookieDomain: string;
  /** With a leading dot, port included. */
  readonly whitelistDomain: string;
}

export interface Oauth2Proxy {
  readonly endpoint: string;
  close(): Promise<void>;
}

/** Starts it with the flags of the recipe (data-plane spec 4.6), an OpenID provider in the place of GitHub. */
export async function startOauth2Proxy(
  installed: Installation,
  options: Oauth2ProxyOptions,
): Promise<Oauth2Proxy> {
  if (!installed.real) return await startStandIn(options);
  const port = await freePort();
  const child = startProcess([
    installed.program,
    `--http-address=${LOOPBACK}:${port}`,
    `--redirect-url=${options.redirectUrl}`,
    "--provider=oidc",
    `--oidc-issuer-url=${options.issuer}`,
    "--code-challenge-method=S256",
    `--whitelist-domain=${options.whitelistDomain}`,
    `--cookie-domain=${options.cookieDomain}`,
    "--cookie-secure=false",
    "--email-domain=*",
    "--upstream=file:///dev/null",
    "--reverse-proxy=true",
    "--set-xauthrequest=true",
    "--skip-provider-button=true",
  ], {
    env: {
      OAUTH2_PROXY_CLIENT_ID: CLIENT.id,
      OAUTH2_PROXY_CLIENT_SECRET: CLIENT.secret,
      OAUTH2_PROXY_COOKIE_SECRET: "0123456789abcdef0123456789abcdef",
    },
  });
  await eventually(
    async () =>
      (await request({ host: LOOPBACK, port, target: "/ping" }).catch(() => undefined))?.status === 200,
    () => `oauth2-proxy is not up: ${child.stderr.join("\n")}`,
  );
  return {
    endpoint: `${LOOPBACK}:${port}`,
    async close() {
      child.signal("SIGTERM");
      await child.exited;
    },
  };
}
