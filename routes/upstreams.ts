/** The data plane at this moment: what is bound, and where requests go. */
import { Hono } from "hono";
import { answer, resource } from "./answer.ts";
import type { AdminPorts } from "./ports.ts";
import type { ListenersAnswer, UpstreamsAnswer } from "./shapes.ts";

export function upstreams(ports: Pick<AdminPorts, "listeners" | "upstreams">): Hono {
  const app = new Hono();
  resource(app, "/api/listeners", {
    GET: async (c) => answer(c, { shape: 1, listeners: await ports.listeners() } satisfies ListenersAnswer),
  });
  resource(app, "/api/upstreams", {
    GET: async (c) => answer(c, { shape: 1, upstreams: await ports.upstreams() } satisfies UpstreamsAnswer),
  });
  return app;
}
