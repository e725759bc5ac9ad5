import assert from "node:assert/strict";
import { test } from "node:test";
import { readObject } from "../../src/resources/read.ts";
import { splitDocuments } from "../../src/sources/split.ts";
import { parseDocument } from "../../src/sources/syntax.ts";

/** As `kubectl get -o yaml --show-managed-fields` prints them. */
const PRINTED = `
apiVersion: crd.alauda.io/v2beta1
kind: ALB2
metadata:
  annotations:
    alb.cpaas.io/migrate-backup: '{"replicas":1}'
    kubectl.kubernetes.io/last-applied-configuration: |
      {"apiVersion":"crd.alauda.io/v2beta1","kind":"ALB2","metadata":{"name":"demo"}}
  creationTimestamp: "2024-03-12T08:00:00Z"
  finalizers: [alb2.finalizer]
  generation: 12
  labels: {alb.cpaas.io/managed-by: alb-operator}
  managedFields:
  - apiVersion: crd.alauda.io/v2beta1
    fieldsType: FieldsV1
    fieldsV1: {f:spec: {.: {}, f:config: {f:replicas: {}}}}
    manager: kubectl-create
    operation: Update
    time: "2024-03-12T08:00:00Z"
  name: demo
  namespace: cpaas-system
  resourceVersion: "123456"
  uid: 6bf7c2a2-0000-4000-8000-000000000000
spec:
  address: 192.168.1.1,fd00::1
  type: nginx
  config:
    address: ""
    antiAffinityKey: system
    bindNIC: '{"nic":["eth0"]}'
    defaultSSLCert: cpaas-system/dex.tls
    defaultSSLStrategy: Both
    displayName: ""
    enableAlb: true
    enableHTTP2: "true"
    enablePortprobe: "true"
    gateway: {enable: false, mode: standalone}
    global: {labelBaseDomain: cpaas.io, namespace: cpaas-system}
    ingressHTTPPort: 80
    ingressHTTPSPort: 443
    networkMode: host
    nodeSelector: {ingress: "true"}
    overwrite: {image: [{alb: "", nginx: "", target: ""}]}
    portProjects: '[{"port":"113-333","projects":["p1"]}]'
    projects: [ALL_ALL]
    replicas: 1
    resources:
      alb: {limits: {cpu: 200m, memory: 2Gi}, requests: {cpu: 50m, memory: 128Mi}}
      limits: {cpu: "2", memory: 2Gi}
    otel: {enable: true, exporter: {collector: {address: http://jaeger:4318, request_timeout: 1000}}}
    vip: {enableLbSvc: false, lbSvcAnnotations: {}}
status:
  detail: {address: {ipv4: null, ipv6: null, msg: "", ok: true}, deploy: {state: Running}}
  state: Running
---
apiVersion: crd.alauda.io/v1
kind: Frontend
metadata:
  labels: {alb2.cpaas.io/name: demo, project.cpaas.io/p1: "true"}
  name: demo-00080
  namespace: cpaas-system
spec:
  backendProtocol: ""
  certificate_name: cpaas-system_dex.tls
  config: {keepalive: {http: {header_timeout: 10s, requests: 1000, timeout: 75s}, tcp: {count: 10, idle: 60m, interval: 30s}}}
  port: 80
  protocol: http
  serviceGroup:
    services: [{name: echo, namespace: default, port: 80, weight: 100}]
    session_affinity_attribute: ""
    session_affinity_policy: ""
  source: {name: "", namespace: "", type: ""}
status:
  instances: {worker-1/demo-5d4f: {conflict: false, probeTime: 1710230400}}
---
apiVersion: crd.alauda.io/v1
kind: Rule
metadata:
  annotations: {alb2.cpaas.io/source-ingress-path-index: "0"}
  labels: {alb2.cpaas.io/frontend: demo-00080, alb2.cpaas.io/name: demo, alb2.cpaas.io/source-type: ingress}
  name: demo-00080-abcd
  namespace: cpaas-system
spec:
  backendProtocol: http
  config: {}
  corsAllowHeaders: ""
  corsAllowOrigin: ""
  description: ""
  domain: a.com
  dsl: '[{[[STARTS_WITH /a]] URL }]'
  dslx:
  - {type: URL, values: [[STARTS_WITH, /a]]}
  - {key: version, type: HEADER, values: [[EQ, "1.1"]]}
  enableCORS: false
  priority: 5
  redirectCode: 0
  redirectURL: ""
  rewrite_base: /a
  serviceGroup: {services: [{name: echo, namespace: default, port: 80, weight: 100}]}
  source: {name: ing, namespace: default, type: ingress}
  type: ""
  url: /a
  vhost: ""
---
apiVersion: v1
kind: Service
metadata: {creationTimestamp: null, name: echo, namespace: default}
spec:
  allocateLoadBalancerNodePorts: true
  clusterIP: 10.4.1.2
  clusterIPs: [10.4.1.2]
  externalIPs: [1.2.3.4]
  externalTrafficPolicy: Cluster
  internalTrafficPolicy: Cluster
  ipFamilies: [IPv4]
  ipFamilyPolicy: SingleStack
  ports:
  - {appProtocol: http, name: http, nodePort: 31000, port: 80, protocol: TCP, targetPort: http}
  selector: {app: echo}
  sessionAffinity: ClientIP
  sessionAffinityConfig: {clientIP: {timeoutSeconds: 10800}}
  type: LoadBalancer
status: {loadBalancer: {ingress: [{ip: 1.2.3.4}]}}
---
addressType: IPv4
apiVersion: discovery.k8s.io/v1
endpoints:
- addresses: [10.3.0.5]
  conditions: {ready: true, serving: true, terminating: false}
  nodeName: worker-1
  targetRef: {kind: Pod, name: echo-1, namespace: default, uid: x}
  zone: a
kind: EndpointSlice
metadata: {generateName: echo-, labels: {kubernetes.io/service-name: echo}, name: echo-x7k2p, namespace: default}
ports: [{appProtocol: http, name: http, port: 8080, protocol: TCP}]
---
addressType: IPv4
apiVersion: discovery.k8s.io/v1
endpoints: null
kind: EndpointSlice
metadata: {name: none, namespace: default}
ports: null
---
apiVersion: v1
kind: Endpoints
metadata: {name: echo, namespace: default}
subsets:
- addresses: [{ip: 10.3.0.5, nodeName: worker-1, targetRef: {kind: Pod, name: echo-1}}]
  notReadyAddresses: [{ip: 10.3.0.6}]
  ports: [{name: http, port: 8080, protocol: TCP}]
---
apiVersion: v1
data: {tls.crt: LS0t, tls.key: LS0t}
immutable: true
kind: Secret
metadata: {name: dex.tls, namespace: cpaas-system}
type: kubernetes.io/tls
---
apiVersion: v1
binaryData: {logo: AAEC}
data: {ca.crt: "x\\n"}
kind: ConfigMap
metadata: {name: kube-root-ca.crt, namespace: default}
---
apiVersion: v1
kind: Namespace
metadata: {labels: {kubernetes.io/metadata.name: default}, name: default}
spec: {finalizers: [kubernetes]}
status: {phase: Active}
`;

test("objects as a cluster prints them are read without a word", () => {
  const pieces = splitDocuments(PRINTED);
  assert.equal(pieces.length, 10);
  for (const { text } of pieces) {
    const parsed = parseDocument(text);
    assert.ok(parsed.ok);
    const { object, issues, ref } = readObject(parsed.value);
    assert.deepEqual(issues, []);
    assert.equal(object?.metadata.name, ref.name);
  }
});
