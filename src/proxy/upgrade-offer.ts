/** Protocol switches (RFC 9110 7.8). */
import { FieldId } from "../http1/known.ts";
import type { ResponseHead } from "../http1/response-head.ts";

/** Whether a 101 switches to what the client offered, and to nothing else (RFC 9110 7.8). */
export function isOffered(offer: string, head: ResponseHead): boolean {
  const offered = protocolsOf(offer);
  const chosen = protocolsOf(head.fields.joinedOfId(FieldId.UPGRADE) ?? "");
  return offered.length > 0 && chosen.every((protocol) => offered.includes(protocol));
}

function protocolsOf(list: string): string[] {
  return list.toLowerCase().split(",").map((protocol) => protocol.trim()).filter((protocol) =>
    protocol !== ""
  );
}
