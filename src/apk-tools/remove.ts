// Takes files of packages from the disk: those that an upgrade left behind, and those of a package that goes.
import { Errno } from "../abi/errno.ts";
import type { Steps } from "../abi/program.ts";
import { S_ISDIR, S_ISLNK } from "../libc/stat.ts";
import type { Context } from "./context.ts";
import { checksumOfFile, type InstallState } from "./install.ts";
import type { InstalledFile, InstalledPackage } from "./installed.ts";

/**
 * Removes the files of `one` that still are its own, but not those at `kept` (places of files that a newer version has
 * just put there), then the directories that nobody owns any more, if they are empty. Call it when `owners` knows the
 * newer version and no longer `one`. Protected files that were changed stay, unless --purge.
 */
export function* removeFiles(
  ctx: Context,
  state: InstallState,
  one: InstalledPackage,
  kept: ReadonlySet<string>,
): Steps<void> {
  const { root } = ctx;
  const { owners, changed } = state;
  for (const { path: dir, files } of one.directories) {
    for (const file of files) {
      const path = dir === "" ? file.name : `${dir}/${file.name}`;
      if (owners.file(dir, file.name) !== undefined) continue;
      changed.add(dir);
      try {
        if (kept.has(root.place(path).real)) continue;
        if (yield* stays(ctx, state, path, file)) continue;
        root.tryUnlink(path);
        if (ctx.settings.purge) root.tryUnlink(`${path}.apk-new`);
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
      }
    }
    if (--ctx.sys.budget < 0) yield* ctx.sys.sched_yield();
  }
  const gone = one.directories.map((each) => each.path).filter((path) => path !== "");
  for (const path of gone.sort().reverse()) {
    if (owners.directory(path).size > 0 || owners.files(path).size > 0) continue;
    try {
      root.rmdir(path);
    } catch (e) {
      // Others' files are in it, or it is a link: no business of ours.
      if (!(e instanceof Errno)) throw e;
    }
  }
}

/** Is it a protected file with other contents than ours? Directories in a file's place stay in any case. */
function* stays(
  ctx: Context,
  { rules, overlay }: InstallState,
  path: string,
  file: InstalledFile,
): Steps<boolean> {
  const st = ctx.root.lstat(path);
  if (st === undefined) return false;
  if (S_ISDIR(st.mode) || overlay.has(path)) return true;
  const protection = rules.of(path);
  if (ctx.settings.purge || protection === "none") return false;
  if (protection === "symlinks" && !S_ISLNK(st.mode)) return false;
  return (yield* checksumOfFile(ctx, path, st, file.checksum)) !== file.checksum;
}
