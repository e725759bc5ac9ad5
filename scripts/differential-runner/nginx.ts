/** nginx as people put it in front of an application, with the same forwarding fields as Albatross. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dial } from "../../tests/blackbox/harness/client.ts";
import { startProcess } from "../../tests/blackbox/harness/process.ts";
import { eventually } from "../../tests/blackbox/harness/wire.ts";

export interface Nginx {
  stop(): Promise<void>;
}

/** One server for each pair of a port of its own and the endpoint behind it. */
export async function startNginx(
  host: string,
  servers: readonly { readonly port: number; readonly endpoint: string }[],
): Promise<Nginx> {
  const home = mkdtempSync(join(tmpdir(), "differential-nginx-"));
  const path = join(home, "nginx.conf");
  writeFileSync(path, configuration(home, host, servers));
  const child = startProcess(["nginx", "-p", home, "-c", path]);
  await eventually(
    async () => {
      if (child.exit() !== undefined) throw new Error(`nginx: ${child.stderr.join("\n")}`);
      const connection = await dial({ host, port: servers[0]!.port }).catch(() => undefined);
      connection?.close();
      return connection !== undefined;
    },
    () => `nginx does not listen: ${child.stderr.join("\n")}`,
  );
  return {
    async stop() {
      child.signal("SIGTERM");
      await child.exited;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function configuration(home: string, host: string, servers: Parameters<typeof startNginx>[1]): string {
  const folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `daemon off;
worker_processes 1;
${process.getuid?.() === 0 ? "user root;" : ""}
pid ${home}/nginx.pid;
error_log stderr crit;
events {}
http {
  ${folders.map((folder) => `${folder}_temp_path ${home}/${folder};`).join(" ")}
  access_log off;
  client_max_body_size 0;
  lingering_time 1s;
  lingering_timeout 1s;
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  ${servers.map(({ port, endpoint }) => server(host, port, endpoint)).join("")}
}
`;
}

function server(host: string, port: number, endpoint: string): string {
  return `
  upstream app_${port} { server ${endpoint} max_fails=0; keepalive 16; }
  server {
    listen ${host}:${port};
    location / {
      proxy_pass http://app_${port};
      proxy_http_version 1.1;
      proxy_request_buffering off;
      proxy_buffering off;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Host $http_host;
      proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Scheme $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Port $server_port;
      proxy_set_header X-Original-URI $request_uri;
      proxy_set_header X-Original-URL $scheme://$http_host$request_uri;
      proxy_set_header X-Original-Method $request_method;
    }
  }`;
}
