/** `session_affinity_policy` of a service group (data-plane spec 3.9). */
import type { ServiceGroup } from "../../resources/shared-config.ts";
import type { Balancing } from "../../table/table.ts";
import type { Finding } from "../types.ts";

/** Name of the cookie when the group names none. */
const DEFAULT_COOKIE = "JSESSIONID";

/** Names of cookies and fields: what goes into a field must not become more than a name (RFC 9110 5.6.2). */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

const ROUND_ROBIN: Balancing = { policy: "round-robin" };

export interface BalancingChoice {
  readonly balancing: Balancing;
  /** Something to tell the author; an error means that the route cannot be served. */
  readonly finding?: Finding;
}

/** @param layer 4 for tcp and udp, which have neither cookies nor fields */
export function balancingOf(group: ServiceGroup | undefined, layer: 4 | 7): BalancingChoice {
  const policy = group?.session_affinity_policy ?? "";
  const attribute = group?.session_affinity_attribute ?? "";
  switch (policy) {
    case "":
    case "rr":
      return { balancing: ROUND_ROBIN };
    case "sip-hash":
    case "ewma":
    case "least-request":
      return { balancing: { policy } };
    case "cookie":
      if (layer === 4) return impossible(policy);
      if (attribute !== "" && !TOKEN.test(attribute)) {
        return fallback("session_affinity_attribute", `${JSON.stringify(attribute)} is no name of a cookie`);
      }
      return { balancing: { policy, cookie: attribute || DEFAULT_COOKIE } };
    case "header":
      if (layer === 4) return impossible(policy);
      if (attribute === "") {
        return fallback("session_affinity_attribute", "it must name the header that is hashed");
      }
      if (!TOKEN.test(attribute)) {
        return fallback("session_affinity_attribute", `${JSON.stringify(attribute)} is no name of a header`);
      }
      // The form in which requests are asked for a field, see the HEADER terms of rules.
      return { balancing: { policy, header: attribute.toLowerCase().replaceAll("_", "-") } };
    default:
      return fallback(
        "session_affinity_policy",
        `unknown policy ${
          JSON.stringify(policy)
        }, expected rr, sip-hash, cookie, header, ewma or least-request`,
      );
  }
}

function fallback(field: string, reason: string): BalancingChoice {
  return {
    balancing: ROUND_ROBIN,
    finding: {
      code: "InvalidAction",
      field: `spec.serviceGroup.${field}`,
      reason: `${reason}; requests go round robin instead`,
      severity: "warning",
    },
  };
}

function impossible(policy: string): BalancingChoice {
  return {
    balancing: ROUND_ROBIN,
    finding: {
      code: "InvalidAction",
      field: "spec.serviceGroup.session_affinity_policy",
      reason: `${policy} affinity needs HTTP; expected rr, sip-hash, ewma or least-request on tcp and udp`,
    },
  };
}
