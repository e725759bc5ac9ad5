/** What `--help` prints; made from the declarations of settings and commands, so that it cannot be out of date. */
import { type Setting, SETTINGS } from "../config.ts";
import type { Command, OptionSpec } from "./command.ts";

const WIDTH = 100;

export function programHelp(commands: readonly Command[]): string {
  return [
    "albatross: a Kubernetes gateway",
    "",
    ...commands.flatMap(({ name, synopsis, summary }) => [
      `  albatross ${name} ${synopsis}`.trimEnd(),
      `      ${wrap(summary, 6)}`,
    ]),
    "",
    "albatross COMMAND --help tells more. Exit codes: 0 ok, 1 configuration refused, 2 wrong usage,",
    "70 internal error.",
    "",
  ].join("\n");
}

export function commandHelp(command: Command): string {
  const settings = SETTINGS.filter(({ key }) => command.settings.includes(key));
  const rows = [
    ...settings.map((setting): Row => [`--${setting.flag} ${setting.value}`, describe(setting)]),
    ...Object.entries(command.options).map(([name, option]): Row => [optionName(name, option), option.help]),
  ];
  return [
    `albatross ${command.name} ${command.synopsis}`.trim(),
    "",
    wrap(command.summary, 0),
    ...(rows.length === 0 ? [] : ["", ...columns(rows)]),
    "",
  ].join("\n");
}

type Row = readonly [left: string, right: string];

function describe(setting: Setting): string {
  const notes = [
    ...(setting.default === "" ? [] : [`default ${setting.default}`]),
    ...(setting.separator === undefined ? [] : ["may be repeated"]),
    setting.env,
  ];
  return `${setting.help} (${notes.join("; ")})`;
}

function optionName(name: string, { short, value }: OptionSpec): string {
  return `${short === undefined ? "" : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}`;
}

function columns(rows: readonly Row[]): string[] {
  const left = Math.max(...rows.map(([text]) => Math.min(text.length, WIDTH / 2)));
  return rows.map(([name, help]) => {
    const text = wrap(help, left + 4);
    return name.length > left
      ? `  ${name}\n${" ".repeat(left + 4)}${text}`
      : `  ${name.padEnd(left)}  ${text}`;
  });
}

/** Breaks lines at blanks; those after the first are indented. */
function wrap(text: string, indent: number): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + word.length + 1 > WIDTH - indent) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join(`\n${" ".repeat(indent)}`);
}
