/** Runs an image as a cautious engine would: as its user, without a capability, with a file system that is read-only. */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Process, runProcess, startProcess } from "../../blackbox/harness/process.ts";
import { type Image, quote } from "./build.ts";

export interface Container {
  /** The program itself, not something around it. */
  readonly process: Process;
  /** `docker exec`: another command of the image in the same file system, as the same user. */
  exec(command: readonly string[]): ReturnType<typeof runProcess>;
}

export interface ContainerOptions {
  /** In place of CMD. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Folders of this machine by the place where they are mounted, read-only. */
  readonly mounts: Readonly<Record<string, string>>;
}

const DEVICES = ["null", "zero", "full", "random", "urandom"];

export function startContainer(image: Image, { args, env = {}, mounts }: ContainerOptions): Container {
  const { root } = image;
  for (const name of ["proc", "dev", ...Object.keys(mounts)]) {
    mkdirSync(join(root, name), { recursive: true });
  }
  const [uid = "", gid = uid] = image.user.split(":");
  const environment = Object.entries({ ...image.env, ...env }).map(([name, value]) => `${name}=${value}`);
  const readOnly = (path: string): string => `mount -o remount,bind,ro ${quote(path)}`;
  const script = [
    "set -eu",
    `mount --bind ${quote(root)} ${quote(root)}`,
    `mount --rbind /proc ${quote(join(root, "proc"))}`,
    `mount -t tmpfs none ${quote(join(root, "dev"))}`,
    ...DEVICES.flatMap((name) => {
      const device = quote(join(root, "dev", name));
      return [`touch ${device}`, `mount --bind /dev/${name} ${device}`];
    }),
    ...Object.entries(mounts).flatMap(([place, folder]) => {
      const target = join(root, place);
      return [`mount --bind ${quote(folder)} ${quote(target)}`, readOnly(target)];
    }),
    readOnly(root),
    // exec, so that signals reach the program and its exit code is what we see
    `exec env -i ${environment.map(quote).join(" ")} ${which("setpriv")} --no-new-privs ` +
    `${which("chroot")} --userspec=${uid}:${gid} --groups=${gid} ${quote(root)} ` +
    [...image.entrypoint, ...args].map(quote).join(" "),
  ];
  const child = startProcess(["unshare", "-m", "--propagation", "private", "bash", "-c", script.join("\n")]);
  return {
    process: child,
    exec: (command) =>
      runProcess([
        ...["env", "-i", ...environment, which("nsenter"), "-t", String(child.pid), "-m", "-r", "-w"],
        ...["-S", uid, "-G", gid, ...command],
      ]),
  };
}

function which(program: string): string {
  return execFileSync("sh", ["-c", `PATH=$PATH:/usr/sbin:/sbin command -v ${program}`], { encoding: "utf8" })
    .trim();
}
