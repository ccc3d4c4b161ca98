// Who owns what: installed files and directories by their paths.
import type { Database } from "./database.ts";
import type { InstalledDirectory, InstalledFile, InstalledPackage } from "./installed.ts";

/** A file of an installed package. */
export interface Owner {
  readonly by: InstalledPackage;
  readonly directory: InstalledDirectory;
  readonly file: InstalledFile;
}

/** A directory and the packages that list it. */
interface Shared {
  readonly files: Map<string, Owner>;
  /** In the order of installation. */
  readonly owners: Map<InstalledPackage, InstalledDirectory>;
}

export class Owners {
  readonly #directories = new Map<string, Shared>();

  constructor(db: Database) {
    for (const one of db.installed) this.add(one);
  }

  add(by: InstalledPackage): void {
    for (const directory of by.directories) {
      const shared = this.#shared(directory.path);
      shared.owners.set(by, directory);
      for (const file of directory.files) shared.files.set(file.name, { by, directory, file });
    }
  }

  #shared(path: string): Shared {
    let shared = this.#directories.get(path);
    if (shared === undefined) {
      shared = { files: new Map(), owners: new Map() };
      this.#directories.set(path, shared);
    }
    return shared;
  }

  /** Forgets a package; files that another has taken over meanwhile stay that one's. */
  remove(by: InstalledPackage): void {
    for (const { path, files } of by.directories) {
      const shared = this.#directories.get(path);
      if (shared === undefined) continue;
      shared.owners.delete(by);
      for (const { name } of files)
        if (shared.files.get(name)?.by === by) shared.files.delete(name);
      if (shared.owners.size === 0 && shared.files.size === 0) this.#directories.delete(path);
    }
  }

  file(directory: string, name: string): Owner | undefined {
    return this.#directories.get(directory)?.files.get(name);
  }

  fileAt(path: string): Owner | undefined {
    const slash = path.lastIndexOf("/");
    return this.file(path.slice(0, Math.max(0, slash)), path.slice(slash + 1));
  }

  /** The packages that list a directory, and how. */
  directory(path: string): ReadonlyMap<InstalledPackage, InstalledDirectory> {
    return this.#directories.get(path)?.owners ?? new Map();
  }

  /** Names of the files in a directory. */
  files(path: string): ReadonlyMap<string, Owner> {
    return this.#directories.get(path)?.files ?? new Map();
  }

  /** All directories that are owned. */
  get directories(): Iterable<string> {
    return this.#directories.keys();
  }
}
