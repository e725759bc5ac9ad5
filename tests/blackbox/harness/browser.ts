/** As much of a browser as a login needs: cookies by domain, and redirects one at a time. */
import { request } from "./client.ts";
import { type Field, type Response, values } from "./message.ts";

export interface Browser {
  /** Requests an absolute URL; whatever its host, the connection goes to `locate(host)`. */
  get(url: string, fields?: readonly Field[]): Promise<Response>;
  /** Follows the redirect of an answer to `url`; fails when there is none. */
  follow(url: string, response: Response): Promise<{ readonly url: string; readonly response: Response }>;
  /** Value of a cookie. */
  cookie(name: string): string | undefined;
  setCookie(name: string, value: string): void;
}

interface Cookie {
  value: string;
  /** With a leading dot: of all hosts below. */
  readonly domain: string;
}

export function createBrowser(
  locate: (url: URL) => { readonly host: string; readonly port: number },
): Browser {
  const jar = new Map<string, Cookie>();

  async function get(text: string, fields: readonly Field[] = []): Promise<Response> {
    const url = new URL(text);
    const sent = [...jar].filter(([, { domain }]) =>
      domain === url.hostname || `.${url.hostname}`.endsWith(domain)
    );
    const cookies: Field[] = sent.length === 0
      ? []
      : [["Cookie", sent.map(([name, { value }]) => `${name}=${value}`).join("; ")]];
    const response = await request({
      ...locate(url),
      target: url.pathname + url.search,
      fields: [["Host", url.host], ...cookies, ...fields],
    });
    for (const line of values(response, "set-cookie")) keep(line, url.hostname);
    return response;
  }

  function keep(line: string, host: string): void {
    const [pair = "", ...attributes] = line.split(";").map((part) => part.trim());
    const equals = pair.indexOf("=");
    const [name, value] = [pair.slice(0, equals), pair.slice(equals + 1)];
    const given = attributes.find((each) => /^domain=/i.test(each))?.slice("domain=".length);
    const isGone = value === "" || attributes.some((each) => /^(max-age=0|expires=.* 1970)/i.test(each));
    if (isGone) jar.delete(name);
    else jar.set(name, { value, domain: given === undefined ? host : `.${given.replace(/^\./, "")}` });
  }

  return {
    get,
    async follow(url, response) {
      const [location] = values(response, "location");
      if (location === undefined) throw new Error(`${url} answered ${response.status} without a Location`);
      const next = new URL(location, url).href;
      return { url: next, response: await get(next) };
    },
    cookie: (name) => jar.get(name)?.value,
    setCookie(name, value) {
      const cookie = jar.get(name);
      if (cookie !== undefined) cookie.value = value;
    },
  };
}
