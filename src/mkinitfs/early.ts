// What the early boot program and its parts share: parameters, messages, running programs.
import { Errno } from "../abi/errno.ts";
import { isSteps, type Steps, type Sys } from "../abi/program.ts";
import type { Process } from "../libc/process.ts";
import { run } from "../libc/spawn.ts";
import { access, mkdir, readText, tryStat, writeFile } from "../libc/unistd.ts";
import { BootParameters } from "./cmdline.ts";

/** Where the real root is put together. */
export const SYSROOT = "/sysroot";

/** An early boot. */
export class Early {
  readonly p: Process;
  readonly sys: Sys;
  readonly parameters: BootParameters;
  readonly quiet: boolean;

  constructor(p: Process, cmdline: string) {
    this.p = p;
    this.sys = p.sys;
    this.parameters = new BootParameters(cmdline);
    this.quiet = this.parameters.has("quiet");
  }

  *#put(text: string): Steps<void> {
    const w = this.p.stdout.puts(text);
    if (w) yield* w;
    const f = this.p.stdout.flush();
    if (f) yield* f;
  }

  /** " * Doing something: " … "ok." or "failed."; nothing with `quiet`. Answers whether it went well. */
  *step(what: string, body: () => Steps<boolean>): Steps<boolean> {
    if (!this.quiet) yield* this.#put(` * ${what}: `);
    const done = yield* body();
    if (!this.quiet) yield* this.#put(done ? "ok.\n" : "failed.\n");
    return done;
  }

  /** A line on the console, with `quiet` too. */
  *say(text: string): Steps<void> {
    yield* this.#put(`${text}\n`);
  }

  /** A record of the kernel's log. */
  *log(text: string, level = 6): Steps<void> {
    try {
      yield* writeFile(this.sys, "/dev/kmsg", `<${level}>initramfs: ${text}\n`);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
  }

  /** Runs a program; its status. */
  run(...argv: string[]): Steps<number> {
    return run(this.p, argv);
  }

  /** mount(2); false when it cannot be done. */
  mount(source: string, target: string, type: string, flags: number, data = ""): boolean {
    try {
      this.sys.mount(source, target, type, flags, data);
      return true;
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      return false;
    }
  }

  /** Makes a directory and those above it. */
  mkdirs(path: string, mode = 0o755): void {
    if (path === "" || tryStat(this.sys, path) !== undefined) return;
    this.mkdirs(path.slice(0, path.lastIndexOf("/")));
    mkdir(this.sys, path, mode);
  }

  exists(path: string): boolean {
    return access(this.sys, path, 0);
  }

  *text(path: string): Steps<string> {
    return (yield* readText(this.sys, path, 1 << 20)) ?? "";
  }

  *sleep(ms: number): Steps<void> {
    const call = this.sys.nanosleep(ms);
    if (isSteps(call)) yield* call;
  }
}
