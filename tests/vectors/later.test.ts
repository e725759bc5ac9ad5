/** Vector files whose feature is still to come: every case is listed by name and counts as skipped. */
import { describe } from "node:test";
import { it } from "../blackbox/harness/suite.ts";
import { type Case, loadCases } from "./load.ts";

const LATER: Readonly<Record<string, string>> = {
  "10-tls.yaml": "TLS is a later feature",
  "11-l4.yaml": "TCP and UDP proxying are later features",
  "13-metrics-logs.yaml": "the HTTPS metrics endpoint and L4 logs are later features",
  "14-otel.yaml": "tracing is a later feature",
  "15-waf.yaml": "the web application firewall is a later feature",
  "18-ingress-translation.yaml": "Ingress translation is a later feature",
  "19-gateway-translation.yaml": "Gateway API translation is a later feature",
};

for (const [file, reason] of Object.entries(LATER)) {
  describe(`vectors: ${file}`, () => {
    for (const { name } of loadCases<Case>(file)) it(name, { skip: reason }, () => {});
  });
}
