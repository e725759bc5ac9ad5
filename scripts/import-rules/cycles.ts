/** Finds a cycle in a directed graph. */

/** A cycle: `path` begins and ends with the same node, `edges[i]` is what was stored for `path[i]` → `path[i + 1]`. */
export interface Cycle<Edge> {
  readonly path: readonly string[];
  readonly edges: readonly Edge[];
}

/** The first cycle met in depth-first order, null when there is none. */
export function findCycle<Edge>(graph: ReadonlyMap<string, ReadonlyMap<string, Edge>>): Cycle<Edge> | null {
  const finished = new Set<string>();
  const trail: { node: string; edge: Edge }[] = [];

  function visit(node: string): Cycle<Edge> | null {
    const start = trail.findIndex((step) => step.node === node);
    if (start !== -1) {
      const loop = trail.slice(start);
      return { path: [...loop.map((step) => step.node), node], edges: loop.map((step) => step.edge) };
    }
    if (finished.has(node)) return null;
    for (const [target, edge] of graph.get(node) ?? []) {
      trail.push({ node, edge });
      const cycle = visit(target);
      if (cycle !== null) return cycle;
      trail.pop();
    }
    finished.add(node);
    return null;
  }

  for (const node of graph.keys()) {
    const cycle = visit(node);
    if (cycle !== null) return cycle;
  }
  return null;
}
