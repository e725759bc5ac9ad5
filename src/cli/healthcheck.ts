/** `albatross healthcheck`: asks a running gateway whether it is well, where there is neither shell nor curl. */
import { formatEndpoint } from "../lib/endpoint.ts";
import { callAdmin } from "./admin-call.ts";
import { type Command, EXIT, settingsFrom, UsageError } from "./command.ts";

/** Whoever probes has little patience: Kubernetes and Docker give up by themselves later. */
const PATIENCE_MS = 2000;

/** What one connects to in order to reach whoever listens on all addresses. */
const LOOPBACK_OF: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

export const healthcheck: Command = {
  name: "healthcheck",
  synopsis: "[--admin ADDR:PORT] [--ready]",
  summary: "Asks the admin plane of a running gateway whether it lives: exit code 0, else 1 and the reason.",
  settings: ["admin"],
  options: {
    ready: { type: "boolean", help: "whether it is ready for traffic, which it is not while it drains" },
  },

  async run({ positionals, flags, options }, io) {
    if (positionals.length > 0) throw new UsageError(`unexpected "${positionals[0]}"`);
    const ofNoImportance = ["."]; // settings are read as a whole, and these have to be given
    const { admin } = settingsFrom({ flags: { ...flags, config: ofNoImportance }, env: io.env });
    const address = LOOPBACK_OF[admin.address] ?? admin.address;
    const path = options["ready"] === true ? "/readyz" : "/livez";
    const url = `http://${formatEndpoint({ ...admin, address })}${path}`;
    try {
      const { status, text } = await callAdmin(url, PATIENCE_MS);
      if (status === 200) {
        await io.stdout(`${text.trimEnd()}\n`);
        return EXIT.ok;
      }
      await io.stderr(`${url} answered ${status}: ${text.trimEnd()}\n`);
    } catch (error) {
      await io.stderr(`${url} cannot be reached: ${(error as Error).message}\n`);
    }
    return EXIT.refused;
  },
};
