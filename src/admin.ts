/** The admin plane: what its routes may ask, answered from the running parts, and the server that carries it. */
import { serve } from "@hono/node-server";
import type { Hono } from "hono";
import type { AdminPorts, ObjectQuery } from "../routes/ports.ts";
import type { ObjectsAnswer } from "../routes/shapes.ts";
import type { DataPlane } from "./data-plane.ts";
import { explain } from "./explain.ts";
import type { Gateway } from "./gateway.ts";
import type { AddressAndPort } from "./lib/endpoint.ts";
import { listObjects } from "./resources/list.ts";
import { redactObject } from "./resources/redact.ts";
import type { Snapshot } from "./resources/snapshot.ts";
import { redactTable } from "./table/redact.ts";
import type { Metrics } from "./telemetry/metrics/mod.ts";

export interface AdminParts {
  readonly gateway: Gateway;
  readonly dataPlane: DataPlane;
  readonly metrics: Metrics;
  readonly version: string;
  /** Name and version. */
  readonly runtime: string;
  readonly pid: number;
  readonly workers: number;
  /** Brings up to date what other processes have told. */
  refresh(): Promise<void>;
}

/** Secrets of objects redact themselves when the answers are written as JSON. */
export function adminPorts(parts: AdminParts): AdminPorts {
  const { gateway, dataPlane, metrics, version, runtime, pid, workers } = parts;
  return {
    index: () => ({ name: "albatross", version, runtime, pid, workers, revision: gateway.revision() }),
    readiness: () => gateway.readiness(),
    problems: () =>
      gateway.problems().map(({ keeps, ...rest }) =>
        keeps === undefined ? rest : { ...rest, keeps: [...keeps] }
      ),
    objects(query) {
      const snapshot = gateway.snapshot();
      return snapshot === undefined ? [] : objectsOf(snapshot, query);
    },
    table() {
      const table = gateway.table();
      return table === undefined ? undefined : redactTable(table);
    },
    async listeners() {
      await parts.refresh();
      return dataPlane.listeners().map((status) => ({ ...status, addresses: [...status.addresses] }));
    },
    async upstreams() {
      await parts.refresh();
      return dataPlane.upstreams().map((status) => ({ ...status, endpoints: [...status.endpoints] }));
    },
    explain(query) {
      const table = gateway.table();
      return table === undefined ? undefined : explain(table, query, {
        problems: gateway.problems(),
        usedBy: (object) => gateway.uses(object),
      });
    },
    metrics: () => metrics.expose(),
  };
}

function objectsOf(snapshot: Snapshot, { kind, namespace, name }: ObjectQuery): ObjectsAnswer["objects"] {
  const found: ObjectsAnswer["objects"] = [];
  for (const object of listObjects(snapshot)) {
    if (kind !== undefined && kind !== object.kind) continue;
    if (namespace !== undefined && namespace !== object.metadata.namespace) continue;
    if (name !== undefined && name !== object.metadata.name) continue;
    found.push({ ...snapshot.refer(object), object: redactObject(object) });
  }
  return found;
}

export interface AdminServer {
  /** The one that was bound when 0 was asked for. */
  readonly port: number;
  /** Stops at once; answers under way are cut. */
  close(): void;
}

/** Rejects when the address cannot be bound. */
export function serveAdmin(app: Hono, { address, port }: AddressAndPort): Promise<AdminServer> {
  return new Promise((resolve, reject) => {
    const options = { fetch: app.fetch, hostname: address, port, overrideGlobalObjects: false };
    const server = serve(options, (info) => {
      resolve({
        port: info.port,
        close() {
          server.close();
          if ("closeAllConnections" in server) server.closeAllConnections();
        },
      });
    });
    server.on("error", reject);
  });
}
