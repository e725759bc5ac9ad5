import { readObject } from "../src/resources/read.ts";
import { createSnapshot } from "../src/resources/snapshot.ts";
import { refreshEndpoints, translate } from "../src/translators/mod.ts";
import { diffTables } from "../src/table/diff.ts";
import { checkTable } from "../src/table/check.ts";
const now = () => {
  const u = process.cpuUsage();
  return (u.user + u.system) / 1000;
};
const N = 10000, S = Number((globalThis as any).process?.argv?.[2] ?? 1000);
const docs: unknown[] = [{
  apiVersion: "crd.alauda.io/v1",
  kind: "Frontend",
  metadata: { name: "web" },
  spec: { port: 80, protocol: "http" },
}];
for (let i = 0; i < S; i++) {
  docs.push({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: `s${i}` },
    spec: { ports: [{ name: "http", port: 80, targetPort: 8080 }] },
  });
  docs.push({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: `s${i}-1`, labels: { "kubernetes.io/service-name": `s${i}` } },
    addressType: "IPv4",
    ports: [{ name: "http", port: 8080 }],
    endpoints: [0, 1, 2].map((e) => ({ addresses: [`10.${i >> 8}.${i & 255}.${e}`] })),
  });
}
for (let i = 0; i < N; i++) {
  docs.push({
    apiVersion: "crd.alauda.io/v1",
    kind: "Rule",
    metadata: { name: `r${i}`, labels: { "alb2.cpaas.io/frontend": "web" } },
    spec: {
      priority: 5,
      dslx: [{ type: "HOST", values: [["EQ", `h${i % 1000}.example.com`]] }, {
        type: "URL",
        values: [i % 10 ? ["STARTS_WITH", `/p${i}`] : ["REGEX", `^/p${i}/[a-z]+`]],
      }],
      serviceGroup: { services: [{ name: `s${i % S}`, port: 80, weight: 100 }] },
    },
  });
}
const read = docs.map((d) => readObject(d));
const bad = read.filter((r) => !r.object);
if (bad.length) console.log(bad[0]);
const entries = read.map((r) => ({ object: r.object! }));
const options = { labelDomain: "cpaas.io", trustedProxies: [] };
let last;
Bun.gc(true);
for (let k = 0; k < 6; k++) {
  const t0 = now();
  const snap = createSnapshot(entries);
  const t1 = now();
  const t = translate(snap, options);
  const t2 = now();
  const c = checkTable(t.table);
  const t3 = now();
  const d = last ? diffTables(last.table, t.table) : undefined;
  const t4 = now();
  const r = refreshEndpoints(t, snap, new Set(["default/s1"]));
  const t5 = now();
  const d2 = diffTables(t.table, r.table);
  const t6 = now();
  console.log(
    {
      snapshot: t1 - t0,
      translate: t2 - t1,
      check: t3 - t2,
      diff: t4 - t3,
      refresh: t5 - t4,
      diffRefresh: t6 - t5,
    },
    t.problems.length,
    c.length,
    d?.isEmpty,
    d2.isEmpty,
    r === t,
  );
  last = t;
}
