/** Output of other processes, line by line: what several print must not meet in the middle of a line. */
import type { LineWriter } from "../telemetry/line-writer.ts";

export interface WholeLines {
  /** Text as it comes; its last line may be incomplete. */
  push(bytes: Uint8Array): void;
  /** Nothing more comes. */
  end(): void;
}

export function wholeLines(to: LineWriter): WholeLines {
  const decoder = new TextDecoder();
  let rest = "";
  return {
    push(bytes) {
      const text = rest + decoder.decode(bytes, { stream: true });
      const end = text.lastIndexOf("\n");
      rest = text.slice(end + 1);
      if (end >= 0) {
        const lines = text.slice(0, end);
        to.writeLines(lines, countLines(lines));
      }
    },
    end() {
      if (rest !== "") to.write(rest);
      rest = "";
    },
  };
}

function countLines(text: string): number {
  let count = 1;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count++;
  return count;
}
