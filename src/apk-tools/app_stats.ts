// apk stats: counts of packages, names and texts (apk-stats(8)).
import type { Steps } from "../abi/program.ts";
import type { Applet } from "./applet.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import type { Acl } from "./installed.ts";
import { allPackages } from "./select.ts";

/** Different texts and owners with modes that the database keeps once each. */
function countAtoms(db: Database): number {
  const atoms = new Set<string>(db.arches.slice(0, 1));
  for (const pkg of allPackages(db)) {
    const { arch, license, origin, maintainer } = pkg.info;
    for (const text of [pkg.version, arch, license, origin, maintainer]) atoms.add(text);
    for (const deps of [pkg.depends, pkg.provides, pkg.installIf, pkg.replaces])
      for (const { version } of deps) atoms.add(version);
  }
  for (const { version, tag } of db.world) atoms.add(version).add(tag);
  for (const { tag } of db.repositories) atoms.add(tag);
  const acls = new Set(["493:0:0:", "420:0:0:"]);
  const addAcl = (acl: Acl | undefined): void => {
    if (acl !== undefined) acls.add(`${acl.mode}:${acl.uid}:${acl.gid}:${acl.xattrs}`);
  };
  for (const { directories, repositoryTag } of db.installed) {
    atoms.add(repositoryTag);
    for (const { acl, files } of directories) {
      addAcl(acl);
      for (const file of files) addAcl(file.acl);
    }
  }
  atoms.delete("");
  return atoms.size + acls.size;
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
