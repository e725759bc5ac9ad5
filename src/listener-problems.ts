/** What listeners cannot do as they were told, as problems of the objects that told them. */
import type { Problem } from "./errors.ts";
import type { Runtime } from "./runtimes/runtime.ts";
import type { GatewaySettings, Listener } from "./table/table.ts";

export function unsettableBacklog(gateway: GatewaySettings, runtime: Runtime): Problem[] {
  if (gateway.listen.backlog === null || runtime.name !== "bun") return [];
  const reason = "bun cannot set it; 512 connections may wait";
  return [gatewayWarning(gateway, "Unsupported", "spec.config.backlog", reason)];
}

export function missingInterfaces(gateway: GatewaySettings, names: readonly string[]): Problem[] {
  return names.map((name) => {
    const reason = `there is no network interface ${JSON.stringify(name)}; those that are there are bound, ` +
      "or every address when none is";
    return gatewayWarning(gateway, "UnresolvedReference", "spec.config.bindNIC", reason);
  });
}

function gatewayWarning(
  { namespace, name }: GatewaySettings,
  code: Problem["code"],
  field: string,
  reason: string,
): Problem {
  return { severity: "warning", code, object: { kind: "ALB2", namespace, name }, field, reason };
}

/** Parts of `keepalive.tcp` that no runtime lets us set (rulings: TCP keepalive); the connection keeps the system's. */
export function unsettable(spec: Listener, runtime: Runtime): Problem[] {
  const { tcp } = spec.keepalive;
  const parts = [
    ["idle", !runtime.setsKeepAliveIdle && tcp?.idleMs !== null],
    ["interval", tcp?.intervalMs !== null],
    ["count", tcp?.count !== null],
  ] as const;
  return tcp === null ? [] : parts.filter(([, given]) => given).map(([part]) => ({
    ...listenerProblem(
      spec,
      "Unsupported",
      `spec.config.keepalive.tcp.${part}`,
      `${runtime.name} cannot set it; the system's value holds`,
    ),
    severity: "warning",
  }));
}

export function listenerProblem(
  spec: Listener,
  code: Problem["code"],
  field: string,
  reason: string,
): Problem {
  const { namespace, name } = spec.source;
  return {
    severity: "error",
    code,
    object: { kind: "Frontend", namespace, name: name === "" ? spec.name : name },
    field,
    reason,
  };
}
