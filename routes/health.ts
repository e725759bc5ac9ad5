/** Probes. Liveness asks for nothing but an answer; readiness is the program's own judgement. */
import { Hono } from "hono";
import { answer, resource } from "./answer.ts";
import type { AdminPorts } from "./ports.ts";

export function health(ports: Pick<AdminPorts, "readiness">): Hono {
  const app = new Hono();
  resource(app, "/livez", { GET: (c) => c.text("ok\n") });
  resource(app, "/readyz", {
    GET(c) {
      const readiness = ports.readiness();
      return answer(c, readiness, readiness.ready ? 200 : 503);
    },
  });
  return app;
}
