import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatFieldPath, parseFieldPath } from "../../src/resources/field-path.ts";

test("field path: as people write it", () => {
  assert.equal(formatFieldPath(["spec", "dslx", 0, "values", 1]), "spec.dslx[0].values[1]");
  assert.equal(formatFieldPath(["metadata", "annotations", "a.b/c"]), 'metadata.annotations["a.b/c"]');
  assert.equal(formatFieldPath(["data", "tls.crt"]), 'data["tls.crt"]');
  assert.equal(formatFieldPath([]), "");
  assert.deepEqual(parseFieldPath("spec.dslx[0].values[1]"), ["spec", "dslx", 0, "values", 1]);
});

test("field path: reading is the inverse of writing", () => {
  const segment = fc.oneof(
    fc.string(),
    fc.constantFrom("spec", "0", "a.b", "[0]", '"', "__proto__"),
    fc.nat(),
  );
  fc.assert(fc.property(fc.array(segment), (path) => {
    assert.deepEqual(parseFieldPath(formatFieldPath(path)), path);
  }));
});
