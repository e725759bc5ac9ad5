/** Reads a Dockerfile with a real parser, as far as ours goes: stages, and instructions with variables put in. */
import { type Copy, DockerfileParser, type Instruction } from "dockerfile-ast";

export interface Step {
  /** Upper case. */
  readonly name: string;
  /** Behind the name, as written, without flags. */
  readonly text: string;
  /** Arguments in JSON form; null when they have the form of the shell. */
  readonly exec: readonly string[] | null;
  /** `--from=` of COPY. */
  readonly from: string | null;
}

export interface Stage {
  readonly name: string | null;
  /** What is behind FROM. */
  readonly image: string;
  readonly steps: readonly Step[];
}

export interface Dockerfile {
  /** Values of ARG before the first FROM. */
  readonly args: Readonly<Record<string, string>>;
  readonly stages: readonly Stage[];
}

/** `args` are those of `docker build --build-arg`. */
export function parseDockerfile(text: string, args: Readonly<Record<string, string>>): Dockerfile {
  const globals: Record<string, string> = {};
  const stages: { name: string | null; image: string; steps: Step[] }[] = [];
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    const step = stepOf(instruction);
    if (step.name === "FROM") {
      const [image = "", , name = null] = expand(step.text, globals).split(/\s+/);
      stages.push({ name, image, steps: [] });
    } else if (stages.length === 0) {
      if (step.name !== "ARG") throw new Error(`${step.name} before FROM`);
      const [name, value] = pair(step.text);
      globals[name] = args[name] ?? value ?? "";
    } else {
      stages.at(-1)!.steps.push(step);
    }
  }
  return { args: { ...globals, ...args }, stages };
}

function stepOf(instruction: Instruction): Step {
  const name = instruction.getKeyword();
  const text = instruction.getArgumentsContent() ?? "";
  const from = name === "COPY" ? (instruction as Copy).getFromFlag()?.getValue() ?? null : null;
  const list = /^(?:CMD\s+)?(\[.*\])$/s.exec(text)?.[1]; // of HEALTHCHECK, the command behind CMD
  return { name, text, exec: list === undefined ? null : JSON.parse(list), from };
}

/** Puts in `$NAME` and `${NAME}`. */
export function expand(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced, bare) => values[braced ?? bare] ?? "");
}

/** `NAME=VALUE` as name and value; undefined without one. */
export function pair(text: string): readonly [name: string, value: string | undefined] {
  const equals = text.indexOf("=");
  if (equals === -1) return [text, undefined];
  return [text.slice(0, equals), text.slice(equals + 1).replace(/^"(.*)"$/, "$1")];
}

/** All `NAME=VALUE` of an instruction; values may be quoted. */
export function pairs(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...text.matchAll(/([\w.]+)=("[^"]*"|\S*)/g)].map((match) => pair(match[0]) as [string, string]),
  );
}
