/** nginx twice: as the upstream of every proxy, and as the proxy to compare with. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LOAD_CORE, PROXY_CORE } from "./load.ts";
import { family, freePort, start, untilListening } from "./process.ts";
import { routeNumber, type Target } from "./target.ts";

/** Answers: `…/small` with 91 bytes, `…/100k` with 100,000. */
export async function startUpstream(directory: string): Promise<Target> {
  const port = await freePort();
  const home = join(directory, "upstream");
  mkdirSync(join(home, "files"), { recursive: true });
  writeFileSync(join(home, "files/100k"), "x".repeat(100_000));
  const server = `
    server {
      listen 127.0.0.1:${port} backlog=4096;
      default_type text/plain;
      location / { return 200 "${"x".repeat(91)}"; }
      location ~ ^/[^/]+/100k$ { alias ${home}/files/100k; }
    }`;
  return startNginx({ name: "upstream", home, port, core: LOAD_CORE, http: server, accessLog: "off" });
}

export interface NginxProxyOptions {
  /** Where its files go. */
  readonly directory: string;
  readonly upstreamPort: number;
  /** Whether it writes the line that ALB's nginx writes. */
  readonly accessLog?: boolean;
  /** Whether its buffers are made for large answers: with its own defaults they take it twice as long. */
  readonly largeAnswers?: boolean;
}

let proxies = 0;

/** The same work as the gateway does: a route by host and prefix, keep-alive to the upstream, forwarding headers. */
export async function startNginxProxy(options: NginxProxyOptions): Promise<Target> {
  const { directory, upstreamPort, accessLog = false, largeAnswers = false } = options;
  const port = await freePort();
  const home = join(directory, `nginx-${++proxies}`);
  mkdirSync(home, { recursive: true });
  const { host, prefix } = routeNumber(1);
  const http = `
    upstream app {
      server 127.0.0.1:${upstreamPort};
      keepalive 320;
      keepalive_requests 1000000000;
    }
    log_format line '[$time_local] $remote_addr "$host" "$request" $status $upstream_status $upstream_addr '
      '"$http_user_agent" "$http_x_forwarded_for" $request_time $upstream_response_time $upstream_bytes_received '
      '$server_port';
    server {
      listen 127.0.0.1:${port} backlog=4096;
      server_name ${host};
      location ${prefix} {
        proxy_pass http://app;
        proxy_http_version 1.1;
        proxy_max_temp_file_size 0;
        ${largeAnswers ? "proxy_buffer_size 64k; proxy_buffers 8 64k; proxy_busy_buffers_size 128k;" : ""}
        proxy_set_header Connection "";
        proxy_set_header Host $http_host;
        proxy_set_header X-Real-IP $remote_addr;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_set_header X-Scheme $scheme;
        proxy_set_header X-Forwarded-Host $http_host;
        proxy_set_header X-Forwarded-Port $server_port;
        proxy_set_header X-Original-URI $request_uri;
        proxy_set_header X-Original-URL $scheme://$http_host$request_uri;
        proxy_set_header X-Original-Method $request_method;
        add_header Via alb always;
      }
    }`;
  const log = accessLog ? `${home}/access.log line buffer=16k flush=1s` : "off";
  return await startNginx({ name: "nginx", home, port, core: PROXY_CORE, http, accessLog: log });
}

interface NginxOptions {
  readonly name: string;
  readonly home: string;
  readonly port: number;
  readonly core: number;
  /** What stands in the http block. */
  readonly http: string;
  /** Argument of access_log. */
  readonly accessLog: string;
}

async function startNginx(options: NginxOptions): Promise<Target> {
  const { name, home, port, core, http, accessLog } = options;
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  writeFileSync(
    join(home, "nginx.conf"),
    `daemon off;
worker_processes 1;
${process.getuid?.() === 0 ? "user root;" : ""}
pid ${home}/nginx.pid;
error_log stderr error;
events { worker_connections 8192; }
http {
    ${temporary.map((kind) => `${kind}_temp_path ${home}/${kind};`).join(" ")}
    keepalive_requests 1000000000;
    keepalive_timeout 600s;
    tcp_nodelay on;
    sendfile on;
    ${http}
    access_log ${accessLog};
}
`,
  );
  const started = start(["nginx", "-p", home, "-c", join(home, "nginx.conf")], { core });
  await untilListening(port, name);
  return { name, port, pids: family(started.pid), stop: started.stop };
}
