/** Both proxies with several lanes each: a listener with a recording upstream of its own, so that cases run side by side. */
import { freePort, LOOPBACK } from "../../tests/blackbox/harness/addresses.ts";
import { startGateway } from "../../tests/blackbox/harness/gateway.ts";
import { frontend, service } from "../../tests/blackbox/harness/objects.ts";
import { startRecorder } from "../../tests/framing/harness/recorder.ts";
import { startNginx } from "./nginx.ts";
import type { Lane } from "./outcome.ts";

export interface Proxies {
  /** One for each lane. */
  readonly pairs: readonly { readonly nginx: Lane; readonly albatross: Lane }[];
  stop(): Promise<void>;
}

export async function startProxies(count: number): Promise<Proxies> {
  const lane = async (): Promise<Lane> => ({
    host: LOOPBACK,
    port: await freePort(),
    recorder: await startRecorder(),
  });
  const pairs: { nginx: Lane; albatross: Lane }[] = [];
  while (pairs.length < count) pairs.push({ nginx: await lane(), albatross: await lane() });
  const nginx = await startNginx(
    LOOPBACK,
    pairs.map(({ nginx: { port, recorder } }) => ({ port, endpoint: recorder.endpoint })),
  );
  const gateway = await startGateway({
    config: pairs.flatMap(({ albatross: { port, recorder } }, n) => [
      frontend({ name: `web-${n}`, port, services: [{ name: `app-${n}` }] }),
      ...service({ name: `app-${n}`, endpoints: [recorder.endpoint] }),
    ]),
  });
  return {
    pairs,
    async stop() {
      await nginx.stop();
      await gateway.stop();
      for (const { nginx, albatross } of pairs) {
        await nginx.recorder.close();
        await albatross.recorder.close();
      }
    },
  };
}
