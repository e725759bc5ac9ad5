/**
 * Does what a container engine would do with a Dockerfile, where there is none: the steps are run in a file system of
 * their own (a mount namespace, an overlay over this machine's in place of the base image), what is `FROM scratch` begins
 * with an empty folder. Instructions that ours does not use are refused.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { runCommand } from "../../../scripts/test-runner/command.ts";
import { type Dockerfile, expand, pair, pairs, type Stage } from "./dockerfile.ts";

export interface Image {
  /** Its root file system. */
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
  readonly ports: readonly string[];
  readonly stopSignal: string;
  remove(): void;
}

/** What the base image has, and what a build needs of this machine's environment to reach the npm registry. */
const PASSED = /^(PATH|npm_config_\w+|https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS)$/i;

const BUILD_LIMIT_MS = 200_000;

/** Why nothing can be built here; false = it can. */
export const NO_BUILD: string | false = (() => {
  if (process.getuid?.() !== 0) return "needs root, for mounts";
  const folder = mkdtempSync(join(tmpdir(), "albatross-mounts-"));
  try {
    execFileSync("unshare", ["-m", "sh", "-c", overlay(folder)], { stdio: "pipe" });
    execFileSync("sh", ["-c", "command -v npm setpriv nsenter chroot ldd"], { stdio: "pipe" });
    return false;
  } catch {
    return "needs unshare, setpriv and nsenter, npm, and the right to mount an overlay";
  } finally {
    rmSync(folder, { recursive: true });
  }
})();

/** Runs the Dockerfile's steps; `context` is the repository. */
export async function buildImage({ args, stages }: Dockerfile, context: string): Promise<Image> {
  const work = mkdtempSync(join(tmpdir(), "albatross-image-"));
  const remove = (): void => rmSync(work, { recursive: true, force: true });
  const roots = new Map<string, string>();
  const script = ["set -eu"];
  const names = namesOf(context);
  let settings: Settings | undefined;
  for (const [index, stage] of stages.entries()) {
    const folder = join(work, `stage${index}`);
    mkdirSync(folder);
    const scratch = stage.image === "scratch";
    const root = scratch ? folder : `${folder}/merged`;
    if (!scratch) script.push(overlay(folder), ...likeAContainer(root));
    if (stage.name !== null) roots.set(stage.name, root);
    settings = steps(stage, { args, root, context, names, roots, script });
  }
  const result = await runCommand(
    ["unshare", "-m", "--propagation", "private", "bash", "-c", script.join("\n")],
    "/",
    BUILD_LIMIT_MS,
  );
  if (result.code !== 0 || settings === undefined) {
    remove();
    throw new Error(`the build failed: ${result.output}`);
  }
  return { ...settings, root: join(work, `stage${stages.length - 1}`), remove };
}

type Settings = Omit<Image, "root" | "remove">;

interface Surroundings {
  readonly args: Readonly<Record<string, string>>;
  readonly root: string;
  readonly context: string;
  /** What `.dockerignore` leaves of the context. */
  readonly names: readonly string[];
  readonly roots: ReadonlyMap<string, string>;
  readonly script: string[];
}

/** Adds one stage's steps to the script. */
function steps(stage: Stage, { args, root, context, names, roots, script }: Surroundings): Settings {
  const env: Record<string, string> = {};
  const variables: Record<string, string> = {};
  const settings = {
    ...{ env, labels: {}, user: "", ports: [] as string[], stopSignal: "" },
    ...{ entrypoint: [] as readonly string[], command: [] as readonly string[] },
    healthcheck: [] as readonly string[],
  };
  let folder = "/";
  for (const { name, text, exec, from } of stage.steps) {
    const expanded = expand(text, { ...variables, ...env });
    if (name === "ARG") {
      const [arg, value = ""] = pair(text);
      variables[arg] = args[arg] ?? value;
    } else if (name === "ENV") Object.assign(env, pairs(expanded));
    else if (name === "LABEL") Object.assign(settings.labels, pairs(expanded));
    else if (name === "WORKDIR") {
      folder = posix.resolve(folder, expanded);
      script.push(`mkdir -p ${quote(root + folder)}`);
    } else if (name === "COPY") {
      const words = expanded.split(/\s+/);
      const to = root + posix.resolve(folder, words.pop()!);
      script.push(`mkdir -p ${quote(to)}`);
      const sources = from === null
        ? words.flatMap((word) => word === "." ? names : [word]).map((word) => join(context, word))
        : words.map((word) => `${roots.get(from)}${word}/.`);
      script.push(`cp -a ${sources.map(quote).join(" ")} ${quote(to)}`);
    } else if (name === "RUN") {
      const outside = Object.entries(process.env).filter(([key]) => PASSED.test(key));
      const inside = { ...Object.fromEntries(outside), HOME: "/root", ...variables, ...env };
      const environment = Object.entries(inside).map(([key, value]) => quote(`${key}=${value}`)).join(" ");
      const command = `cd ${quote(folder)} && ${exec?.map(quote).join(" ") ?? text}`;
      script.push(`chroot ${quote(root)} /usr/bin/env -i ${environment} /bin/sh -c ${quote(command)}`);
    } else if (name === "USER") settings.user = expanded;
    else if (name === "EXPOSE") settings.ports = expanded.split(/\s+/);
    else if (name === "STOPSIGNAL") settings.stopSignal = expanded;
    else if (exec === null) throw new Error(`${name} ${text}: has the form of the shell, or is unknown`);
    else if (name === "ENTRYPOINT") settings.entrypoint = exec;
    else if (name === "CMD") settings.command = exec;
    else if (name === "HEALTHCHECK") settings.healthcheck = exec;
    else throw new Error(`${name} is unknown`);
  }
  return settings;
}

/** What `.dockerignore` lets through; ours refuses everything and then names what is wanted. */
function namesOf(context: string): string[] {
  const lines = readFileSync(join(context, ".dockerignore"), "utf8").split("\n")
    .map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
  const [everything, ...wanted] = lines;
  if (everything !== "*" || !wanted.every((line) => /^!\w[\w.-]*$/.test(line))) {
    throw new Error(`.dockerignore: expected * and then !NAME in every line`);
  }
  return wanted.map((line) => line.slice(1)).filter((name) => existsSync(join(context, name)));
}

/** Mounts this machine's file system at `folder/merged`; what is written stays in memory. */
function overlay(folder: string): string {
  const [upper, work, merged] = ["upper", "work", "merged"].map((name) => quote(join(folder, name)));
  return [
    `mount -t tmpfs none ${quote(folder)}`,
    `mkdir ${upper} ${work} ${merged}`,
    `mount -t overlay none -o lowerdir=/,upperdir=${upper},workdir=${work} ${merged}`,
  ].join(" && ");
}

/** What an engine puts into every container: devices, processes, name resolution. */
function likeAContainer(root: string): string[] {
  return [
    ...["dev", "proc"].map((name) => `mount --rbind /${name} ${quote(join(root, name))}`),
    ...["resolv.conf", "hosts"].map((name) =>
      `cp --remove-destination /etc/${name} ${quote(join(root, "etc", name))}`
    ),
  ];
}

/** For a POSIX shell. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
