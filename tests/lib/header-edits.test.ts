/** Changes to the fields of a message. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { fieldKey } from "../../src/lib/field-names.ts";
import { FieldEdit, HeaderEdits } from "../../src/lib/header-edits.ts";

describe("HeaderEdits.apply", () => {
  it("gives what is left of a field after the edits", () => {
    const edits = new HeaderEdits();
    assert.equal(edits.apply("x-a", "0"), "0");
    edits.add("X-A", "1");
    assert.equal(edits.apply("x-a", "0"), "0, 1");
    edits.set("x-a", "2");
    assert.equal(edits.apply("x-a", "0"), "2");
    edits.remove("X-A");
    assert.equal(edits.apply("x-a", "0"), undefined);
  });

  it("takes all spellings of a name for one", () => {
    const edits = new HeaderEdits();
    edits.add("X_User", "spelt");
    assert.equal(edits.apply("x-user", undefined), "spelt");
    edits.remove("X-User");
    assert.equal(edits.apply("x_user", "0"), undefined);
    assert.equal(edits.lines(), "");
  });

  it("joins cookies by semicolons", () => {
    const edits = new HeaderEdits();
    edits.add("Cookie", "b=2");
    assert.equal(edits.apply("cookie", "a=1"), "a=1; b=2");
  });
});

it("fieldKey is one for everything that CGI makes one variable of", () => {
  const spellings = ["X-Auth-User", "x_auth_user", "X.Auth.User", "x-auth_USER", "X~Auth~User"];
  assert.deepEqual(new Set(spellings.map(fieldKey)), new Set(["x-auth-user"]));
});

it("a value is one line", () => {
  const edits = new HeaderEdits();
  edits.set("Location", "/a\r\nSet-Cookie: x=1\0");
  edits.set("Bad Name", "x");
  assert.equal(edits.lines(), "Location: /aSet-Cookie: x=1\r\n");
});

describe("edits that were prepared", () => {
  /** What edits come to, by name: whether the original lines stay, and what is added. */
  class PlainEdits {
    readonly removed = new Set<string>();
    readonly added = new Map<string, string[]>();

    edit(kind: FieldEdit["kind"], name: string, value: string): void {
      const key = fieldKey(name);
      if (kind !== "add") {
        this.removed.add(name.toLowerCase());
        this.added.delete(key);
      }
      if (kind !== "remove") this.added.set(key, [...this.added.get(key) ?? [], `${name}: ${value}`]);
    }
  }

  const kind = fc.constantFrom("set", "add", "remove");
  const name = fc.constantFrom("X-A", "x_a", "X-B", "Set-Cookie", "Vary");
  const prepared = preparedEdits();
  const step = fc.record({ kind, name, value: fc.constantFrom("1", "2"), once: fc.boolean() });

  /** Shared by all messages, as those of a rule are. */
  function preparedEdits(): (kind: FieldEdit["kind"], name: string, value: string) => FieldEdit {
    const made = new Map<string, FieldEdit>();
    return (kind, name, value) => {
      const key = `${kind} ${name} ${value}`;
      const edit = made.get(key) ?? FieldEdit[kind](name, value);
      made.set(key, edit);
      return edit;
    };
  }

  it("do the same for every message, whatever was done to the one before", () => {
    fc.assert(
      fc.property(fc.array(fc.array(step, { maxLength: 8 }), { minLength: 2, maxLength: 6 }), (messages) => {
        for (const steps of messages) {
          const edits = new HeaderEdits();
          const plain = new PlainEdits();
          const told: string[] = [];
          edits.observer = {
            removed: (name) => void told.push(`-${name}`),
            added: (name, value) => void told.push(`+${name}: ${value}`),
          };
          for (const { kind, name, value, once } of steps) {
            if (!once) edits.make(prepared(kind, name, value));
            else if (kind === "remove") edits.remove(name);
            else edits[kind](name, value);
            plain.edit(kind, name, value);
          }
          assert.deepEqual(new Set(edits.removed), plain.removed);
          assert.deepEqual(new Set(edits.removedKeys), new Set([...plain.removed].map(fieldKey)));
          const byKey = Map.groupBy(edits.entries(), ([name]) => fieldKey(name));
          const added = [...byKey].map((
            [key, entries],
          ) => [key, entries.map(([name, value]) => `${name}: ${value}`)]);
          assert.deepEqual(new Map(added as [string, string[]][]), plain.added);
          const lines = (except?: ReadonlySet<string>) =>
            edits.lines(except).split("\r\n").filter(Boolean).sort();
          const expected = (...except: string[]) =>
            [...plain.added].flatMap(([key, of]) => except.includes(key) ? [] : of).sort();
          assert.deepEqual(lines(), expected());
          assert.deepEqual(lines(new Set(["x-a"])), expected("x-a"));
          assert.deepEqual(lines(), expected());
          assert.equal(
            edits.apply("X-A", undefined),
            plain.added.get("x-a")?.map((line) => line.slice(5)).join(", "),
          );
          assert.deepEqual(
            told,
            steps.flatMap(({ kind, name, value }) => [
              ...(kind === "add" ? [] : [`-${name}`]),
              ...(kind === "remove" ? [] : [`+${name}: ${value}`]),
            ]),
          );
        }
      }),
    );
  });
});
