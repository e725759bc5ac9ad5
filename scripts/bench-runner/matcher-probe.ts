/** Measures translation, compilation and matching of as many rules as its argument says; prints one line of JSON. */
import { compileMatcher, type Matcher } from "../../src/matcher/mod.ts";
import type { RequestView } from "../../src/matcher/request-view.ts";
import { viewRequest } from "../../src/matcher/view.ts";
import { readObject } from "../../src/resources/read.ts";
import { createSnapshot } from "../../src/resources/snapshot.ts";
import { translate } from "../../src/translators/mod.ts";
import { benchObjects } from "./objects.ts";
import { median } from "./statistics.ts";
import { routeNumber } from "./target.ts";

const ROUNDS = 9;
const FINDS = 200_000;

const count = Number(process.argv[2]);
const snapshot = createSnapshot(
  benchObjects(8080, 9101, count, false).flatMap((value) => {
    const { object } = readObject(value);
    return object === undefined ? [] : [{ object }];
  }),
);

const translated = timed(() => translate(snapshot, { labelDomain: "cpaas.io", trustedProxies: [] }));
const routes = translated.value.table.listeners[0]?.routes ?? [];
if (routes.length !== count) throw new Error(`${routes.length} routes of ${count} rules`);
const compiled = timed(() => compileMatcher(routes));
const matcher = compiled.value;

const last = request(routeNumber(count).host, `${routeNumber(count).prefix}/small`);
const other = request(routeNumber(count).host, "/elsewhere");
if (matcher.find(last) !== routes.at(-1) || matcher.find(other) !== undefined) throw new Error("wrong route");
console.log(JSON.stringify({
  translate: translated.ms,
  compile: compiled.ms,
  find: nanoseconds(matcher, last),
  miss: nanoseconds(matcher, other),
}));

/** The last result, and the median of the times of {@link ROUNDS} calls. */
function timed<T>(work: () => T): { readonly value: T; readonly ms: number } {
  let value = work();
  const times = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    value = work();
    return performance.now() - start;
  });
  return { value, ms: median(times) };
}

function request(host: string, target: string): RequestView {
  const view = viewRequest({ method: "GET", target, headers: [["Host", host]], peer: "192.0.2.1" }, []);
  if (!view.ok) throw new Error(view.reason);
  return view.request;
}

function nanoseconds(matcher: Matcher, view: RequestView): number {
  const times = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    for (let left = FINDS; left > 0; left--) matcher.find(view);
    return (performance.now() - start) / FINDS * 1e6;
  });
  return median(times);
}
