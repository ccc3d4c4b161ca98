// nologin: the shell of accounts that nobody logs in to (nologin(8))
import type { Steps } from "../../abi/program.ts";
import type { Process } from "../../libc/process.ts";
import { readText } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

function* main(p: Process): Steps<number> {
  const text = yield* readText(p.sys, "/etc/nologin.txt");
  const w = p.stdout.puts(text ?? "This account is not available\n");
  if (w) yield* w;
  return 1;
}

export const nologin: Applet = {
  name: "nologin",
  path: "/sbin/nologin",
  usage: "\n\nSay that this account is not available\n",
  main,
};
