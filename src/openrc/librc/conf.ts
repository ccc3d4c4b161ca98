// rc.conf as the programs read it (rc.conf's own text; openrc-run(8)): assignments found line by line, not by a shell.
import type { Steps, Sys } from "../../abi/program.ts";
import { readText } from "../../libc/unistd.ts";
import { listDir } from "./dirs.ts";
import { RC_CONF, RC_CONF_D, RC_CONF_OLD } from "./paths.ts";

/** yes, y, true, 1 and their contraries, in any case; undefined for anything else. */
export function yesno(value: string | undefined): boolean | undefined {
  if (value === undefined) return undefined;
  if (/^(?:yes|y|true|1)$/i.test(value)) return true;
  return /^(?:no|n|false|0)$/i.test(value) ? false : undefined;
}

/** Lines that assign something, without comments and blanks in front. */
export function* configList(sys: Sys, path: string): Steps<string[]> {
  const lines = ((yield* readText(sys, path)) ?? "").split("\n");
  return lines
    .map((line) => /^[ \t]*([^#]*)/.exec(line)?.[1] ?? "")
    .filter((line) => line.length > 1 && line.includes("="));
}

/** Name and value of an assignment; of a quoted value what is between the first quotes. */
function assignment(line: string): [name: string, value: string] {
  const text = line.startsWith("export ") ? line.slice(7) : line;
  const eq = text.indexOf("=");
  const value = text.slice(eq + 1);
  // Escape sequences of colours are kept as they stand.
  if (value.startsWith("$")) return [text.slice(0, eq), line];
  return [text.slice(0, eq), /^["']*([^"']*)/.exec(value)?.[1] ?? ""];
}

/** The assignments of a file, the last of equal names. */
export function* configLoad(sys: Sys, path: string): Steps<Map<string, string>> {
  const lines = yield* configList(sys, path);
  return new Map(lines.map(assignment));
}

/** The value of a parameter of the kernel's command line; "" when it has none, undefined when not there. */
export function* kernelParameter(sys: Sys, name: string): Steps<string | undefined> {
  const line = ((yield* readText(sys, "/proc/cmdline")) ?? "").split("\n", 1)[0] ?? "";
  const word = line.split(" ").findLast((w) => w === name || w.startsWith(`${name}=`));
  return word?.slice(name.length + 1);
}

/** The settings of rc.conf, rc.conf.d and the kernel's command line, read once a program. */
export class RcConf {
  readonly #values: ReadonlyMap<string, string>;

  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  static *load(sys: Sys): Steps<RcConf> {
    const values = yield* configLoad(sys, RC_CONF);
    // Names were written in capitals once.
    const old = yield* configLoad(sys, RC_CONF_OLD);
    for (const [name, value] of old) if (!values.has(name)) values.set(name, value);
    const parts = yield* listDir(sys, RC_CONF_D);
    const names = parts.filter((n) => n.endsWith(".conf")).sort();
    for (const name of names) {
      const more = yield* configLoad(sys, `${RC_CONF_D}/${name}`);
      for (const [key, value] of more) values.set(key, value);
    }
    for (const name of ["rc_interactive", "rc_parallel"]) {
      const value = yield* kernelParameter(sys, name);
      if (value !== undefined) values.set(name, value);
    }
    const lower = new Map<string, string>();
    for (const [name, value] of values) {
      const key = name.toLowerCase();
      if (!lower.has(key)) lower.set(key, value);
    }
    return new RcConf(lower);
  }

  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  /** Is it set to yes? */
  yes(name: string): boolean {
    return yesno(this.get(name)) === true;
  }

  /** Is it set to yes, or not set at all? */
  yesByDefault(name: string): boolean {
    const value = this.get(name);
    return value === undefined || yesno(value) === true;
  }

  /** The words of a list. */
  words(name: string): string[] {
    return (this.get(name) ?? "").split(" ").filter((w) => w !== "");
  }
}
