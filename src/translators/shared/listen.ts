/** `bindNIC`, `enableIPV6` and `backlog` of the ALB2: where and how listeners are bound (data-plane spec 8.3). */
import type { Alb2 } from "../../resources/alb2.ts";
import type { ListenSettings } from "../../table/table.ts";
import type { Report } from "../types.ts";

const FIELD = "spec.config.bindNIC";

/** A list of interfaces that cannot be read is reported, and binds nothing: it was to keep somebody out. */
export function listenSettings(alb: Alb2 | undefined, report: Report): ListenSettings {
  const config = alb?.spec.config;
  const nics = readBindNic(config?.bindNIC ?? "");
  if (nics === null && alb !== undefined) {
    const reason = `expected JSON such as {"nic":["eth0"]}, found ${
      JSON.stringify(config?.bindNIC)
    }; no port is bound`;
    report(alb, { code: "InvalidObject", field: FIELD, reason });
  }
  return { nics, ipv6: config?.enableIPV6 ?? true, backlog: config?.backlog || null };
}

/** Names of interfaces; empty = every address; null when the text cannot be read. */
export function readBindNic(text: string): readonly string[] | null {
  if (text.trim() === "") return [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const nics = (value as { nic?: unknown }).nic ?? [];
  const isList = Array.isArray(nics) && nics.every((nic) => typeof nic === "string");
  return isList ? nics.map((nic: string) => nic.trim()).filter((nic) => nic !== "") : null;
}
