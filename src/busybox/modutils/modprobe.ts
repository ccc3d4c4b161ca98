// modprobe, insmod, rmmod, lsmod: modules of the kernel (modprobe(8)). This kernel has all that it can do built in:
// what modules.builtin lists is there, and nothing can be loaded.
import { ENOENT, ENOSYS, Errno } from "../../abi/errno.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { fnmatch } from "../../libc/fnmatch.ts";
import { getopt } from "../../libc/getopt.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import { run } from "../../libc/spawn.ts";
import { strerror } from "../../libc/strerror.ts";
import { open, readText } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { ModuleDatabase, moduleName } from "./module-database.ts";

const MODULES = "/lib/modules";

/** Names of modules that are loaded. */
function* loaded(p: Process): Steps<string[]> {
  const text = (yield* readText(p.sys, "/proc/modules", 1 << 20)) ?? "";
  return text.split("\n").flatMap((line) => line.split(" ")[0] || []);
}

function* probe(p: Process): Steps<number> {
  const opt = getopt(p, "alrqvsDb", { min: 0 });
  try {
    p.sys.chdir(MODULES);
    p.sys.chdir(p.sys.uname().release);
  } catch (e) {
    dieErrno(`can't change directory to '${e === ENOENT ? MODULES : p.sys.uname().release}'`, e);
  }
  const db = new ModuleDatabase(".");
  yield* db.load(p.sys);
  const names = opt.operands;
  if (opt.has("l")) {
    for (const [name, { path }] of db.files)
      if (names.length === 0 || names.some((each) => fnmatch(moduleName(each), name, 0, false))) {
        const w = p.stdout.puts(`${path}\n`);
        if (w) yield* w;
      }
    return 0;
  }
  if (names.length === 0) {
    if (opt.has("r")) return 0;
    p.usageError();
  }
  // Without -a the words after the first are parameters of the module.
  const wanted = opt.has("a") || opt.has("r") ? names : names.slice(0, 1);
  let status = 0;
  for (const name of wanted) if (!(yield* load(p, db, name, opt))) status = 1;
  return status;
}

function* load(
  p: Process,
  db: ModuleDatabase,
  name: string,
  opt: { has(key: string): boolean },
): Steps<boolean> {
  const complain = function* (text: string): Steps<boolean> {
    if (!opt.has("q")) yield* p.warnx(text);
    return false;
  };
  const command = db.install.get(moduleName(name));
  if (command !== undefined && !opt.has("r"))
    return (yield* run(p, ["/bin/sh", "-c", command])) === 0;
  const found = db.resolve(name);
  if (found.length === 0) {
    if (opt.has("r") && !(yield* loaded(p)).includes(moduleName(name)))
      return yield* complain(`can't unload module '${name}': ${strerror(ENOENT)}`);
    return yield* complain(`module ${name} not found in modules.dep`);
  }
  let done = true;
  for (const module of found) {
    if (opt.has("b") && db.blacklist.has(module)) continue;
    if (db.builtin.has(module)) continue;
    const file = db.files.get(module);
    if (opt.has("D")) {
      for (const path of [...(file?.needs ?? []), file?.path ?? module]) {
        const w = p.stdout.puts(`insmod ${path}\n`);
        if (w) yield* w;
      }
    } else if (!(yield* loaded(p)).includes(module))
      done = yield* complain(
        `can't load module ${module} (${file?.path ?? ""}): ${strerror(ENOSYS)}`,
      );
  }
  return done;
}

function* insert(p: Process): Steps<number> {
  const [, file] = p.argv;
  if (file === undefined) p.usageError();
  try {
    p.sys.close(yield* settle(open(p.sys, file)));
    throw ENOSYS;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    yield* p.warnx(`can't insert '${file}': ${strerror(e)}`);
    return 1;
  }
}

function* remove(p: Process): Steps<number> {
  const opt = getopt(p, "wfas", { min: 0 });
  const there = yield* loaded(p);
  const names = opt.operands.length === 0 && opt.has("a") ? there : opt.operands;
  let status = 0;
  for (const name of names) {
    status = 1;
    const why = there.includes(moduleName(name)) ? ENOSYS : ENOENT;
    yield* p.warnx(`can't unload module '${moduleName(name)}': ${strerror(why)}`);
  }
  return status;
}

function* list(p: Process): Steps<number> {
  const text = (yield* readText(p.sys, "/proc/modules", 1 << 20)) ?? "";
  let out = "Module                  Size  Used by    Not tainted\n";
  for (const line of text.split("\n")) {
    const [name = "", size = "", used = "", by = "-"] = line.split(" ");
    if (name === "") continue;
    const users = by === "-" ? "" : by.replace(/,$/, "");
    out += `${name.padEnd(19)} ${size.padStart(8)}  ${used} ${users}\n`;
  }
  const w = p.stdout.puts(out);
  if (w) yield* w;
  return 0;
}

export const modprobe: Applet = {
  name: "modprobe",
  path: "/sbin/modprobe",
  usage: `[-alrqvsDb] MODULE [SYMBOL=VALUE]...

Load a module of the kernel with those it needs

	-a	All words are modules
	-l	List modules; MODULE is a pattern
	-r	Unload
	-q	Complain about nothing
	-v	Say more
	-s	Complain to syslogd
	-D	Show what would be loaded
	-b	The blacklist holds for names as well
`,
  main: probe,
};
export const insmod: Applet = {
  name: "insmod",
  path: "/sbin/insmod",
  usage: "FILE [SYMBOL=VALUE]...\n\nLoad a module of the kernel\n",
  main: insert,
};
export const rmmod: Applet = {
  name: "rmmod",
  path: "/sbin/rmmod",
  usage:
    "[-wfa] [MODULE]...\n\nUnload modules of the kernel\n\n\t-w\tWait until nobody uses it\n\t-f\tBy force\n\t-a\tAll that nobody uses\n",
  main: remove,
};
export const lsmod: Applet = {
  name: "lsmod",
  path: "/sbin/lsmod",
  usage: "\n\nList the modules that are loaded\n",
  main: list,
};
