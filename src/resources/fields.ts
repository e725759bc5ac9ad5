/** Building blocks of the schemas: what Kubernetes means by an absent field, a port, a name. */
import { z } from "zod";

const PORT = "expected a port from 1 to 65535";

/**
 * A list that is read-only for the compiler alone: engines keep frozen arrays, other than frozen objects, in a form that
 * takes many times the memory of their items.
 */
export function readonlyArray<T extends z.ZodType>(item: T) {
  return z.array(item) as z.ZodType<readonly z.output<T>[], readonly z.input<T>[]>;
}

/** An optional field. `null` means absent, as it does for every Kubernetes API. */
export function optional<T extends z.ZodType>(schema: T) {
  return z.preprocess((value) => value ?? undefined, schema.optional());
}

/** A field with a default; `null` means absent here too. */
export function withDefault<T extends z.ZodType>(schema: T, value: z.output<T>) {
  return z.preprocess((given) => given ?? value, schema);
}

/** A list that may be absent or `null`: then it is empty. */
export function list<T extends z.ZodType>(item: T) {
  return z.preprocess((value) => value ?? [], readonlyArray(item));
}

/** A map from names to texts that may be absent or `null`: then it is empty; `null` for a text is "". */
export const textMap = withDefault(z.record(z.string(), withDefault(z.string(), "")).readonly(), {});

/** A number out of range is told which range: `undefined` leaves the words to the error map of issues.ts. */
export const integer = z.int({
  error: ({ code }) => code === "too_small" || code === "too_big" ? undefined : "expected an integer",
});

export const port = z.int({ error: PORT }).min(1, { error: PORT }).max(65535, { error: PORT });

/**
 * A switch of `ALB2.spec.config`, where some are booleans and some are texts (control-plane spec 1.2): both are
 * accepted for each, `true` in any case counts as true, every other text as false.
 */
export const switchField = optional(
  z.union([z.boolean(), z.string()], { error: 'expected true, false, "true" or "false"' })
    .transform((value) => String(value).toLowerCase() === "true"),
);
