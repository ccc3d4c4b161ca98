// busybox: the multi-call program. Which applet runs is told by the last part of argv[0].
import { EEXIST, Errno } from "../abi/errno.ts";
import type { Program, Steps } from "../abi/program.ts";
import { Process, runMain } from "../libc/process.ts";
import { strerror } from "../libc/strerror.ts";
import { link, symlink } from "../libc/unistd.ts";
import { allApplets } from "./applets.ts";
import { type Applet, BANNER, runApplet } from "./libbb/applet.ts";

const WIDTH = 79;

function usage(names: readonly string[]): string {
  let list = "";
  let line = "\t";
  for (const [i, name] of names.entries()) {
    const word = i + 1 < names.length ? `${name}, ` : name;
    // A tab counts as eight columns.
    if (line.length + 7 + word.trimEnd().length > WIDTH) {
      list += `${line.trimEnd()}\n`;
      line = "\t";
    }
    line += word;
  }
  return (
    `${BANNER}An implementation in TypeScript of BusyBox's commands.\n\n` +
    "Usage: busybox [function [arguments]...]\n" +
    "   or: busybox --list[-full]\n" +
    "   or: busybox --install [-s] [DIR]\n" +
    "   or: function [arguments]...\n\n" +
    "\tOne program that is many commands: it does what the name it is\n" +
    "\tcalled by says. Make a link to it for each command.\n\n" +
    `Currently defined functions:\n${list}${line}\n`
  );
}

/** `busybox --install [-s] [DIR]`: hard or symbolic links; what exists already is left alone. */
function* install(p: Process, applets: Iterable<Applet>, args: readonly string[]): Steps<number> {
  const symbolic = args[0] === "-s";
  const dir = args[symbolic ? 1 : 0];
  const self = p.argv[0] ?? "";
  if (!self.startsWith("/")) {
    yield* p.warnx(`'${self}' is not an absolute path`);
    return 1;
  }
  for (const applet of applets) {
    const base = applet.path.slice(applet.path.lastIndexOf("/") + 1);
    const path = dir === undefined ? applet.path : `${dir}/${base}`;
    try {
      if (symbolic) symlink(p.sys, self, path);
      else link(p.sys, self, path);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      if (e !== EEXIST) yield* p.warnx(`${path}: ${strerror(e)}`);
    }
  }
  return 0;
}

/** Makes the program. The table is built once and lives as long as the program object. */
export function busybox(applets: readonly Applet[] = allApplets()): Program {
  const sorted = [...applets].sort((a, b) => (a.name < b.name ? -1 : 1));
  const table = new Map<string, Applet>(sorted.map((a) => [a.name, a]));

  function* self(p: Process): Steps<number> {
    const arg = p.argv[1];
    let text: string;
    if (arg === undefined || (arg === "--help" && p.argv[2] === undefined))
      text = usage([...table.keys()]);
    else if (arg === "--list") text = Array.from(table.keys(), (name) => `${name}\n`).join("");
    else if (arg === "--list-full")
      text = Array.from(table.values(), (a) => `${a.path.slice(1)}\n`).join("");
    else return yield* install(p, table.values(), p.argv.slice(2));
    const w = p.stdout.puts(text);
    if (w) yield* w;
    return 0;
  }

  return function* main(sys, argv, envp): Steps<number> {
    let args = argv;
    for (;;) {
      const p = new Process(sys, args, envp);
      const name = p.progname;
      const applet = table.get(name);
      if (applet !== undefined) return yield* runApplet(applet, sys, args, envp);
      const arg = args[1];
      if (!name.startsWith("busybox")) {
        const w = p.stderr.puts(`${name}: applet not found\n`);
        if (w) yield* w;
        return 127;
      }
      if (arg === "--help" && args[2] !== undefined) args = [args[2], "--help"];
      else if (
        arg === undefined ||
        arg === "--help" ||
        arg === "--list" ||
        arg === "--list-full" ||
        arg === "--install"
      )
        return yield* runMain(p, self);
      else if (arg.startsWith("-")) {
        const w = p.stderr.puts(`${arg}: applet not found\n`);
        if (w) yield* w;
        return 127;
      } else args = args.slice(1);
    }
  };
}
