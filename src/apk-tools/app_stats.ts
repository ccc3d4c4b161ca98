// apk stats: counts of packages, names and texts (apk-stats(8)).
import type { Steps } from "../abi/program.ts";
import type { Applet } from "./applet.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import { allPackages } from "./select.ts";

/** Different texts among versions, architectures, licences, origins, maintainers and commits. */
function countAtoms(db: Database): number {
  const atoms = new Set<string>();
  for (const pkg of allPackages(db)) {
    const { arch, license, origin, maintainer, commit } = pkg.info;
    for (const text of [pkg.version, arch, license, origin, maintainer, commit]) atoms.add(text);
    for (const deps of [pkg.depends, pkg.provides, pkg.installIf, pkg.replaces])
      for (const { version } of deps) atoms.add(version);
  }
  for (const { version } of db.world) atoms.add(version);
  atoms.delete("");
  return atoms.size;
}

/** Names that packages have, provide or speak of. */
function countNames(db: Database): number {
  const names = new Set(db.names.keys());
  for (const pkg of allPackages(db))
    for (const deps of [pkg.depends, pkg.installIf, pkg.replaces])
      for (const { name } of deps) names.add(name);
  for (const { name } of db.world) names.add(name);
  return names.size;
}

function* run(ctx: Context, db: Database): Steps<number> {
  let files = 0;
  let bytes = 0;
  let triggers = 0;
  // The root counts, too.
  const paths = new Set<string>([""]);
  for (const ipkg of db.installed) {
    for (const dir of ipkg.directories) {
      paths.add(dir.path);
      files += dir.files.length;
    }
    bytes += ipkg.pkg.info.installedSize;
    if (ipkg.triggers.length > 0) triggers++;
  }
  yield* ctx.print.out(
    `installed:\n  packages: ${db.installed.length}\n  dirs: ${paths.size}\n  files: ${files}\n` +
      `  bytes: ${bytes}\n  triggers: ${triggers}\navailable:\n  names: ${countNames(db)}\n` +
      `  packages: ${allPackages(db).length}\natoms:\n  num: ${countAtoms(db)}\n`,
  );
  return 0;
}

export const stats: Applet = {
  name: "stats",
  summary: "Count packages, names and files",
  group: "misc",
  arguments: "",
  description: "Counts what is installed and what repositories have.",
  optionGroups: [],
  options: [],
  open: () => ({ access: "read", installed: true, world: true, repositories: true }),
  run,
};
