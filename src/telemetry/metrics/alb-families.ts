/** ALB's metrics, so that its dashboards and alerts keep working: names, labels and their order as data-plane spec 8.1. */
import { METHODS } from "./cells.ts";
import { allRoutes, sum } from "./families.ts";
import { type Family, labelText } from "./family.ts";
import { ALB_BOUNDS, histogramSamples } from "./histogram.ts";
import type { StatusCell } from "./cells.ts";
import type { Traffic } from "./traffic.ts";

/** What ALB's store of 20 MB reports when it is empty. We have no such store, and alarms on a full one must not ring. */
const CACHE_BYTES = 20 * 1024 * 1024;

export function albFamilies(traffic: Traffic): Family[] {
  return [
    byStatus(traffic, "nginx_http_status", "Requests.", ({ count }) => count),
    byStatus(
      traffic,
      "nginx_http_request_size_bytes",
      "Bytes of requests: line, headers and body.",
      ({ requestBytes }) => requestBytes,
    ),
    byStatus(
      traffic,
      "nginx_http_response_size_bytes",
      "Bytes sent to clients.",
      ({ responseBytes }) => responseBytes,
    ),
    {
      name: "nginx_http_request_duration_seconds",
      help: "Total time of requests.",
      type: "histogram",
      *samples() {
        for (const { duration, albLabels } of allRoutes(traffic)) {
          yield* histogramSamples(duration, albLabels, ALB_BOUNDS);
        }
      },
    },
    {
      name: "nginx_http_upstream_requests_status",
      help: "Requests that matched a rule, by the endpoints that were tried.",
      type: "counter",
      *samples() {
        for (const { peers } of traffic.routes()) {
          for (const { counts } of peers.values()) {
            for (const { albLabels, count } of counts.values()) {
              yield { labels: albLabels, value: count };
            }
          }
        }
      },
    },
    {
      name: "nginx_http_upstream_request_duration_seconds",
      help: "Time spent on upstreams.",
      type: "histogram",
      *samples() {
        for (const { peers } of traffic.routes()) {
          for (const { duration, albLabels } of peers.values()) {
            yield* histogramSamples(duration, albLabels, ALB_BOUNDS);
          }
        }
      },
    },
    {
      name: "nginx_http_mismatch_rule_requests",
      help: "Requests that no rule matched.",
      type: "counter",
      *samples() {
        for (const { port, mismatches } of traffic.ports()) {
          for (const [method, value] of mismatches.entries()) {
            if (value > 0) {
              yield { labels: labelText({ port: String(port), method: METHODS[method]! }), value };
            }
          }
        }
      },
    },
    {
      name: "alb_error",
      help: "Responses made by the gateway itself.",
      type: "counter",
      *samples() {
        for (const { port, errors } of traffic.ports()) {
          if (errors.size === 0) continue;
          yield { labels: labelText({ port: String(port) }), value: sum(errors.values(), (count) => count) };
        }
      },
    },
    {
      name: "nginx_http_connections",
      help: "Client connections by what they do.",
      type: "gauge",
      samples() {
        const active = sum(traffic.ports(), ({ connections }) => connections);
        const writing = sum(traffic.ports(), ({ exchanges }) => exchanges);
        // A head is read in one go as a rule, so that a connection is waiting until its request is known.
        const states = { reading: 0, waiting: Math.max(0, active - writing), writing, active };
        return Object.entries(states).map(([state, value]) => ({ labels: labelText({ state }), value }));
      },
    },
    {
      name: "metrics_cache_size",
      help: "Free bytes of the store of metrics; constant, for there is no such store.",
      type: "gauge",
      samples: () => [{ labels: "", value: CACHE_BYTES }],
    },
    {
      name: "nginx_metric_errors_total",
      help: "Failures of ALB's metric library, which is not used here.",
      type: "counter",
      samples: () => [{ labels: "", value: 0 }],
    },
  ];
}

function byStatus(traffic: Traffic, name: string, help: string, value: (cell: StatusCell) => number): Family {
  return {
    name,
    help,
    type: "counter",
    *samples() {
      for (const { statuses } of allRoutes(traffic)) {
        for (const cell of statuses.values()) yield { labels: cell.albLabels, value: value(cell) };
      }
    },
  };
}
