/** What is attacked: the gateway, or nginx as a yardstick. One path leads to a small answer, one to the attacked upstream. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { family } from "../../scripts/bench-runner/process.ts";
import { freePort, LOOPBACK } from "../blackbox/harness/addresses.ts";
import { dial, request } from "../blackbox/harness/client.ts";
import { GATEWAY_RUNTIME, type RuntimeName } from "../blackbox/harness/command.ts";
import { startGateway } from "../blackbox/harness/gateway.ts";
import { frontend, rule, service, underPath } from "../blackbox/harness/objects.ts";
import { startProcess } from "../blackbox/harness/process.ts";
import { eventually } from "../blackbox/harness/wire.ts";

export type TargetName = RuntimeName | "nginx";

export interface Target {
  readonly host: string;
  readonly port: number;
  readonly pids: readonly number[];
  /** Of clients, as it counts them. */
  connections(): Promise<number>;
  stop(): Promise<void>;
}

export interface TargetOptions {
  /** Where `/good` and `/attacked` lead, `address:port`. */
  readonly good: string;
  readonly attacked: string;
  /** A command before its own, which binds it to a core. */
  readonly wrapper: readonly string[];
}

export function startTarget(name: TargetName, options: TargetOptions): Promise<Target> {
  if (name === "nginx") return startNginx(options);
  if (name !== GATEWAY_RUNTIME) throw new Error(`the gateway runs on ${GATEWAY_RUNTIME}`);
  return startAlbatross(options);
}

async function startAlbatross({ good, attacked, wrapper }: TargetOptions): Promise<Target> {
  const port = await freePort();
  const gateway = await startGateway({
    config: [
      frontend({ name: "web", port }),
      rule({
        name: "attacked",
        frontend: "web",
        dslx: underPath("/attacked"),
        services: [{ name: "attacked" }],
      }),
      rule({ name: "good", frontend: "web", dslx: underPath("/good"), services: [{ name: "good" }] }),
      ...service({ name: "attacked", endpoints: [attacked] }),
      ...service({ name: "good", endpoints: [good] }),
    ],
    args: ["--access-log", "off"],
    wrapper,
  });
  return {
    host: gateway.host,
    port,
    pids: [gateway.process.pid],
    connections: () => gateway.metric("albatross_connections"),
    stop: () => gateway.stop(),
  };
}

async function startNginx({ good, attacked, wrapper }: TargetOptions): Promise<Target> {
  const home = mkdtempSync(join(tmpdir(), "faults-nginx-"));
  const [port, statusPort] = [await freePort(), await freePort()];
  const file = join(home, "nginx.conf");
  writeFileSync(file, nginxConfiguration({ home, port, statusPort, good, attacked }));
  const child = startProcess([...wrapper, "nginx", "-p", home, "-c", file]);
  await eventually(
    async () => {
      if (child.exit() !== undefined) throw new Error(`nginx: ${child.stderr.join("\n")}`);
      const connection = await dial({ host: LOOPBACK, port }).catch(() => undefined);
      connection?.close();
      // The master listens before it has a worker.
      return connection !== undefined && family(child.pid).length > 1;
    },
    () => `nginx does not listen: ${child.stderr.join("\n")}`,
  );
  return {
    host: LOOPBACK,
    port,
    pids: family(child.pid),
    async connections() {
      const { body } = await request({ host: LOOPBACK, port: statusPort });
      // The one that asks is counted, too.
      return Number(/Active connections: (\d+)/.exec(body)?.[1]) - 1;
    },
    async stop() {
      child.signal("SIGTERM");
      await child.exited;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** It forwards bodies and answers while they come, as the gateway does. */
function nginxConfiguration(
  { home, port, statusPort, good, attacked }: {
    readonly home: string;
    readonly port: number;
    readonly statusPort: number;
    readonly good: string;
    readonly attacked: string;
  },
): string {
  const folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `daemon off;
worker_processes 1;
worker_rlimit_nofile 65536;
${process.getuid?.() === 0 ? "user root;" : ""}
pid ${home}/nginx.pid;
error_log stderr crit;
events { worker_connections 32768; }
http {
  ${folders.map((folder) => `${folder}_temp_path ${home}/${folder};`).join(" ")}
  access_log off;
  keepalive_requests 1000000;
  keepalive_timeout 600s;
  proxy_http_version 1.1;
  proxy_request_buffering off;
  proxy_buffering off;
  proxy_max_temp_file_size 0;
  proxy_set_header Connection "";
  upstream good { server ${good}; keepalive 320; keepalive_requests 1000000; }
  upstream attacked { server ${attacked}; keepalive 320; }
  server { listen ${LOOPBACK}:${statusPort}; location / { stub_status; } }
  server {
    listen ${LOOPBACK}:${port} backlog=4096;
    location /good { proxy_pass http://good; }
    location /attacked { proxy_pass http://attacked; }
  }
}
`;
}
