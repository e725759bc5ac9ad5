/** What was configured: objects, the table made of them, and what is wrong with them. */
import { Hono } from "hono";
import { answer, notYet, resource } from "./answer.ts";
import type { AdminPorts } from "./ports.ts";
import type { ObjectsAnswer, ProblemsAnswer } from "./shapes.ts";

export function config(ports: Pick<AdminPorts, "objects" | "table" | "problems">): Hono {
  const app = new Hono();
  resource(app, "/api/objects", {
    GET(c) {
      const { kind, namespace, name } = c.req.query();
      const objects = ports.objects({ kind, namespace, name });
      return answer(c, { shape: 1, objects } satisfies ObjectsAnswer);
    },
  });
  resource(app, "/api/table", {
    GET(c) {
      const table = ports.table();
      return table === undefined ? notYet(c) : answer(c, table);
    },
  });
  resource(app, "/api/problems", {
    GET: (c) => answer(c, { shape: 1, problems: ports.problems() } satisfies ProblemsAnswer),
  });
  return app;
}
