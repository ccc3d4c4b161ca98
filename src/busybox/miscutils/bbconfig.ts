// bbconfig: which configuration this program was built with: its applets
import type { Steps } from "../../abi/program.ts";
import { strOf } from "../../lib/bytes.ts";
import type { Process } from "../../libc/process.ts";
import { spawn, waitpid } from "../../libc/spawn.ts";
import { readAll } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

const LIST_MAX = 1 << 20;

function* main(p: Process): Steps<number> {
  const { sys } = p;
  const [from, to] = sys.pipe2(0);
  // The table of applets is the multi-call program's: it is asked.
  const child = yield* spawn(p, ["/bin/busybox", "--list"], (own) => {
    own.dup2(to, 1);
    own.close(to);
    own.close(from);
  });
  sys.close(to);
  const names = strOf(yield* readAll(sys, from, LIST_MAX)).split("\n");
  yield* waitpid(sys, child);
  let out = "CONFIG_HAVE_DOT_CONFIG=y\n";
  for (const name of names) {
    if (name === "") continue;
    const option = name === "[" ? "TEST1" : name === "[[" ? "TEST2" : name.toUpperCase();
    out += `CONFIG_${option.replace(/[^A-Z0-9]/g, "_")}=y\n`;
  }
  const w = p.stdout.puts(out);
  if (w) yield* w;
  return 0;
}

export const bbconfig: Applet = {
  name: "bbconfig",
  path: "/bin/bbconfig",
  usage: "\n\nPrint the configuration that busybox was built with\n",
  main,
};
