// What is known of the kernel's modules: files of /lib/modules/RELEASE (modules.dep(5)) and /etc/modprobe.d.
import { Errno } from "../../abi/errno.ts";
import type { Steps, Sys } from "../../abi/program.ts";
import { fnmatch } from "../../libc/fnmatch.ts";
import { readDir, readText } from "../../libc/unistd.ts";

const SIZE_MAX = 16 << 20;
const CONFIGURATION = "/etc/modprobe.d";

/** "-" and "_" are the same in names; a file's folder and endings do not count. */
export function moduleName(text: string): string {
  const base = text.slice(text.lastIndexOf("/") + 1);
  return base.replace(/\.ko(\.(gz|xz|bz2|zst))?$/, "").replaceAll("-", "_");
}

function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter((line) => line !== "");
}

/** The modules of one kernel. */
export class ModuleDatabase {
  /** Folder of the kernel's modules. */
  readonly dir: string;
  /** File and files it needs, by name. */
  readonly files: Map<string, { path: string; needs: string[] }> = new Map();
  readonly builtin: Set<string> = new Set();
  readonly aliases: [pattern: string, name: string][] = [];
  readonly blacklist: Set<string> = new Set();
  readonly options: Map<string, string> = new Map();
  readonly install: Map<string, string> = new Map();

  constructor(dir: string) {
    this.dir = dir;
  }

  *load(sys: Sys): Steps<void> {
    const read = function* (name: string): Steps<string> {
      return (yield* readText(sys, name, SIZE_MAX)) ?? "";
    };
    const dep = yield* read(`${this.dir}/modules.dep`);
    for (const line of lines(dep)) {
      const [, path = "", needs = ""] = /^([^:]+):\s*(.*)$/.exec(line) ?? [];
      if (path !== "")
        this.files.set(moduleName(path), {
          path,
          needs: needs.split(/\s+/).filter((n) => n !== ""),
        });
    }
    const builtin = yield* read(`${this.dir}/modules.builtin`);
    for (const line of lines(builtin)) this.builtin.add(moduleName(line));
    const texts = [yield* read(`${this.dir}/modules.alias`), yield* read("/etc/modprobe.conf")];
    try {
      const entries = yield* readDir(sys, CONFIGURATION);
      for (const { name } of entries.sort((a, b) => (a.name < b.name ? -1 : 1)))
        if (name.endsWith(".conf")) texts.push(yield* read(`${CONFIGURATION}/${name}`));
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
    for (const text of texts) this.#configure(text);
  }

  #configure(text: string): void {
    for (const line of lines(text)) {
      const [, word, first = "", rest = ""] = /^(\w+)\s+(\S+)\s*(.*)$/.exec(line) ?? [];
      if (word === "alias") this.aliases.push([first.replaceAll("-", "_"), moduleName(rest)]);
      else if (word === "blacklist") this.blacklist.add(moduleName(first));
      else if (word === "options") this.options.set(moduleName(first), rest);
      else if (word === "install") this.install.set(moduleName(first), rest);
    }
  }

  /** Names that a name, or the alias of a device, stands for. */
  resolve(name: string): string[] {
    const wanted = moduleName(name);
    if (this.files.has(wanted) || this.builtin.has(wanted)) return [wanted];
    const alias = name.replaceAll("-", "_");
    return this.aliases
      .filter(([pattern]) => fnmatch(pattern, alias, 0, false))
      .map(([, module]) => module);
  }
}
