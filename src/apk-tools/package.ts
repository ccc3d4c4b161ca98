// A package as indexes, the installed database, package files and caches tell of it.
import { type Dependency, parseDependencies } from "./dependency.ts";
import type { InstalledPackage } from "./installed.ts";
import { emptyInfo, type PackageInfo } from "./package-info.ts";
import { type RecordHead, readRecord } from "./record.ts";

export { emptyInfo, type PackageInfo };

/** A package that the database knows: one object for one identity, wherever it was seen. */
export class Package {
  readonly name: string;
  readonly version: string;
  /** Either of them is there: all that is said of it, or where that stands. */
  #info: PackageInfo | undefined;
  readonly #head: RecordHead | undefined;
  /** Bit per repository (by number) that has it: a BigInt-free set, as `Repository.bit`. */
  repositories = 0;
  /** Present when it is installed. */
  installed: InstalledPackage | undefined;
  /** A package file named on the command line, or one in the cache. */
  filename = "";
  #depends: readonly Dependency[] | undefined;
  #provides: readonly Dependency[] | undefined;
  #installIf: readonly Dependency[] | undefined;
  #replaces: readonly Dependency[] | undefined;

  /** `info.name` and `info.version` do not change afterwards. A record of an index is read when it is asked for. */
  constructor(info: PackageInfo | RecordHead) {
    this.name = info.name;
    this.version = info.version;
    if ("text" in info) this.#head = info;
    else this.#info = info;
  }

  get info(): PackageInfo {
    this.#info ??= readRecord(this.#head as RecordHead);
    return this.#info;
  }
  /** As info.identity. */
  get identity(): string {
    return (this.#info ?? (this.#head as RecordHead)).identity;
  }
  /** As info.provides. */
  get providesText(): string {
    return (this.#info ?? (this.#head as RecordHead)).provides;
  }
  /** As info.installIf. */
  get installIfText(): string {
    return (this.#info ?? (this.#head as RecordHead)).installIf;
  }
  /** "name-version". */
  get id(): string {
    return `${this.name}-${this.version}`;
  }
  get depends(): readonly Dependency[] {
    this.#depends ??= parseDependencies(this.info.depends);
    return this.#depends;
  }
  get provides(): readonly Dependency[] {
    this.#provides ??= parseDependencies(this.providesText);
    return this.#provides;
  }
  get installIf(): readonly Dependency[] {
    this.#installIf ??= parseDependencies(this.installIfText);
    return this.#installIf;
  }
  get replaces(): readonly Dependency[] {
    this.#replaces ??= parseDependencies(this.info.replaces);
    return this.#replaces;
  }
}
