/** What all routes of the admin plane have in common. */
import type { Context, Handler, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ErrorAnswer } from "./shapes.ts";

/** JSON, indented: it is read by people as often as by programs. */
export function answer(c: Context, body: unknown, status: ContentfulStatusCode = 200): Response {
  return c.body(`${JSON.stringify(body, null, 2)}\n`, status, { "content-type": "application/json" });
}

export function refuse(c: Context, status: ContentfulStatusCode, code: string, message: string): Response {
  return answer(c, { error: { code, message } } satisfies ErrorAnswer, status);
}

/** Nothing is known before the first configuration was read. */
export function notYet(c: Context): Response {
  return refuse(c, 503, "NoTable", "no configuration is served yet");
}

type Method = "GET" | "POST";

/** A resource with the methods it has (HEAD goes with GET); others are answered 405. */
export function resource(
  app: Hono,
  path: string,
  handlers: Readonly<Partial<Record<Method, Handler>>>,
): void {
  const allowed = Object.keys(handlers).flatMap((method) => method === "GET" ? ["GET", "HEAD"] : [method]);
  for (const [method, handler] of Object.entries(handlers)) app.on(method, path, handler);
  app.all(path, (c) => {
    c.header("allow", allowed.join(", "));
    return refuse(c, 405, "MethodNotAllowed", `${path} takes ${allowed.join(", ")}`);
  });
}
