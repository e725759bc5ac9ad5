/** Prints where 1,000 keys belong, for a test that compares processes. */
import { HashRing } from "../../src/upstreams/balancers/consistent-hash.ts";
import { endpointsOf } from "./endpoints.ts";

// In another order than the test has them: it must not matter.
const ring = new HashRing(endpointsOf(7, [3, 1]).reverse());
console.log(JSON.stringify(Array.from({ length: 1000 }, (_, n) => ring.home(`key-${n}`)!.pool.label)));
