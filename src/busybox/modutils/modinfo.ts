// modinfo, depmod: what module files say of themselves (modinfo(8), depmod(8), modules.dep(5))
import { Errno } from "../../abi/errno.ts";
import { AT_FDCWD } from "../../abi/fcntl.ts";
import type { Steps } from "../../abi/program.ts";
import { strOf } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import { S_ISDIR } from "../../libc/stat.ts";
import { readDir, readFile, writeFile } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { ModuleDatabase, moduleName } from "./module-database.ts";

const FILE_MAX = 64 << 20;
const DEPTH_MAX = 32;
/** In the order in which they are shown. */
const FIELDS: readonly string[] = [
  "filename",
  "author",
  "description",
  "license",
  "parm",
  "version",
  "alias",
  "srcversion",
  "depends",
  "uts_release",
  "intree",
  "vermagic",
  "firmware",
];
const SHORT: Readonly<Record<string, string>> = {
  a: "author",
  d: "description",
  l: "license",
  p: "parm",
};

/** The "key=value" texts in a module's file that begin with one of `keys`, in the order of the file. */
function texts(file: string, key: string): string[] {
  const found: string[] = [];
  const mark = `\0${key}=`;
  const all = `\0${file}`;
  for (let at = all.indexOf(mark); at >= 0; at = all.indexOf(mark, at + 1)) {
    const end = all.indexOf("\0", at + 1);
    found.push(all.slice(at + mark.length, end < 0 ? undefined : end));
  }
  return found;
}

function* modinfoMain(p: Process): Steps<number> {
  const opt = getopt(p, "adlp0F:k:", { min: 1 });
  const { sys } = p;
  const wanted = new Set(Object.entries(SHORT).flatMap(([l, name]) => (opt.has(l) ? [name] : [])));
  const field = opt.get("F");
  if (field !== undefined) wanted.add(field);
  const bare = wanted.size === 1;
  const end = opt.has("0") ? "\0" : "\n";
  const dir = `/lib/modules/${opt.get("k") ?? sys.uname().release}`;
  const db = new ModuleDatabase(dir);
  try {
    yield* readFile(sys, `${dir}/modules.dep`, FILE_MAX);
    yield* db.load(sys);
  } catch (e) {
    dieErrno(`can't open '${dir}/modules.dep'`, e);
  }
  for (const name of opt.operands) {
    const known = name.includes("/") ? undefined : db.files.get(moduleName(name));
    const shown = known?.path ?? name;
    const absolute = shown.startsWith("/");
    let path = absolute ? shown : `${dir}/${shown}`;
    let file: string;
    try {
      file = strOf(yield* readFile(sys, path, FILE_MAX));
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      if (absolute) continue;
      yield* p.warnx(`module '${path}' not found`);
      continue;
    }
    path = shown;
    let out = "";
    for (const key of FIELDS) {
      if (wanted.size > 0 && !wanted.has(key)) continue;
      for (const text of key === "filename" ? [path] : texts(file, key))
        out += bare ? `${text}${end}` : `${`${key}:`.padEnd(15)} ${text}${end}`;
    }
    const w = p.stdout.puts(out);
    if (w) yield* w;
  }
  return 0;
}

export const modinfo: Applet = {
  name: "modinfo",
  path: "/sbin/modinfo",
  usage: `[-adlp0] [-F KEYWORD] [-k RELEASE] MODULE...

Print what modules say of themselves

	-a,-d,-l,-p	Only author, description, license or parm
	-F KEYWORD	Only this
	-k RELEASE	Modules of another kernel
	-0		End lines with NUL
`,
  main: modinfoMain,
};

interface Module {
  path: string;
  depends: string[];
  aliases: string[];
  symbols: string[];
}

/** Module files below a folder. */
function* scan(p: Process, dir: string, out: Module[], depth = 0): Steps<void> {
  const entries = yield* readDir(p.sys, dir === "" ? "." : dir);
  for (const { name } of entries) {
    const path = dir === "" ? name : `${dir}/${name}`;
    const st = p.sys.tryStatat(AT_FDCWD, path, 0);
    if (st instanceof Errno) continue;
    if (S_ISDIR(st.mode)) {
      if (depth < DEPTH_MAX) yield* scan(p, path, out, depth + 1);
    } else if (/\.ko$/.test(name)) out.push(yield* moduleOf(p, path));
  }
}

function* moduleOf(p: Process, path: string): Steps<Module> {
  const file = strOf(yield* readFile(p.sys, path, FILE_MAX));
  const depends = texts(file, "depends").flatMap((text) => text.split(","));
  return {
    path,
    depends: depends.filter((name) => name !== "").map(moduleName),
    aliases: texts(file, "alias"),
    symbols: Array.from(
      file.matchAll(/\0__ksymtab_([A-Za-z_][A-Za-z0-9_]*)(?=\0)/g),
      (m) => m[1] ?? "",
    ),
  };
}

/** All that a module needs, those it names first. */
function needs(all: ReadonlyMap<string, Module>, module: Module): string[] {
  const found: string[] = [];
  const visit = (one: Module): void => {
    for (const name of one.depends) {
      const other = all.get(name);
      if (other === undefined || other === module || found.includes(other.path)) continue;
      found.push(other.path);
      visit(other);
    }
  };
  visit(module);
  return found;
}

function* depmodMain(p: Process): Steps<number> {
  const opt = getopt(p, "aAb:eF:nruqC:");
  const { sys } = p;
  const enter = (dir: string): void => {
    try {
      sys.chdir(dir);
    } catch (e) {
      dieErrno(`can't change directory to '${dir}'`, e);
    }
  };
  enter(opt.get("b") ?? "/");
  const [first, ...rest] = opt.operands;
  const release = first !== undefined && /^\d+\.\d+/.test(first) ? first : undefined;
  enter(`lib/modules/${release ?? sys.uname().release}`);
  const files = release === undefined ? opt.operands : rest;
  const modules: Module[] = [];
  if (files.length > 0) for (const file of files) modules.push(yield* moduleOf(p, file));
  else yield* scan(p, "", modules);
  const all = new Map(modules.map((module) => [moduleName(module.path), module]));
  const tables = { dep: "", alias: "", symbols: "" };
  for (const module of modules) {
    const name = moduleName(module.path);
    tables.dep += `${[`${module.path}:`, ...needs(all, module)].join(" ")}\n`;
    for (const alias of module.aliases)
      tables.alias += `alias ${alias.replaceAll("-", "_")} ${name}\n`;
    for (const symbol of module.symbols) tables.symbols += `alias symbol:${symbol} ${name}\n`;
  }
  for (const [kind, text] of Object.entries(tables)) {
    if (opt.has("n")) {
      const w = p.stdout.puts(text);
      if (w) yield* w;
    } else yield* writeFile(sys, `modules.${kind}`, text);
  }
  return 0;
}

export const depmod: Applet = {
  name: "depmod",
  path: "/sbin/depmod",
  usage: `[-n] [-b BASE] [RELEASE] [MODULE.ko]...

Write modules.dep, modules.alias and modules.symbols

	-b BASE	Below BASE/lib/modules
	-n	Print them
`,
  main: depmodMain,
};
