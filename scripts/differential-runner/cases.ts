/** What both proxies are asked: the framing battery, and every byte in every place of a head. */
import { BATTERY } from "../../tests/framing/cases.ts";
import { type FramingCase, get, request, served } from "../../tests/framing/harness/case.ts";

export type NamedCase = readonly [name: string, given: FramingCase];

/** The battery; names are `theme: name`. */
export function battery(): NamedCase[] {
  return Object.entries(BATTERY).flatMap(([theme, cases]) =>
    cases.map((given) => [`${theme}: ${given.name}`, given] as const)
  );
}

/** Where a byte may stand; the outcome is compared, so what the case expects does not count. */
const PLACES: Readonly<Record<string, (byte: string) => string>> = {
  "in a value": (byte) => get([`X: a${byte}b`]),
  "at the end of a value": (byte) => get([`X: a${byte}`]),
  "in a name": (byte) => get([`X${byte}Y: a`]),
  "in a path": (byte) => request(`GET /a${byte}b HTTP/1.1`),
  "in a query": (byte) => request(`GET /?a${byte}b HTTP/1.1`),
};

/** Every byte but letters and digits in each of {@link PLACES}. */
export function everyByte(): NamedCase[] {
  const bytes = Array.from({ length: 256 }, (_, code) => code)
    .filter((code) => !/[0-9A-Za-z]/.test(String.fromCharCode(code)));
  return Object.entries(PLACES).flatMap(([place, build]) =>
    bytes.map((code) => {
      const byte = String.fromCharCode(code);
      return [
        `byte ${place}: 0x${code.toString(16).padStart(2, "0")}`,
        served(place, "9110 5", build(byte), []),
      ] as const;
    })
  );
}
