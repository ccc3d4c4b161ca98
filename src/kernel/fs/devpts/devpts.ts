// devpts: the slaves of pseudo terminals (Linux: Documentation/filesystems/devpts.rst).
import { EINVAL } from "../../../abi/errno.ts";
import { DEVPTS_SUPER_MAGIC } from "../../../abi/mount.ts";
import { type Dirent, DT_CHR, makedev, S_IFCHR, S_IFMT } from "../../../abi/stat.ts";
import type { Kernel } from "../../kernel.ts";
import { type PtsEntry, ptys } from "../../tty/pty.ts";
import type { FileSystemType } from "../filesystems.ts";
import { GeneratedDirectory, GeneratedInode, GeneratedSuperBlock } from "../generated.ts";
import type { Inode, SetAttr } from "../inode.ts";

/** Mount options. Owners that are not given are those of the opener of /dev/ptmx. */
interface Options {
  uid: number | undefined;
  gid: number | undefined;
  mode: number;
  ptmxmode: number;
}

function number(text: string | undefined, radix: number): number {
  if (text === undefined || !(radix === 8 ? /^[0-7]{1,4}$/ : /^\d{1,10}$/).test(text)) throw EINVAL;
  return Number.parseInt(text, radix);
}

function parseOptions(data: string, base: Options): Options {
  const options = { ...base };
  for (const part of data.split(",")) {
    const [name = "", value] = part.split("=", 2);
    switch (name) {
      case "":
      case "newinstance":
        break;
      case "uid":
        options.uid = number(value, 10);
        break;
      case "gid":
        options.gid = number(value, 10);
        break;
      case "mode":
        options.mode = number(value, 8);
        break;
      case "ptmxmode":
        options.ptmxmode = number(value, 8);
        break;
      case "max":
        number(value, 10);
        break;
      default:
        throw EINVAL;
    }
  }
  return options;
}

/** A character device node with changeable owner and mode. */
class PtsInode extends GeneratedInode {
  readonly entry: PtsEntry;

  constructor(sb: Devpts, entry: PtsEntry) {
    super(sb, S_IFCHR);
    this.entry = entry;
    this.rdev = entry.tty.rdev;
    this.refresh();
  }

  override refresh(): void {
    const { settings } = this.sb as Devpts;
    const { entry } = this;
    this.mode = S_IFCHR | (entry.mode ?? settings.mode);
    this.uid = entry.owned ? entry.uid : (settings.uid ?? entry.uid);
    this.gid = entry.owned ? entry.gid : (settings.gid ?? entry.gid);
  }

  override setattr(attr: SetAttr): void {
    const { entry } = this;
    if (attr.mode !== undefined) entry.mode = attr.mode & 0o7777;
    if (attr.uid !== undefined || attr.gid !== undefined) {
      entry.uid = attr.uid ?? this.uid;
      entry.gid = attr.gid ?? this.gid;
      entry.owned = true;
    }
    this.refresh();
  }
}

/** /dev/pts/ptmx: the same as /dev/ptmx. */
class PtmxInode extends GeneratedInode {
  constructor(sb: GeneratedSuperBlock, mode: number) {
    super(sb, S_IFCHR | mode);
    this.rdev = makedev(5, 2);
  }
  override setattr(attr: SetAttr): void {
    if (attr.mode !== undefined) this.mode = (this.mode & S_IFMT) | (attr.mode & 0o7777);
    if (attr.uid !== undefined) this.uid = attr.uid;
    if (attr.gid !== undefined) this.gid = attr.gid;
  }
}

class PtsRoot extends GeneratedDirectory {
  readonly #ptmx: PtmxInode;
  readonly #nodes = new WeakMap<PtsEntry, PtsInode>();

  constructor(sb: Devpts) {
    super(sb, 0o755);
    this.#ptmx = new PtmxInode(sb, sb.settings.ptmxmode);
  }

  override *names(): Iterable<string> {
    yield "ptmx";
    for (const index of ptys(this.sb.kernel).entries.keys()) yield String(index);
  }

  override lookup(name: string): Inode | undefined {
    if (name === "ptmx") return this.#ptmx;
    if (!/^(0|[1-9]\d{0,6})$/.test(name)) return undefined;
    const entry = ptys(this.sb.kernel).entries.get(Number(name));
    if (entry === undefined) return undefined;
    let node = this.#nodes.get(entry);
    if (node === undefined) {
      node = new PtsInode(this.sb as Devpts, entry);
      this.#nodes.set(entry, node);
    }
    node.refresh();
    return node;
  }

  override readdir(): Dirent[] {
    const entries: Dirent[] = [];
    for (const name of this.names()) {
      entries.push({ ino: this.lookup(name)?.ino ?? 0, type: DT_CHR, name });
    }
    return entries;
  }
}

/** A mount of devpts; all show the machine's pseudo terminals, each with options of its own. */
class Devpts extends GeneratedSuperBlock {
  override readonly root: PtsRoot;
  settings: Options;

  constructor(kernel: Kernel, data: string) {
    super(kernel, "devpts", DEVPTS_SUPER_MAGIC, 1024);
    this.settings = parseOptions(data, {
      uid: undefined,
      gid: undefined,
      mode: 0o600,
      ptmxmode: 0,
    });
    this.root = new PtsRoot(this);
  }

  override options(): string {
    const { uid, gid, mode, ptmxmode } = this.settings;
    const parts: string[] = [];
    if (uid !== undefined) parts.push(`uid=${uid}`);
    if (gid !== undefined) parts.push(`gid=${gid}`);
    parts.push(`mode=${mode.toString(8).padStart(3, "0")}`);
    parts.push(`ptmxmode=${ptmxmode.toString(8).padStart(3, "0")}`);
    return parts.join(",");
  }

  override remount(data: string): void {
    this.settings = parseOptions(data, this.settings);
  }
}

/** mount -t devpts. */
export const devpts: FileSystemType = {
  name: "devpts",
  requiresDevice: false,
  mount: (kernel, _task, _source, data) => new Devpts(kernel, data),
};
