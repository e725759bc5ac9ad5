/** From the command line to an exit code. */
import { type Command, EXIT, type Io, parseArguments, UsageError } from "./command.ts";
import { commandHelp, programHelp } from "./help.ts";

/** Runs the command that `argv` names. Never throws: what goes wrong is told on stderr. */
export async function runCommandLine(
  commands: readonly Command[],
  argv: readonly string[],
  io: Io,
): Promise<number> {
  const [first = "", ...rest] = argv;
  const name = first === "--version" ? "version" : first;
  if (name === "--help" || name === "-h" || name === "help") {
    await io.stdout(programHelp(commands));
    return EXIT.ok;
  }
  const command = commands.find((each) => each.name === name);
  if (command === undefined) {
    const complaint = `no command is called "${name}"\nalbatross --help lists them\n`;
    await io.stderr(name === "" ? programHelp(commands) : complaint);
    return EXIT.usage;
  }
  if (rest.includes("--help") || rest.includes("-h")) {
    await io.stdout(commandHelp(command));
    return EXIT.ok;
  }
  try {
    return await command.run(parseArguments(command, rest), io);
  } catch (error) {
    if (error instanceof UsageError) {
      await io.stderr(`${error.message}\nalbatross ${name} --help tells how it is used\n`);
      return EXIT.usage;
    }
    await io.stderr(`albatross: internal error: ${error instanceof Error ? error.stack : error}\n`);
    return EXIT.internal;
  }
}
