// printf: print arguments by a format (POSIX printf); the shell's own is the same
import type { Steps } from "../../abi/program.ts";
import { printfMain } from "../../ash/bltin/printf.ts";
import type { Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";

function* main(p: Process): Steps<number> {
  const format = p.argv[1] === "--" ? p.argv[2] : p.argv[1];
  if (format === undefined) p.usageError();
  const complaints: { before: string; message: string }[] = [];
  const { text, status } = printfMain(p.argv, (message, before) => {
    complaints.push({ before, message });
  });
  for (const { before, message } of complaints) {
    const w = p.stdout.puts(before);
    if (w) yield* w;
    yield* p.warnx(message);
  }
  const w = p.stdout.puts(text);
  if (w) yield* w;
  return status;
}

export const printf: Applet = {
  name: "printf",
  path: "/usr/bin/printf",
  usage: "FORMAT [ARG]...\n\nPrint ARGs as FORMAT says, as printf of C does\n",
  main,
};
