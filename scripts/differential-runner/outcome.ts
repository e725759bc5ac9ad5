/** What came of a case, in a form in which two proxies can be compared. */
import { dial } from "../../tests/blackbox/harness/client.ts";
import { latin1 } from "../../tests/blackbox/harness/wire.ts";
import type { FramingCase } from "../../tests/framing/harness/case.ts";
import { AFTER, type Answer, read, sendCase } from "../../tests/framing/harness/observe.ts";
import type { Recorder } from "../../tests/framing/harness/recorder.ts";

export interface Outcome {
  /** `200, kept`; bodies of answers that come from the upstream in quotes. */
  readonly client: string;
  /** Whole requests, names lower-case and sorted; and whether there were other bytes. */
  readonly upstream: readonly string[];
}

export interface Lane {
  readonly host: string;
  readonly port: number;
  readonly recorder: Recorder;
}

/** Plays a case without knowing how it ends: whoever is silent for `quietMs` waits. */
export async function outcomeOf(lane: Lane, given: FramingCase, quietMs: number): Promise<Outcome> {
  const { recorder, host, port } = lane;
  recorder.begin(given.answers ?? []);
  const client = await dial({ host, port });
  let ended = false;
  void client.ended.then(() => ended = true);
  let raw = "";
  async function collect(): Promise<void> {
    while (!ended) {
      const silent = Symbol();
      let timer: ReturnType<typeof setTimeout> | undefined;
      const timeout = new Promise<typeof silent>((resolve) => timer = setTimeout(resolve, quietMs, silent));
      const arrived = await Promise.race([client.arrival(), timeout]);
      clearTimeout(timer);
      if (arrived === silent) return;
      if (arrived === false) break;
      raw += latin1(await client.readSome());
    }
    ended = true;
  }
  try {
    await sendCase(client, given);
    await collect();
    let result = read(raw, given.methods ?? [], ended);
    let then = ended ? result.rest === "" ? "closed" : "cut" : "waiting";
    if (!ended && given.fin !== true) {
      await client.send(AFTER).catch(() => {});
      await collect();
      result = read(raw, given.methods ?? [], ended);
      if (result.answers.at(-1)?.body === "/after" && !given.send.join("").endsWith(AFTER)) {
        result = { ...result, answers: result.answers.slice(0, -1) };
        then = "kept";
      }
    }
    return {
      client: [...clientFacts(result.answers), then].join(", "),
      upstream: upstreamFacts(recorder, given.fin === true),
    };
  } finally {
    client.close();
  }
}

/** Equal answers in a row are counted. */
function clientFacts(answers: readonly Answer[]): string[] {
  const facts: { text: string; count: number }[] = [];
  for (const { status, body, lines } of answers) {
    const isOurs = lines.some((line) => /^(X-ALB-ERR-REASON|Server: nginx)/i.test(line) && status >= 400);
    const quoted = body.length > 40 ? `${body.slice(0, 20)}… (${body.length})` : body;
    const text = isOurs || body === "" ? String(status) : `${status} ${JSON.stringify(quoted)}`;
    const last = facts.at(-1);
    if (last?.text === text) last.count++;
    else facts.push({ text, count: 1 });
  }
  return facts.map(({ text, count }) => count === 1 ? text : `${count} × ${text}`);
}

/** How much of a request has gone on when its client ends within it is chance. */
function upstreamFacts(recorder: Recorder, isEnded: boolean): string[] {
  const whole = recorder.requests.map(normal).filter((text) => !text.startsWith("GET /after "));
  return recorder.rest === "" || isEnded ? whole : [...whole, "(bytes that are no whole request)"];
}

/** Two proxies may write fields in any order and case, and choose between a length and chunks: the body is compared. */
function normal(canonical: string): string {
  const [head = "", ...rest] = canonical.split("\n\n");
  const [startLine = "", ...lines] = head.split("\n").filter((line) => !line.startsWith("! "));
  const fields = lines.filter((line) => !/^(content-length|transfer-encoding):/i.test(line)).map((line) => {
    const colon = line.indexOf(":");
    return `${line.slice(0, colon).toLowerCase()}: ${line.slice(colon + 1).trim()}`;
  });
  const body = rest.join("\n\n");
  return [startLine, ...fields.sort(), ...(body === "" ? [] : [JSON.stringify(body)])].join(", ");
}
