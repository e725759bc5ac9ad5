/**
 * `scripts/bigtransfer [GIGABYTES]`: one body in each direction through the gateway of this runtime, with what it cost
 * in memory. Exits 1 when a byte is missing or memory grew by more than 30 MB.
 */
import { type Site, startSite, stopSite } from "./harness/suite.ts";
import { download, MEGABYTE, residentBytes, upload, watchPeak } from "./harness/transfer.ts";
import { GATEWAY_RUNTIME } from "./harness/command.ts";

const ALLOWED_GROWTH = 30 * MEGABYTE;
/** Before the measured body, so that buffers and compiled code are there. */
const WARM_UP = 500 * MEGABYTE;

async function measure(site: Site, name: string, transfer: typeof download, size: number): Promise<boolean> {
  await transfer(site, WARM_UP);
  const before = residentBytes(site);
  const peak = watchPeak(site);
  const started = performance.now();
  const arrived = await transfer(site, size);
  const seconds = (performance.now() - started) / 1000;
  const growth = peak() - before;
  const good = arrived === size && growth <= ALLOWED_GROWTH;
  const facts = [
    `${(arrived / 1024 / MEGABYTE).toFixed(2)} GB`,
    `${Math.round(arrived / MEGABYTE / seconds)} MB/s`,
    `memory ${Math.round(before / MEGABYTE)} MB, grew by ${Math.round(growth / MEGABYTE)} MB`,
  ];
  console.log(`${good ? "ok    " : "FAILED"} ${GATEWAY_RUNTIME} ${name}: ${facts.join(", ")}`);
  return good;
}

const size = Number(process.argv[2] ?? 10) * 1024 * MEGABYTE;
const site = await startSite({ handler: null });
const results = [
  await measure(site, "to the client", download, size),
  await measure(site, "to the upstream", upload, size),
];
await stopSite(site);
process.exit(results.every(Boolean) ? 0 : 1);
