/** The folded chain against Hono's own `compose`: the same middlewares must see and answer the same. */
import { describe, it } from "node:test";
import assert from "node:assert/strict";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { cors } from "hono/cors";
import { etag } from "hono/etag";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";
import { GatewayError } from "../../src/errors.ts";
import { foldMiddlewares } from "../../src/middlewares/compile.ts";

type Log = string[];
type Make = (log: Log) => MiddlewareHandler;

/** What the end of the chain does. */
type End = (log: Log) => (c: Context) => Promise<Response>;

const answer: End = (log) => (c) => {
  log.push("end");
  return Promise.resolve(c.text("answer", 200, { "x-end": "1" }));
};
const plainAnswer: End = (log) => () => {
  log.push("end");
  return Promise.resolve(new Response("plain", { status: 202, headers: { "x-end": "1" } }));
};
const failing: End = (log) => () => {
  log.push("end");
  return Promise.reject(new Error("the end fails"));
};

const around = (name: string): Make => (log) =>
  async function (_c, next) {
    log.push(`${name} in`);
    await next();
    log.push(`${name} out`);
  };
const passing: Make = () => (_c, next) => next();
const answering: Make = (log) => (c) => {
  log.push("answers");
  return Promise.resolve(c.text("mine", 403));
};
const answeringInRes: Make = () => (c) => {
  c.res = new Response("mine", { status: 403 });
  return Promise.resolve();
};
const answeringAfterNext: Make = () => async (c, next) => {
  await next();
  return c.text("too late", 418);
};
const replacing: Make = () => async (c, next) => {
  await next();
  c.res = new Response(`(${await c.res.text()})`, { status: 203, headers: { "x-new": "1" } });
};
const headerBefore: Make = () => async (c, next) => {
  c.header("x-before", "1");
  await next();
};
const headerOnRes: Make = () => async (c, next) => {
  c.res.headers.set("x-on-res", "1");
  await next();
};
const headerAfter: Make = () => async (c, next) => {
  await next();
  c.header("x-after", "1");
  c.res.headers.append("x-after", "2");
};
const statusBefore: Make = () => async (c, next) => {
  c.status(201);
  await next();
};
const variables: Make = (log) => async (c, next) => {
  log.push(`variable ${c.get("v") ?? "unset"}`);
  c.set("v", "set");
  await next();
};
const throwingBefore: Make = (log) => () => {
  log.push("throws");
  return Promise.reject(new Error("before"));
};
const throwingSync: Make = () => () => {
  throw new Error("at once");
};
const throwingAfter: Make = () => async (_c, next) => {
  await next();
  throw new Error("after");
};
const throwingHttp: Make = () => () => Promise.reject(new HTTPException(401, { message: "who?" }));
const throwingHttpWithResponse: Make = () => () =>
  Promise.reject(
    new HTTPException(401, { res: new Response("ready", { status: 401, headers: { "x-ready": "1" } }) }),
  );
const throwingHttpAfter: Make = () => async (_c, next) => {
  await next();
  throw new HTTPException(409, { message: "after" });
};
const catching: Make = (log) => async (c, next) => {
  try {
    await next();
  } catch {
    log.push("caught");
  } finally {
    log.push(`finally ${c.error === undefined ? "fine" : "failed"} ${c.finalized}`);
  }
};
const twice: Make = () => async (_c, next) => {
  await next();
  await next();
};
const notAwaiting: Make = (log) => (_c, next) => {
  const promise = next();
  log.push("went on");
  return promise;
};
const library = (handler: MiddlewareHandler): Make => () => handler;

const CHAINS: readonly (readonly [name: string, makes: readonly Make[], end: End])[] = [
  ["one that passes", [passing], answer],
  ["order inwards and outwards", [around("a"), around("b"), around("c")], answer],
  ["an end that returns a Response of its own", [around("a"), passing], plainAnswer],
  ["an answer before the end", [around("a"), answering, around("b")], answer],
  ["an answer in c.res", [around("a"), answeringInRes, around("b")], answer],
  ["an answer after next() does not count", [around("a"), answeringAfterNext], answer],
  ["an answer replaced", [around("a"), replacing, passing], answer],
  ["an answer replaced twice", [replacing, replacing], plainAnswer],
  ["headers before, on c.res and after", [headerBefore, headerOnRes, headerAfter], answer],
  ["headers before an answer on the way", [headerBefore, headerOnRes, answering], answer],
  ["a status before", [statusBefore], answer],
  ["variables", [variables, variables], answer],
  ["a middleware that throws", [around("a"), catching, throwingBefore, around("b")], answer],
  ["a middleware that throws at once", [catching, throwingSync], answer],
  ["a middleware that throws after next()", [around("a"), catching, throwingAfter], answer],
  ["an end that fails", [around("a"), catching, passing], failing],
  ["headers before a failure", [headerBefore, throwingBefore], answer],
  ["headers after a failure", [headerAfter, throwingBefore], answer],
  ["an HTTPException", [around("a"), catching, throwingHttp], answer],
  ["an HTTPException with a response", [headerBefore, headerAfter, throwingHttpWithResponse], answer],
  ["an HTTPException after next()", [around("a"), throwingHttpAfter], answer],
  ["next() called twice", [around("a"), twice, around("b")], answer],
  ["next() not awaited but returned", [notAwaiting, around("a")], answer],
  ["Hono's secure-headers and request-id", [
    library(secureHeaders()),
    library(requestId({ generator: () => "id" })),
  ], answer],
  ["Hono's etag", [library(etag())], answer],
  ["Hono's cors", [library(cors({ origin: "http://o", exposeHeaders: ["x-a"] }))], answer],
  ["Hono's cors around a failure", [library(cors({ origin: "http://o" })), throwingBefore], answer],
];

/** Answers to a failure as the gateway and Hono's `onError` would, in one form for both. */
function failed(error: unknown): Response {
  return error instanceof HTTPException
    ? error.getResponse()
    : new Response("failed", { status: 500, headers: { "x-failed": "1" } });
}

async function outcomeOf(app: Hono, log: Log): Promise<unknown> {
  const response = await app.request("/", { headers: { origin: "http://o" } });
  return {
    log,
    status: response.status,
    headers: [...response.headers].sort(),
    body: await response.text(),
  };
}

function withCompose(makes: readonly Make[], end: End): Promise<unknown> {
  const log: Log = [];
  const app = new Hono();
  for (const make of makes) app.use("*", make(log));
  app.all("*", end(log));
  app.onError((error) => failed(error));
  return outcomeOf(app, log);
}

function withFold(makes: readonly Make[], end: End): Promise<unknown> {
  const log: Log = [];
  const middlewares = makes.map((make, index) => ({ name: `m${index}`, handler: make(log) }));
  const chain = foldMiddlewares(middlewares, end(log), (error) => failed(error));
  const app = new Hono();
  app.all("*", (c) => chain(c));
  return outcomeOf(app, log);
}

describe("foldMiddlewares does as Hono's compose", () => {
  for (const [name, makes, end] of CHAINS) {
    it(`with ${name}`, async () => {
      assert.deepEqual(await withFold(makes, end), await withCompose(makes, end));
    });
  }
});

describe("foldMiddlewares", () => {
  async function errorOf(...makes: readonly Make[]): Promise<unknown[]> {
    const errors: unknown[] = [];
    const chain = foldMiddlewares(
      makes.map((make, index) => ({ name: `m${index}`, handler: make([]) })),
      answer([]),
      (error) => {
        errors.push(error);
        return failed(error);
      },
    );
    const app = new Hono();
    app.all("*", (c) => chain(c));
    assert.equal((await app.request("/")).status, 500);
    return errors;
  }

  it("says which middleware failed, once, and why", async () => {
    const [error, ...others] = await errorOf(passing, throwingBefore, passing) as GatewayError[];
    assert.ok(error instanceof GatewayError);
    assert.deepEqual([error.code, error.message, (error.cause as Error).message], [
      "MIDDLEWARE_FAILED",
      "m1",
      "before",
    ]);
    assert.deepEqual(others, []);
  });

  it("a GatewayError stays what it is", async () => {
    const thrown = new GatewayError("INVALID_AUTH", "closed");
    assert.deepEqual(await errorOf(passing, () => () => Promise.reject(thrown)), [thrown]);
  });

  it("a middleware that neither answers nor goes on has failed", async () => {
    const [error] = await errorOf(() => () => Promise.resolve()) as GatewayError[];
    assert.deepEqual([error?.code, error?.message], ["MIDDLEWARE_FAILED", "m0"]);
  });
});
