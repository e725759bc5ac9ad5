/** `address:port` as people and logs write it. */

export interface AddressAndPort {
  /** A name, IPv4, or IPv6 without brackets. */
  readonly address: string;
  readonly port: number;
}

/** `10.0.0.1:80`, `[::1]:80`. */
export function formatEndpoint({ address, port }: AddressAndPort): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Reverse of {@link formatEndpoint}; `:80` has an empty address. Undefined when it is not `address:port`. */
export function parseEndpoint(text: string): AddressAndPort | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]*)):(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const port = Number(match[3]);
  return port > 65535 ? undefined : { address: match[1] ?? match[2] ?? "", port };
}
