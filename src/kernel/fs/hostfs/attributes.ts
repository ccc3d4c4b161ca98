// What a host folder cannot keep of a file: owners, set-id bits, special types; by the file's identity on the host.
import { ENOSPC } from "../../../abi/errno.ts";
import type { HostStat } from "../../host.ts";
import type { Memory } from "../../kernel.ts";

/** What an entry is charged in bytes. */
const ENTRY_BYTES = 160;

/** The guest's view where it differs from the host's; absent fields are the host's. */
export interface Attributes {
  /** Permission bits. */
  mode?: number;
  uid?: number;
  gid?: number;
  /** S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK: an empty file on the host stands for it. */
  type?: number;
  rdev?: number;
}

interface Entry extends Attributes {
  birth: number;
}

/** The table of one mounted folder. It lives as long as the mount. */
export class AttributeTable {
  readonly #entries = new Map<string, Entry>();
  readonly #memory: Memory;
  /** True once there are special files: then directory entries do not tell the type. */
  hasTypes = false;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  get(stat: HostStat): Attributes | undefined {
    if (this.#entries.size === 0) return undefined;
    const entry = this.#entries.get(key(stat));
    // Another file may have got the number since.
    return entry?.birth === stat.birth ? entry : undefined;
  }

  /** Adds to what is known of a file; throws ENOSPC when the machine's memory is used up. */
  set(stat: HostStat, attributes: Attributes): void {
    const old = this.get(stat);
    if (old !== undefined) {
      Object.assign(old, attributes);
    } else {
      const name = key(stat);
      if (!this.#entries.has(name) && !this.#memory.charge(ENTRY_BYTES)) throw ENOSPC;
      this.#entries.set(name, { ...attributes, birth: stat.birth });
    }
    if (attributes.type !== undefined) this.hasTypes = true;
  }

  /** The file has lost its last name. */
  forget(dev: number, ino: number): void {
    if (this.#entries.delete(`${dev}:${ino}`)) this.#memory.uncharge(ENTRY_BYTES);
  }

  clear(): void {
    this.#memory.uncharge(this.#entries.size * ENTRY_BYTES);
    this.#entries.clear();
  }
}

function key(stat: HostStat): string {
  return `${stat.dev}:${stat.ino}`;
}
