/** Our metrics of traffic. Labels have few values: names from the configuration, statuses, methods, error codes. */
import { type Family, labelText, type Sample } from "./family.ts";
import { histogramSamples } from "./histogram.ts";
import type { RouteCells, UpstreamCells } from "./cells.ts";
import type { PortCells, Traffic } from "./traffic.ts";

export function trafficFamilies(traffic: Traffic): Family[] {
  return [
    {
      name: "albatross_requests_total",
      help: "Requests answered, by Frontend, route, status code and method.",
      type: "counter",
      *samples() {
        for (const { statuses } of allRoutes(traffic)) {
          for (const cell of statuses.values()) yield { labels: cell.labels, value: cell.count };
        }
      },
    },
    {
      name: "albatross_request_duration_seconds",
      help: "From the request's head to the end of its response.",
      type: "histogram",
      *samples() {
        for (const { duration, labels } of allRoutes(traffic)) {
          yield* histogramSamples(duration, labels);
        }
      },
    },
    byRoute(traffic, {
      name: "albatross_request_bytes_total",
      help: "Bytes of requests received: lines, headers and bodies.",
      value: ({ statuses }) => sum(statuses.values(), ({ requestBytes }) => requestBytes),
    }),
    byRoute(traffic, {
      name: "albatross_response_bytes_total",
      help: "Bytes of responses sent, headers included.",
      value: ({ statuses }) => sum(statuses.values(), ({ responseBytes }) => responseBytes),
    }),
    {
      name: "albatross_errors_total",
      help: "Responses made by the gateway itself instead of an upstream, by error code.",
      type: "counter",
      *samples() {
        for (const { port, errors } of traffic.ports()) {
          const listener = traffic.listenerName(port);
          for (const [error, value] of errors) yield { labels: labelText({ listener, error }), value };
        }
      },
    },
    byPort(traffic, {
      name: "albatross_connections",
      help: "Open client connections.",
      value: ({ connections }) => connections,
    }),
    byPort(traffic, {
      name: "albatross_requests_in_flight",
      help: "Requests being served.",
      value: ({ exchanges }) => exchanges,
    }),
    byUpstream(traffic, {
      name: "albatross_upstream_attempts_total",
      help: "Tries at endpoints, by upstream.",
      value: ({ attempts }) => attempts,
    }),
    byUpstream(traffic, {
      name: "albatross_upstream_retries_total",
      help: "Tries after the first of their request.",
      value: ({ retries }) => retries,
    }),
    byUpstream(traffic, {
      name: "albatross_upstream_connect_failures_total",
      help: "Tries that ended without a connection.",
      value: ({ connectFailures }) => connectFailures,
    }),
    {
      name: "albatross_upstream_duration_seconds",
      help: "From the choice of an endpoint to its response head, or to the failure of the try.",
      type: "histogram",
      *samples() {
        for (const { duration, labels } of traffic.upstreams()) {
          yield* histogramSamples(duration, labels);
        }
      },
    },
  ];
}

/** Routes, and for each port what matched none. */
export function* allRoutes(traffic: Traffic): Generator<RouteCells> {
  yield* traffic.routes();
  for (const { unmatched } of traffic.ports()) if (unmatched !== undefined) yield unmatched;
}

interface Reading<T> {
  readonly name: string;
  readonly help: string;
  value(cells: T): number;
}

function byRoute(traffic: Traffic, { name, help, value }: Reading<RouteCells>): Family {
  const sample = (cells: RouteCells): Sample => ({ labels: cells.labels, value: value(cells) });
  return { name, help, type: "counter", samples: () => Array.from(allRoutes(traffic), sample) };
}

function byPort(traffic: Traffic, { name, help, value }: Reading<PortCells>): Family {
  const labels = (port: number) => labelText({ listener: traffic.listenerName(port) });
  const sample = (cells: PortCells): Sample => ({ labels: labels(cells.port), value: value(cells) });
  return { name, help, type: "gauge", samples: () => Array.from(traffic.ports(), sample) };
}

function byUpstream(traffic: Traffic, { name, help, value }: Reading<UpstreamCells>): Family {
  const sample = (cells: UpstreamCells): Sample => ({ labels: cells.labels, value: value(cells) });
  return { name, help, type: "counter", samples: () => Array.from(traffic.upstreams(), sample) };
}

export function sum<T>(items: Iterable<T>, value: (item: T) => number): number {
  let total = 0;
  for (const item of items) total += value(item);
  return total;
}
