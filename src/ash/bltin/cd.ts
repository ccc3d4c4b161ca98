// cd and pwd (POSIX XCU cd, pwd): logical and physical working directory.
import { Errno } from "../../abi/errno.ts";
import { AT_FDCWD } from "../../abi/fcntl.ts";
import type { Blocking } from "../../abi/program.ts";
import { S_IFDIR, S_IFMT } from "../../abi/stat.ts";
import { strerror } from "../../libc/strerror.ts";
import { type Builtin, regular } from "../bltin.ts";
import type { Shell } from "../shell.ts";
import { EXPORT } from "../var.ts";
import { options } from "./vars.ts";

function isDirectory(sh: Shell, path: string): boolean {
  const st = sh.sys.tryStatat(AT_FDCWD, path, 0);
  return !(st instanceof Errno) && (st.mode & S_IFMT) === S_IFDIR;
}

/** The logical path that `dir` leads to from `cwd`; undefined when that is not known. */
function logicalPath(cwd: string | undefined, dir: string): string | undefined {
  if (!dir.startsWith("/") && cwd === undefined) return undefined;
  const parts = dir.startsWith("/") ? [] : (cwd as string).split("/").filter((p) => p !== "");
  // "//" at the beginning is kept, as POSIX allows.
  const root = dir.startsWith("//") && !dir.startsWith("///") ? "//" : "/";
  for (const part of dir.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") {
      parts.pop();
    } else parts.push(part);
  }
  return root + parts.join("/");
}

/** Goes there; false with the error kept by the caller. */
function change(sh: Shell, dir: string, physical: boolean): Errno | undefined {
  let target = dir;
  let logical: string | undefined;
  if (!physical) {
    logical = logicalPath(sh.cwd, dir);
    if (logical !== undefined) target = logical;
  }
  try {
    sh.sys.chdir(target);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return e;
  }
  setCwd(sh, logical, true);
  return undefined;
}

/** Notes where the shell is; undefined: ask the kernel. */
export function setCwd(sh: Shell, logical: string | undefined, setOld: boolean): void {
  const old = sh.cwd;
  if (setOld) sh.set("OLDPWD", old ?? sh.get("PWD") ?? "", EXPORT);
  sh.cwd = logical ?? currentDirectory(sh);
  sh.set("PWD", sh.cwd ?? "", EXPORT);
}

function currentDirectory(sh: Shell): string | undefined {
  try {
    return sh.sys.getcwd();
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return undefined;
  }
}

function cdMain(sh: Shell, argv: readonly string[]): Blocking<number> {
  const { given, rest } = options(sh, argv, "LP");
  const physical = given.endsWith("P");
  let dir = rest[0];
  let show = false;
  if (dir === undefined) {
    dir = sh.get("HOME") ?? "";
  } else if (dir === "-") {
    dir = sh.get("OLDPWD") ?? "";
    show = true;
  }
  if (dir === "") dir = ".";
  const cdpath = sh.get("CDPATH");
  if (cdpath !== undefined && cdpath !== "" && !/^\/|^\.\.?(\/|$)/.test(dir)) {
    for (const entry of cdpath.split(":")) {
      const path = entry === "" ? dir : entry.endsWith("/") ? entry + dir : `${entry}/${dir}`;
      if (!isDirectory(sh, path)) continue;
      if (change(sh, path, physical) === undefined) {
        return show || entry !== "" ? sh.print(`${sh.cwd ?? ""}\n`) : 0;
      }
    }
  }
  const e = change(sh, dir, physical);
  if (e !== undefined) throw sh.error(`can't cd to ${dir}: ${strerror(e)}`);
  return show ? sh.print(`${sh.cwd ?? ""}\n`) : 0;
}

function pwdMain(sh: Shell, argv: readonly string[]): Blocking<number> {
  const physical = options(sh, argv, "LP").given.endsWith("P");
  const dir = physical ? currentDirectory(sh) : (sh.cwd ?? currentDirectory(sh));
  return sh.print(`${dir ?? ""}\n`);
}

export const CD = (): readonly Builtin[] => [
  regular("cd", cdMain),
  regular("chdir", cdMain),
  regular("pwd", pwdMain),
];
