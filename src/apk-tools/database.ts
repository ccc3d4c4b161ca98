// The database in memory: names, packages, repositories, world and what is installed.
import type { Dependency } from "./dependency.ts";
import type { InstalledPackage } from "./installed.ts";
import type { Name } from "./name.ts";
import { NameTable } from "./names.ts";
import type { Package } from "./package.ts";
import type { Repository } from "./repository.ts";

/** What apk knows about a root and its repositories. Filled by open.ts; made for one command. */
export class Database {
  readonly names: NameTable = new NameTable();
  /** By identity; packages without one are not shared and stand in `names` alone. */
  readonly packages: Map<string, Package> = new Map();
  readonly repositories: Repository[] = [];
  /** Sorted by name, as etc/apk/world is written. */
  world: Dependency[] = [];
  /** In the order of the file: newly installed ones at the end. */
  installed: InstalledPackage[] = [];
  /** Architectures whose packages may be installed, the first the one of indexes. Empty: any. */
  arches: string[] = [];
  /** Packages that have an install_if. */
  readonly withInstallIf: Package[] = [];
  /** fix --directory-permissions: a commit sets owner and mode of all directories. */
  resetDirectories = false;
  /** Indexes have packages that are of no use: broken dependencies, or made for a newer apk. */
  brokenPackages = false;
  newerPackages = false;
  /** Those with triggers, in the order of lib/apk/db/triggers. */
  triggers: InstalledPackage[] = [];

  /** The name, made when nobody knew it. */
  name(name: string): Name {
    return this.names.getOrMake(name);
  }

  /** Adds a package, or finds the one with its identity; that one is answered. Duplicates share what they say. */
  add(pkg: Package): Package {
    const { identity } = pkg;
    const known = identity === "" ? undefined : this.packages.get(identity);
    if (known !== undefined) {
      known.repositories |= pkg.repositories;
      if (pkg.filename !== "") known.filename = pkg.filename;
      return known;
    }
    if (identity !== "") this.packages.set(identity, pkg);
    if (pkg.installIfText !== "") this.withInstallIf.push(pkg);
    this.names.add(pkg);
    return pkg;
  }

  isArchAllowed(arch: string): boolean {
    return (
      arch === "" || arch === "noarch" || this.arches.length === 0 || this.arches.includes(arch)
    );
  }

  /** Is it the tag of a repository, or none? */
  knowsTag(tag: string): boolean {
    return tag === "" || this.repositories.some((repo) => repo.tag === tag);
  }

  /** The installed package of that name (not one that provides it). */
  installedByName(name: string): InstalledPackage | undefined {
    return this.names
      .get(name)
      ?.providers.find(({ pkg }) => pkg.name === name && pkg.installed !== undefined)?.pkg
      .installed;
  }
}
