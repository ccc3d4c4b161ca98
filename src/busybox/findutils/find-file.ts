// One file as find looks at it: what the directory told of it, and stat(2) only when that is asked for.
import { ENOENT, Errno } from "../../abi/errno.ts";
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW } from "../../abi/fcntl.ts";
import type { Sys } from "../../abi/program.ts";
import { S_IFDIR, S_IFMT, type Stat } from "../../abi/stat.ts";
import { lastPart } from "../libbb/path.ts";

/** A file that was found. */
export class FoundFile {
  readonly sys: Sys;
  readonly path: string;
  readonly depth: number;
  /** -prune: do not descend. */
  pruned = false;
  readonly #name: string | undefined;
  readonly #follow: boolean;
  #type: number | undefined;
  #stat: Stat | undefined;

  /** `name` and `type` (S_IFMT bits) as the directory has them, where it is known. */
  constructor(
    sys: Sys,
    path: string,
    depth: number,
    follow: boolean,
    name?: string,
    type?: number,
  ) {
    this.sys = sys;
    this.path = path;
    this.depth = depth;
    this.#follow = follow;
    this.#name = name;
    this.#type = type;
  }

  get name(): string {
    return this.#name ?? lastPart(this.path);
  }

  /** S_IFMT bits. */
  get type(): number {
    if (this.#type === undefined) this.#type = this.stat.mode & S_IFMT;
    return this.#type;
  }

  get isDirectory(): boolean {
    return this.type === S_IFDIR;
  }

  /** Throws Errno; a link that leads nowhere stands for itself. */
  get stat(): Stat {
    if (this.#stat !== undefined) return this.#stat;
    let st = this.sys.tryStatat(AT_FDCWD, this.path, this.#follow ? 0 : AT_SYMLINK_NOFOLLOW);
    if (st === ENOENT && this.#follow)
      st = this.sys.tryStatat(AT_FDCWD, this.path, AT_SYMLINK_NOFOLLOW);
    if (st instanceof Errno) throw st;
    this.#stat = st;
    return st;
  }
}
