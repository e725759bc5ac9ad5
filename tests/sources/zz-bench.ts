import { splitDocuments } from "../../src/sources/split.ts";
import { parseDocument as parseText } from "../../src/sources/syntax.ts";
import { placeOf as locate } from "/work/main/src/sources/places.ts";
import { readObject } from "../../src/resources/read.ts";
let s = "";
for (let i = 0; i < 10000; i++) {
  s += `apiVersion: crd.alauda.io/v1
kind: Rule
metadata:
  name: rule-${i}
  namespace: cpaas-system
  labels:
    alb2.cpaas.io/name: alb-demo
    alb2.cpaas.io/frontend: alb-demo-00080
spec:
  priority: 5
  dslx:
    - type: HOST
      values:
        - [EQ, host-${i}.example.com]
    - type: URL
      values:
        - - STARTS_WITH
          - /api/v1/path-${i}
  serviceGroup:
    services:
      - name: echo
        namespace: default
        port: 80
        weight: 100
---
`;
}
let t = performance.now();
const lap = (n: string) => {
  const x = performance.now();
  console.log(n, Math.round(x - t));
  t = performance.now();
};
const p = splitDocuments(s);
lap("split " + p.length);
const v = p.map((x) => parseText(x.text));
lap("parse");
const o = v.map((x) => readObject((x as any).value));
lap("read");
console.log(o[0]!.object, o.filter((x) => x.issues.length).length);
t = performance.now();
const json = JSON.stringify(
  { apiVersion: "v1", kind: "List", items: v.map((x) => (x as any).value) },
  null,
  2,
);
lap("stringify " + json.length);
splitDocuments(json);
lap("split json");
const j = parseText(json);
lap("parse json " + j.ok);
console.log(locate(json, ["items", 9000, "spec"]));
lap("locate");
