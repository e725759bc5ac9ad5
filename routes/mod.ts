/** The admin plane as one Hono app. It has no credentials and no CORS: reach it over loopback or a port-forward. */
import { Hono } from "hono";
import { answer, refuse, resource } from "./answer.ts";
import { config } from "./config.ts";
import { explain } from "./explain.ts";
import { health } from "./health.ts";
import { metrics } from "./metrics.ts";
import type { AdminPorts } from "./ports.ts";
import type { IndexAnswer } from "./shapes.ts";
import { upstreams } from "./upstreams.ts";

/** `report` hears of faults of our own; the client gets a 500 without details. */
export function adminApp(ports: AdminPorts, report: (error: unknown) => void): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    c.header("cache-control", "no-store");
    c.header("x-content-type-options", "nosniff");
  });
  for (const part of [health(ports), metrics(ports), config(ports), upstreams(ports), explain(ports)]) {
    app.route("/", part);
  }
  const paths = [...new Set(app.routes.map(({ path }) => path))].filter((path) => !path.includes("*")).sort();
  resource(app, "/", {
    GET: (c) => answer(c, { shape: 1, ...ports.index(), paths } satisfies IndexAnswer),
  });
  app.notFound((c) => refuse(c, 404, "NotFound", `there is no ${c.req.path}; / lists what there is`));
  app.onError((error, c) => {
    report(error);
    return refuse(c, 500, "Internal", "internal error; the log has the details");
  });
  return app;
}
