// What every program of OpenRC has at hand: its process, the messages, rc.conf; and how such a program is run.
import type { Program, Steps, Sys } from "../../abi/program.ts";
import { Exit, Process, runMain } from "../../libc/process.ts";
import { strftime } from "../../libc/time/strftime.ts";
import { localtime } from "../../libc/time/zone.ts";
import { timezone } from "../../libc/tzset.ts";
import { RcConf } from "./conf.ts";
import { Einfo } from "./einfo.ts";
import { StackLoop } from "./runlevel.ts";

export class Rc {
  readonly p: Process;
  readonly sys: Sys;
  readonly einfo: Einfo;
  /** What messages begin with: the program's name, or in openrc-run the service's. */
  applet: string;
  #conf: RcConf | undefined;

  constructor(p: Process) {
    this.p = p;
    this.sys = p.sys;
    this.einfo = new Einfo(p);
    this.applet = p.progname;
  }

  /** The settings, read when they are first asked for. */
  *conf(): Steps<RcConf> {
    this.#conf ??= yield* RcConf.load(this.sys);
    return this.#conf;
  }

  env(name: string): string | undefined {
    return this.p.env.get(name);
  }
  setenv(name: string, value: string): void {
    this.p.env.set(name, value);
  }
  /** The service that this runs for, if any. */
  get self(): string | undefined {
    return this.env("RC_SVCNAME");
  }

  *print(text: string): Steps<void> {
    const w = this.p.stdout.puts(text);
    if (w) yield* w;
  }
  /** Writes out what was printed: before another process prints. */
  *flush(): Steps<void> {
    const f = this.p.stdout.flush();
    if (f) yield* f;
  }
  /** A line on stderr as it stands. */
  *complain(line: string): Steps<void> {
    yield* this.flush();
    const w = this.p.stderr.puts(`${line}\n`);
    if (w) yield* w;
  }
  /** A time as ctime(3) writes it, without the newline. */
  *ctime(seconds: number): Steps<string> {
    const tm = localtime(seconds, yield* timezone(this.p));
    return tm === undefined ? "" : strftime("%a %b %e %H:%M:%S %Y", tm);
  }
}

/** Makes a program of its main function. */
export function rcProgram(main: (rc: Rc) => Steps<number>): Program {
  return (sys, argv, envp) =>
    runMain(new Process(sys, argv, envp), function* (p) {
      try {
        return yield* main(new Rc(p));
      } catch (e) {
        if (e instanceof StackLoop) throw new Exit(1, e.text, true);
        throw e;
      }
    });
}
