/** A request body as a web stream, for middlewares that read it. */
import { GatewayError } from "../errors.ts";
import type { Fields } from "../http1/fields.ts";
import type { BodySink, RequestBody } from "./request-body.ts";

/**
 * Reads `body` from its first byte. What is read is kept up to `keep` bytes, so that the request can still be forwarded
 * afterwards; a longer body errors the stream (413).
 */
export function bodyStream(
  body: RequestBody,
  keep: number,
  signal: AbortSignal,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  body.keepUpTo(keep);
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      let failed = false;
      signal.addEventListener("abort", () => {
        if (!failed && !body.complete) controller.error(signal.reason);
        failed = true;
      });
      const sink: BodySink = {
        onBodyData(bytes, start, end) {
          if (failed) return;
          if (body.bytes > keep) {
            failed = true;
            controller.error(
              new GatewayError(
                "BODY_TOO_LARGE",
                `request body of more than ${keep} bytes read by a middleware`,
                { limit: "maxBufferedBodyBytes" },
              ),
            );
            return;
          }
          controller.enqueue(bytes.slice(start, end) as Uint8Array<ArrayBuffer>);
        },
        onBodyBatch: () => true,
        onBodyEnd(_trailers: Fields | undefined) {
          if (!failed) controller.close();
        },
      };
      body.attach(sink);
    },
  });
}
