/** The debug trace that `cpaas-trace: true` asks for (data-plane spec 3.13). */
import { fieldValue } from "../lib/field-names.ts";
import type { Exchange } from "./exchange.ts";

/** `x-cpaas-trace: {…}\r\n` with what is known so far. */
export function traceLine(exchange: Exchange): string {
  const { compiled, attempts } = exchange;
  const trace: Record<string, string> = { alb_pod: exchange.listener.instance };
  if (compiled !== undefined) {
    trace["rule"] = compiled.route.name;
    trace["index"] = String(compiled.route.index);
    if (compiled.upstream !== undefined) trace["upstream"] = compiled.upstream.spec.group;
  }
  const last = attempts.at(-1);
  if (last !== undefined) trace["upstream_ip"] = last.endpoint;
  return `x-cpaas-trace: ${fieldValue(JSON.stringify(trace))}\r\n`;
}
