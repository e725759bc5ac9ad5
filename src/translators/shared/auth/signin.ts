/** The address where a browser can log in, completed by the way back (data-plane spec 4.2). */

const DEFAULT_PARAM = "rd";
const WAY_BACK = "$pass_access_scheme://$http_host$escaped_request_uri";

/** Adds the way back as parameter `param` (`rd` when empty), unless the address has that parameter with a value. */
export function completeSignin(signin: string, param: string | undefined): string {
  const name = param || DEFAULT_PARAM;
  const mark = signin.indexOf("?");
  if (mark < 0) return `${signin}?${name}=${WAY_BACK}`;
  const query = signin.slice(mark + 1);
  const hasValue = query.split("&").some((each) =>
    each.startsWith(`${name}=`) && each.length > name.length + 1
  );
  if (hasValue) return signin;
  return query === "" || query.endsWith("&")
    ? `${signin}${name}=${WAY_BACK}`
    : `${signin}&${name}=${WAY_BACK}`;
}
