// lbu commit, list-backup and revert: overlays on a medium, and the earlier ones that are kept.
import { Errno } from "../abi/errno.ts";
import { isSteps, type Steps } from "../abi/program.ts";
import { link, readFile, rename, stat, writeFile } from "../libc/unistd.ts";
import { makePackage } from "./lbu-package.ts";
import type { Lbu } from "./lbu-state.ts";
import { basename } from "./libalpine.ts";

/** "host.20240516222850.tar.gz" for "host.apkovl.tar.gz" of that time (UTC). */
function backupName(lbu: Lbu, overlay: string): string {
  const { sec } = stat(lbu.s.sys, overlay).mtime;
  const date = new Date(sec * 1000).toISOString().replace(/\D/g, "").slice(0, 14);
  const slash = overlay.lastIndexOf("/") + 1;
  const name = overlay.slice(slash).replace(".apkovl.tar.gz", `.${date}.tar.gz`);
  return overlay.slice(0, slash) + name;
}

/** Keeps an overlay under a second name, so that it is never missing under its own. */
function* keep(lbu: Lbu, overlay: string, backup: string): Steps<void> {
  const { sys } = lbu.s;
  lbu.s.remove(backup);
  try {
    link(sys, overlay, backup);
  } catch (e) {
    // vfat has no links.
    if (!(e instanceof Errno)) throw e;
    yield* writeFile(sys, backup, yield* readFile(sys, overlay));
    yield* lbu.fsync(backup);
  }
}

/** Removes the oldest of what is kept. */
function* prune(lbu: Lbu, dir: string): Steps<void> {
  const host = yield* lbu.s.hostname();
  const found = yield* lbu.s.glob(`${dir}/${host}.[0-9][0-9][0-9][0-9]*[0-9].tar.gz*`);
  for (const path of found.sort().slice(0, Math.max(0, found.length - lbu.backupLimit)))
    lbu.s.remove(path);
}

/** Tells of overlays that are not ours. */
function* refuse(lbu: Lbu, found: readonly string[]): Steps<never> {
  yield* lbu.s.eecho("The following apkovl file(s) were found:");
  for (const path of found) yield* lbu.s.eecho(path);
  yield* lbu.s.eecho("");
  lbu.s.die("Please use -d to replace.");
}

export function* commit(lbu: Lbu, args: readonly string[]): Steps<number> {
  const { s } = lbu;
  yield* lbu.checkOpenssl();
  if (lbu.dryRun) s.verbose = true;
  const media = lbu.backupDir === "" ? args[0] || lbu.media : "";
  if (lbu.backupDir === "" && (media === "" || !s.isDir(`/media/${media}`))) yield* s.showUsage(1);
  const dir = (yield* lbu.place(media, true)) ?? "";
  const overlay = yield* lbu.overlay(dir);
  const found = (yield* s.glob(`${dir}/*.apkovl.tar.gz*`)).filter((path) => !path.endsWith(".new"));
  let before = function* (): Steps<void> {};
  if (lbu.deleteOld && found.length > 0) {
    if (s.verbose) {
      yield* s.eecho("Removing old apk overlay files:");
      for (const path of found) yield* s.echo(path);
      yield* s.eecho("");
    }
  } else if (found.length === 1 && found[0] === overlay) {
    const backup = backupName(lbu, overlay);
    yield* s.vecho(`Creating backup ${backup}`);
    before = function* () {
      yield* keep(lbu, overlay, backup);
    };
  } else if (found.length > 0) yield* refuse(lbu, found);
  if ((yield* makePackage(lbu, overlay, before)) !== 0)
    s.die("Problems creating archive. aborting");
  if (!lbu.dryRun) {
    // Only now, so that there is always one.
    if (lbu.deleteOld) for (const path of found) if (path !== overlay) s.remove(path);
    yield* prune(lbu, dir);
    if (s.isFile(`${dir}/packages.list`)) {
      yield* s.echo(`Note: Removing packages.list from ${basename(dir)}.`);
      yield* s.echo("      /var/lib/apk/world will be used.");
      s.remove(`${dir}/packages.list`);
    }
  }
  const sync = s.sys.sync();
  if (isSteps(sync)) yield* sync;
  yield* s.vecho("Successfully saved apk overlay files");
  return 0;
}

export function* listBackup(lbu: Lbu, args: readonly string[]): Steps<number> {
  const { s } = lbu;
  const dir = yield* lbu.place(args[0], false);
  if (dir === undefined) {
    // The real one tells it on standard output too.
    yield* s.print(s.usage);
    return 1;
  }
  const found = yield* s.glob(`${dir}/*.[0-9][0-9]*[0-9][0-9].tar.gz*`);
  for (const path of found.sort()) yield* s.echo(basename(path));
  return 0;
}

export function* revert(lbu: Lbu, args: readonly string[]): Steps<number> {
  const { s } = lbu;
  const dir = yield* lbu.place(args[1], true);
  if (dir === undefined) return yield* s.showUsage(1);
  const revision = args[0] ?? "";
  const from = `${dir}/${revision}`;
  const current = yield* lbu.overlay(dir);
  if (!s.isFile(from)) s.die(`file not found: ${from}`);
  if (s.isFile(current)) {
    const backup = backupName(lbu, current);
    yield* s.vecho(`Creating backup ${backup}`);
    if (!lbu.dryRun) yield* keep(lbu, current, backup);
  }
  yield* s.vecho(`Reverting to ${revision}`);
  if (!lbu.dryRun) rename(s.sys, from, current);
  return 0;
}
