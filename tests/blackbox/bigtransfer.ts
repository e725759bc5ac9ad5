/**
 * `scripts/bigtransfer [GIGABYTES]`: one body in each direction through the gateway of this runtime, with what it cost
 * in memory: growth is what the last quarter of the transfer took more than the first, in the median, so that a garbage
 * collector's moods do not count. Exits 1 when a byte is missing or memory grew by more than 30 MB.
 */
import { type Site, startSite, stopSite } from "./harness/suite.ts";
import { download, MEGABYTE, upload, watchMemory } from "./harness/transfer.ts";
import { GATEWAY_RUNTIME } from "./harness/command.ts";

const ALLOWED_GROWTH = 30 * MEGABYTE;
/** Before the measured body, so that buffers and compiled code are there. */
const WARM_UP = 500 * MEGABYTE;

async function measure(site: Site, name: string, transfer: typeof download, size: number): Promise<boolean> {
  await transfer(site, WARM_UP);
  const memory = watchMemory(site);
  const started = performance.now();
  const arrived = await transfer(site, size);
  const seconds = (performance.now() - started) / 1000;
  const samples = memory();
  const quarter = Math.ceil(samples.length / 4);
  const growth = median(samples.slice(-quarter)) - median(samples.slice(0, quarter));
  const good = arrived === size && growth <= ALLOWED_GROWTH;
  const facts = [
    `${(arrived / 1024 / MEGABYTE).toFixed(2)} GB`,
    `${Math.round(arrived / MEGABYTE / seconds)} MB/s`,
    `memory ${inMegabytes(median(samples))} MB, at most ${inMegabytes(Math.max(...samples))} MB, ` +
    `grew by ${inMegabytes(growth)} MB`,
  ];
  console.log(`${good ? "ok    " : "FAILED"} ${GATEWAY_RUNTIME} ${name}: ${facts.join(", ")}`);
  return good;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function inMegabytes(bytes: number): number {
  return Math.round(bytes / MEGABYTE);
}

const size = Number(process.argv[2] ?? 10) * 1024 * MEGABYTE;
const site = await startSite({ handler: null });
const results = [
  await measure(site, "to the client", download, size),
  await measure(site, "to the upstream", upload, size),
];
await stopSite(site);
process.exit(results.every(Boolean) ? 0 : 1);
