/**
 * Who may import whom, as data. The folders form an hourglass: nothing left of `table` knows that a request exists,
 * nothing right of it knows that Kubernetes exists, and nobody but `runtimes` knows on what it runs.
 *
 * An area is a folder of `src`, a file directly in `src` (by its name without `.ts`), or a top-level folder.
 * Not listed in the rows because it holds for every one: an area may import itself and the {@link LEAVES}.
 */

/** Something that an area may import. */
export interface Permission {
  /** An area (`table`), or one file of it (`src/runtimes/runtime.ts`). */
  readonly target: string;
  /** Only by `import type`. */
  readonly typesOnly: boolean;
}

/** What one area may do. */
export interface AreaRule {
  /** `all`: a composition root, which may import every area of `src` and `routes`. */
  readonly areas: readonly Permission[] | "all";
  /** npm packages by name; `scope/*` for a whole scope; `all` for composition roots and tools. */
  readonly packages: readonly string[] | "all";
  /** Whether `node:*` may be imported. */
  readonly node: boolean;
  /** Whether the globals `Bun`, `Deno` and `process` may be named. */
  readonly platform: boolean;
  /** No clock, no timers, no chance, no I/O: its output depends on its input alone. */
  readonly pure: boolean;
}

/** Areas that everyone else may import, and that import nothing of ours. */
export const LEAVES: readonly string[] = ["lib", "errors"];

const RUNTIME_PORT: Permission = { target: "src/runtimes/runtime.ts", typesOnly: true };

function typesOf(area: string): Permission {
  return { target: area, typesOnly: true };
}

function area(
  areas: readonly (string | Permission)[],
  packages: readonly string[] = [],
  traits: { readonly node?: true; readonly platform?: true; readonly pure?: true } = {},
): AreaRule {
  return {
    areas: areas.map((entry) => typeof entry === "string" ? { target: entry, typesOnly: false } : entry),
    packages,
    node: traits.node ?? false,
    platform: traits.platform ?? false,
    pure: traits.pure ?? false,
  };
}

function composition(traits: { readonly node?: true; readonly platform?: true } = {}): AreaRule {
  return { ...area([], [], traits), areas: "all", packages: "all" };
}

/** One row an area; see the docs of {@link AreaRule}. */
export const IMPORT_TABLE: Readonly<Record<string, AreaRule>> = {
  lib: area([]),
  errors: area([]),
  table: area([], ["zod"], { pure: true }),
  resources: area([], ["zod"]),
  config: area([typesOf("table"), typesOf("resources")], ["zod"]),
  operator: area([typesOf("table"), typesOf("resources")], ["zod"]),
  telemetry: area([typesOf("table"), typesOf("resources")], ["zod", "prom-client", "@opentelemetry/*"], {
    node: true,
  }),
  sources: area(["resources", "telemetry", RUNTIME_PORT], ["js-yaml", "yaml", "@kubernetes/client-node"], {
    node: true,
  }),
  translators: area(["resources", "table"], [], { pure: true }),
  matcher: area(["table"], [], { pure: true }),
  http1: area(["table"], [], { pure: true }),
  middlewares: area(["table", "telemetry"], ["hono", "jose"]),
  upstreams: area(["table", "telemetry", RUNTIME_PORT]),
  proxy: area(["matcher", "middlewares", "upstreams", "http1", "table", "telemetry", RUNTIME_PORT], ["hono"]),
  http2: area(
    ["matcher", "middlewares", "upstreams", "http1", "table", "telemetry", RUNTIME_PORT],
    ["hono"],
    {
      node: true,
    },
  ),
  listeners: area(["table", "src/matcher/sni.ts", "telemetry", RUNTIME_PORT]),
  runtimes: area([], [], { node: true, platform: true }),
  routes: area([], ["hono", "zod"]),
  cli: composition({ node: true }),
  workers: composition({ node: true }),
  takeover: composition({ node: true }),
  main: composition({ node: true, platform: true }),
  scripts: composition({ node: true, platform: true }),
  tests: composition({ node: true, platform: true }),
  examples: { ...composition({ node: true, platform: true }), areas: [] },
};

/** Every other file directly in `src` (`gateway`, `data-plane`, …) puts areas together. */
const ROOT_FILE: AreaRule = composition();

/** The rule of an area; undefined for a folder that the table does not know. */
export function ruleOf(path: string): AreaRule | undefined {
  const name = areaOf(path);
  if (Object.hasOwn(IMPORT_TABLE, name)) return IMPORT_TABLE[name];
  return /^src\/[^/]+\.ts$/.test(path) ? ROOT_FILE : undefined;
}

/** `src/matcher/path.ts` → `matcher`, `src/errors.ts` → `errors`, `routes/health.ts` → `routes`. */
export function areaOf(path: string): string {
  const [top = "", second = ""] = path.split("/");
  return top === "src" ? second.replace(/\.ts$/, "") : top;
}
