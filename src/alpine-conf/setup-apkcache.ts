// setup-apkcache: a folder that keeps packages for the next boot (setup-apkcache(8)).
import type { Program, Steps } from "../abi/program.ts";
import { Exit } from "../libc/process.ts";
import { stat, symlink } from "../libc/unistd.ts";
import { type Setup, setupProgram } from "./libalpine.ts";
import { mountOptions } from "./setup-lbu.ts";

const USAGE = `usage: setup-apkcache [-h] [DIR]

Keeps packages that were fetched in a folder; asks for it without DIR

options:
 -h  Show this text
`;
const HELP = `
What is fetched from the network can be kept in a folder, so that it is there at
boot before the network is. Name that folder here.

Enter 'none' to keep nothing.

`;

/** What is mounted last at a place. */
function* rowFor(s: Setup, dir: string, table: string): Steps<string[] | undefined> {
  return (yield* s.rows(table)).findLast((row) => row[1] === dir);
}

/** The mount point a folder is or will be on. */
function* mountPoint(s: Setup, path: string): Steps<string> {
  for (let dir = path; dir !== ""; dir = dir.slice(0, dir.lastIndexOf("/"))) {
    const row = yield* rowFor(s, dir, `${s.root}etc/fstab`);
    if (row !== undefined && s.isDir(dir)) return dir;
  }
  let dir = path;
  while (dir !== "" && !s.isDir(dir)) dir = dir.slice(0, dir.lastIndexOf("/"));
  const { dev } = stat(s.sys, dir || "/");
  while (dir !== "") {
    const parent = dir.slice(0, dir.lastIndexOf("/"));
    if (stat(s.sys, `${parent}/`).dev !== dev) break;
    dir = parent;
  }
  return dir || "/";
}

function* suggest(s: Setup): Steps<string> {
  const etc = `${s.root}etc`;
  if (s.isLink(`${etc}/apk/cache`)) return s.readlink(`${etc}/apk/cache`);
  if (s.isFile(`${etc}/lbu/lbu.conf`)) {
    const conf = yield* s.sourced(`${etc}/lbu/lbu.conf`, ["LBU_MEDIA"]);
    const media = conf.get("LBU_MEDIA") ?? "";
    if (media !== "") return `/media/${media}/cache`;
  }
  if (s.isLink("/dev/usbdisk")) return "/media/usb/cache";
  const root = yield* rowFor(s, "/", `${s.root}proc/mounts`);
  return root?.[2] === "tmpfs" ? "none" : "/var/cache/apk";
}

/** Mounts the folder's file system without the "noauto" that setup-lbu gave it. */
function* mountIt(s: Setup, dir: string): Steps<void> {
  const fstab = `${s.root}etc/fstab`;
  const row = yield* rowFor(s, dir, fstab);
  if (row !== undefined && mountOptions(row[3] ?? "").includes("noauto")) {
    const lines = (yield* s.lines(fstab)).map((line) => {
      const fields = line.split(/[ \t]+/);
      if (fields[1] !== dir) return line;
      const kept = mountOptions(fields[3] ?? "").filter((option) => option !== "noauto");
      fields[3] = kept.join(",") || "defaults";
      return fields.join(" ");
    });
    yield* s.write(fstab, lines.map((line) => `${line}\n`).join(""));
  }
  if ((yield* s.run(["mount", dir])) !== 0) throw new Exit(1);
}

function* main(s: Setup): Steps<number> {
  const { operands } = yield* s.getopts("h");
  const preset = yield* suggest(s);
  let cache = operands[0] ?? "";
  while (operands.length === 0 && cache === "") {
    cache = yield* s.ask("Enter apk cache directory (or '?' or 'none')", preset);
    if (cache !== "?") continue;
    yield* s.print(HELP);
    cache = "";
  }
  if (cache === "none") return 0;
  if (!cache.startsWith("/")) {
    const root = s.root.replace(/\/$/, "");
    const cwd = s.sys.getcwd();
    cache = `${cwd.startsWith(root) ? cwd.slice(root.length) : cwd}/${cache}`;
  }
  const dir = yield* mountPoint(s, cache);
  const table = `${s.root}proc/mounts`;
  // In a chroot the root may not be in the table.
  if (dir !== "/" && (yield* rowFor(s, dir, table)) === undefined) yield* mountIt(s, dir);
  const mounted = yield* rowFor(s, dir, table);
  const readOnly = mountOptions(mounted?.[3] ?? "").includes("ro");
  if (readOnly && (yield* s.run(["mount", "-o", "remount,rw", dir])) !== 0) throw new Exit(1);
  s.mkdirs(s.root + cache);
  s.mkdirs(`${s.root}etc/apk`);
  if (s.isLink(`${s.root}etc/apk/cache`)) s.remove(`${s.root}etc/apk/cache`);
  symlink(s.sys, cache, `${s.root}etc/apk/cache`);
  if (readOnly) yield* s.run(["mount", "-o", "remount,ro", dir]);
  return 0;
}

/** The program. */
export const setupApkcache: Program = setupProgram(USAGE, main);
