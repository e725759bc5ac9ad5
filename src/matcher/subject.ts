/** What a term looks at. */
import { cookieValue } from "../lib/cookie.ts";
import { firstParam } from "../lib/query.ts";
import { decodeUtf8 } from "../lib/utf8.ts";
import type { Subject } from "../table/match.ts";
import type { RequestView } from "./request-view.ts";

/**
 * The value of `subject` (data-plane spec 1.2), undefined when it is absent. Field values come as one byte a character
 * and are read as UTF-8, as the values of rules are Unicode text.
 */
export function readSubject(subject: Subject, request: RequestView): string | undefined {
  switch (subject.type) {
    case "METHOD":
      return request.method;
    case "URL":
      return request.path;
    case "HOST":
      return request.host;
    case "SRC_IP":
      return request.sourceAddress;
    case "PARAM":
      return firstParam(request.query, subject.key);
    case "HEADER": {
      const value = request.header(subject.key);
      return value === undefined ? undefined : decodeUtf8(value);
    }
    case "COOKIE": {
      const cookies = request.header("cookie");
      const value = cookies === undefined ? undefined : cookieValue(cookies, subject.key);
      return value === undefined ? undefined : decodeUtf8(value);
    }
  }
}
