/** The configuration of the gateway that is measured. */
import { routeNumber } from "./target.ts";

/** One Frontend, its rules, and the service behind all of them. */
export function benchObjects(
  port: number,
  upstreamPort: number,
  rules: number,
  acting: boolean,
): unknown[] {
  const services = [{ name: "app", namespace: "default", port: 80, weight: 100 }];
  const affinity = acting ? { session_affinity_policy: "cookie", session_affinity_attribute: "sid" } : {};
  const serviceGroup = { ...affinity, services };
  return [
    {
      apiVersion: "crd.alauda.io/v1",
      kind: "Frontend",
      metadata: { name: "web", namespace: "default" },
      spec: {
        port,
        protocol: "http",
        config: { keepalive: { http: { timeout: "600s", requests: 1_000_000_000 } } },
      },
    },
    ...Array.from({ length: rules }, (_, index) => rule(index + 1, serviceGroup, acting)),
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "app", namespace: "default" },
      spec: { ports: [{ name: "http", port: 80, targetPort: upstreamPort }] },
    },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name: "app-1", namespace: "default", labels: { "kubernetes.io/service-name": "app" } },
      addressType: "IPv4",
      ports: [{ name: "http", port: upstreamPort }],
      endpoints: [{ addresses: ["127.0.0.1"], conditions: { ready: true } }],
    },
  ];
}

/** Rules are equal but for their number, so their names decide: the highest number is tried last. */
function rule(index: number, serviceGroup: unknown, acting: boolean): unknown {
  const { host, prefix } = routeNumber(index);
  return {
    apiVersion: "crd.alauda.io/v1",
    kind: "Rule",
    metadata: {
      name: host.replace(".example", ""),
      namespace: "default",
      labels: { "alb2.cpaas.io/frontend": "web" },
      ...(acting ? { annotations: HEADER_MODIFICATION } : {}),
    },
    spec: {
      dslx: [
        { type: "HOST", values: [["EQ", host]] },
        { type: "URL", values: [["STARTS_WITH", prefix]] },
      ],
      serviceGroup,
      ...(acting ? ACTIONS : {}),
    },
  };
}

/** What a rule does to requests in the row of acting rules; the path stays what it is, so that the upstream answers. */
const ACTIONS = {
  enableCORS: true,
  corsAllowOrigin: "https://a.example,https://*.b.example",
  rewrite_base: "^/(.*)$",
  rewrite_target: "/$1",
};

const HEADER_MODIFICATION = {
  "alb.rule.cpaas.io/rewrite-request": JSON.stringify({
    headers: { "X-Team": "shop" },
    headers_var: { "X-Client": "remote_addr" },
    headers_remove: ["X-Debug"],
  }),
  "alb.rule.cpaas.io/rewrite-response": JSON.stringify({
    headers: { "Strict-Transport-Security": "max-age=63072000" },
    headers_remove: ["X-Powered-By"],
  }),
};
