// An applet: one command of the multi-call program, and how it is run.
import type { Program, Steps, Sys } from "../../abi/program.ts";
import { Process, runMain } from "../../libc/process.ts";

/** One command of the multi-call program. */
export interface Applet {
  name: string;
  /** Where its link is installed: "/bin/ls". */
  path: string;
  /**
   * What follows "Usage: NAME " for --help and on wrong usage: the synopsis, an empty line, the rest;
   * ends with a newline. In our own words.
   */
  usage: string;
  main(p: Process): Steps<number>;
  /** Takes `--help` as any other argument (true, false, echo, test). */
  noHelp?: boolean;
  /** Is installed setuid root. */
  suid?: boolean;
}

/** First line of the usage texts and of `busybox` itself. */
export const BANNER = "BusyBox v1.36.1 (Bivy) multi-call binary.\n";

/** The text that --help and wrong usage print. */
export function usageText(applet: Applet): string {
  return applet.usage === ""
    ? `${BANNER}\nNo help available\n`
    : `${BANNER}\nUsage: ${applet.name} ${applet.usage}`;
}

/** Runs an applet to its exit status. `argv[0]` is what its messages begin with. */
export function* runApplet(
  applet: Applet,
  sys: Sys,
  argv: readonly string[],
  envp: readonly string[],
): Steps<number> {
  const p = new Process(sys, argv, envp);
  p.progname = applet.name;
  p.usage = usageText(applet);
  if (argv[1] === "--help" && applet.noHelp !== true) {
    const w = p.stderr.puts(p.usage);
    if (w) yield* w;
    return 0;
  }
  return yield* runMain(p, applet.main);
}

/** The applet as a program of its own. */
export function programOf(applet: Applet): Program {
  return (sys, argv, envp) => runApplet(applet, sys, argv, envp);
}
