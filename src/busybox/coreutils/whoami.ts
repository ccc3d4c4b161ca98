// whoami: the name of the effective user (as in GNU)
import type { Steps } from "../../abi/program.ts";
import { UserDb } from "../../libc/passwd.ts";
import { die, type Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";

function* main(p: Process): Steps<number> {
  if (p.argv.length > 1) p.usageError();
  const uid = p.sys.geteuid();
  const user = yield* new UserDb(p.sys).getpwuid(uid);
  const w = p.stdout.puts(`${user?.name ?? die(`unknown uid ${uid}`)}\n`);
  if (w) yield* w;
  return 0;
}

export const whoami: Applet = {
  name: "whoami",
  path: "/usr/bin/whoami",
  usage: "\n\nPrint the name of the user whose rights this command has\n",
  main,
};
