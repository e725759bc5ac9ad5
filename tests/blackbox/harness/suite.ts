/** What the test files share: tests with a deadline that suits real sockets, and the smallest complete set-up. */
import { after as nodeAfter, before as nodeBefore, it as nodeIt } from "node:test";
import { freePort } from "./addresses.ts";
import { dial, request, type RequestOptions } from "./client.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import type { Response } from "./message.ts";
import { type DslxTerm, frontend, type KubeObject, rule, service } from "./objects.ts";
import { type Handler, startUpstream, type Upstream } from "./upstream.ts";
import type { Connection } from "./wire.ts";

/** Longer than any single wait of the harness, so that its message is what fails a test. */
const TEST_MS = 110_000;

type Body = () => void | Promise<void>;

/** What the suite that runs now has begun in {@link before}. */
let setUp: Promise<void> = Promise.resolve();

/**
 * `before` of node:test, for slow machines: the tests wait for `body`, not the hook, whose time Bun limits to five
 * seconds. When it fails, every test of the suite fails with its error.
 */
export function before(body: Body): void {
  nodeBefore(() => {
    setUp = (async () => await body())();
    setUp.catch(() => {}); // each test tells
  });
}

/** `after` of node:test; runs also when {@link before} failed half-way. */
export function after(body: Body): void {
  nodeAfter(async () => {
    await setUp.catch(() => {});
    await body();
  });
}

export interface TestOptions {
  /** The reason why the test cannot run. */
  readonly skip?: string | false;
  /** Instead of {@link TEST_MS}. */
  readonly timeout?: number;
}

/** `it` of node:test with our deadline. */
export function it(name: string, body: Body): void;
export function it(name: string, options: TestOptions, body: Body): void;
export function it(name: string, ...rest: [Body] | [TestOptions, Body]): void {
  const body = rest.at(-1) as Body;
  const { skip = false, timeout = TEST_MS } = rest.length === 2 ? rest[0] : {};
  const title = skip === false ? name : `${name} (not run: ${skip})`;
  nodeIt(title, { timeout, skip }, async () => {
    await setUp;
    await body();
  });
}

/** One gateway, one Frontend, one rule for every path, one upstream. */
export interface Site {
  readonly gateway: Gateway;
  readonly upstream: Upstream;
  readonly host: string;
  readonly port: number;
  dial(from?: string): Promise<Connection>;
  request(options?: Omit<RequestOptions, "host" | "port">): Promise<Response>;
}

export interface SiteOptions {
  readonly handler?: Handler | null;
  /** `spec.config` of the rule. */
  readonly config?: unknown;
  /** `spec.config` of the Frontend. */
  readonly frontend?: unknown;
  /** Of the rule named `r1`. */
  readonly dslx?: readonly DslxTerm[];
  /** Objects beside the standard ones. */
  readonly objects?: readonly KubeObject[];
  /** Arguments of `run`. */
  readonly args?: readonly string[];
}

/** Starts a {@link Site}; {@link stopSite} ends it. */
export async function startSite(options: SiteOptions = {}): Promise<Site> {
  const { handler, config, dslx, objects = [], args = [] } = options;
  const upstream = await startUpstream(handler === undefined ? {} : { handler });
  const port = await freePort();
  const gateway = await startGateway({
    config: [
      frontend({ name: "web", port, config: options.frontend }),
      rule({
        name: "r1",
        frontend: "web",
        services: [{ name: "app" }],
        ...(config === undefined ? {} : { config }),
        ...(dslx === undefined ? {} : { dslx }),
      }),
      ...service({ name: "app", endpoints: [upstream.endpoint] }),
      ...objects,
    ],
    args,
  });
  const { host } = gateway;
  return {
    gateway,
    upstream,
    host,
    port,
    dial: (from) => dial({ host, port, ...(from === undefined ? {} : { from }) }),
    request: (given = {}) => request({ host, port, ...given }),
  };
}

/** Ends what {@link startSite} began. */
export async function stopSite(site: Site | undefined): Promise<void> {
  await site?.gateway.stop();
  await site?.upstream.close();
}

/**
 * Runs `body` with a {@link Site} of its own. When `body` fails, that is told, and not what the gateway makes of being
 * stopped in the middle.
 */
export async function withSite(options: SiteOptions, body: (site: Site) => Promise<void>): Promise<void> {
  const site = await startSite(options);
  try {
    await body(site);
  } catch (error) {
    await stopSite(site).catch(() => {});
    throw error;
  }
  await stopSite(site);
}
