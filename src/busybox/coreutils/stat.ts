// stat: what the kernel knows of files and file systems (as in GNU)
import { Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import {
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
  type Stat,
  type StatFs,
  type Timespec,
} from "../../abi/stat.ts";
import { getopt } from "../../libc/getopt.ts";
import { UserDb } from "../../libc/passwd.ts";
import type { Process } from "../../libc/process.ts";
import { modeString, S_ISBLK, S_ISCHR, S_ISLNK } from "../../libc/stat.ts";
import { lstat, readlink, stat as statCall } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { clock, type LocalClock } from "../libbb/times.ts";

const TYPES: Readonly<Record<number, string>> = {
  [S_IFSOCK]: "socket",
  [S_IFLNK]: "symbolic link",
  [S_IFREG]: "regular file",
  [S_IFBLK]: "block special file",
  [S_IFDIR]: "directory",
  [S_IFCHR]: "character special file",
  [S_IFIFO]: "fifo",
};

/** Magic numbers of file systems and their names (linux/magic.h). */
const FILE_SYSTEMS: readonly (readonly [magic: number, name: string])[] = [
  [0xadf5, "adfs"],
  [0x1cd1, "devpts"],
  [0x137d, "ext"],
  [0xef51, "ext2"],
  [0xef53, "ext2/ext3"],
  [0x3153464a, "jfs"],
  [0x58465342, "xfs"],
  [0xf995e849, "hpfs"],
  [0x9660, "isofs"],
  [0x4000, "isofs"],
  [0x4004, "isofs"],
  [0x137f, "minix"],
  [0x138f, "minix (30 char.)"],
  [0x2468, "minix v2"],
  [0x2478, "minix v2 (30 char.)"],
  [0x4d44, "msdos"],
  [0x4006, "fat"],
  [0x564c, "novell"],
  [0x6969, "nfs"],
  [0x9fa0, "proc"],
  [0x517b, "smb"],
  [0x12ff7b4, "xenix"],
  [0x12ff7b5, "sysv4"],
  [0x12ff7b6, "sysv2"],
  [0x12ff7b7, "coh"],
  [0x11954, "ufs"],
  [0x12fd16d, "xia"],
  [0x5346544e, "ntfs"],
  [0x1021994, "tmpfs"],
  [0x52654973, "reiserfs"],
  [0x28cd3d45, "cramfs"],
  [0x7275, "romfs"],
  [0x858458f6, "ramfs"],
  [0x73717368, "squashfs"],
  [0x62656572, "sysfs"],
];

function decimal(number: number): Value {
  return { number, base: 10 };
}

function fileSystemName(type: number): string {
  return FILE_SYSTEMS.find(([magic]) => magic === type)?.[1] ?? "UNKNOWN";
}

/** One value in a format: text, a number in decimal, or one in another base. */
type Value = string | { readonly number: number; readonly base: 8 | 10 | 16 };

/** Writes `%` directives, each with flags, width and precision as in printf(3). */
function expand(format: string, value: (letter: string) => Value | undefined): string {
  return format.replace(
    /%([-+ #0]*)([0-9]*)(?:\.([0-9]*))?([\s\S]?)/g,
    (_, flags: string, width: string, precision: string | undefined, letter: string) => {
      // The end of the line is no letter, but it is used up.
      if (letter === "" || letter === "%" || letter === "\n") return "%";
      const v = value(letter) ?? letter;
      const columns = Math.min(Number(width), 1 << 16);
      let text: string;
      if (typeof v === "string") text = precision === undefined ? v : v.slice(0, Number(precision));
      else {
        const prefix = flags.includes("#") && v.base !== 10 ? (v.base === 8 ? "0" : "0x") : "";
        text =
          prefix +
          v.number.toString(v.base).padStart(Math.min(Number(precision ?? 0), 1 << 16), "0");
      }
      if (flags.includes("-")) return text.padEnd(columns);
      return text.padStart(columns, flags.includes("0") && typeof v !== "string" ? "0" : " ");
    },
  );
}

class Teller {
  readonly #p: Process;
  readonly #clock: LocalClock;
  readonly #users: ReadonlyMap<number, string>;
  readonly #groups: ReadonlyMap<number, string>;

  constructor(
    p: Process,
    times: LocalClock,
    users: ReadonlyMap<number, string>,
    groups: ReadonlyMap<number, string>,
  ) {
    this.#p = p;
    this.#clock = times;
    this.#users = users;
    this.#groups = groups;
  }

  #time(t: Timespec): string {
    const fraction = `.${String(t.nsec).padStart(9, "0")}`;
    return this.#clock.full(t.sec).replace(/ (?=[-+][0-9]*$)/, `${fraction} `);
  }

  ofFile(name: string, st: Stat): (letter: string) => Value | undefined {
    const hex = (number: number): Value => ({ number, base: 16 });
    const device = S_ISCHR(st.mode) || S_ISBLK(st.mode) ? st.rdev : 0;
    return (letter) => {
      switch (letter) {
        case "n":
          return name;
        case "N":
          return S_ISLNK(st.mode) ? `'${name}' -> '${readlink(this.#p.sys, name)}'` : name;
        case "d":
          return decimal(st.dev);
        case "D":
          return hex(st.dev);
        case "i":
          return decimal(st.ino);
        case "a":
          return { number: st.mode & 0o7777, base: 8 };
        case "A":
          return modeString(st.mode);
        case "f":
          return hex(st.mode);
        case "F":
          return (st.mode & S_IFMT) === S_IFREG && st.size === 0
            ? "regular empty file"
            : (TYPES[st.mode & S_IFMT] ?? "weird file");
        case "h":
          return decimal(st.nlink);
        case "u":
          return decimal(st.uid);
        case "U":
          return this.#users.get(st.uid) ?? "UNKNOWN";
        case "g":
          return decimal(st.gid);
        case "G":
          return this.#groups.get(st.gid) ?? "UNKNOWN";
        case "t":
          return hex((device >>> 8) & 0xfff);
        case "T":
          return hex((device & 0xff) | ((device >>> 12) & ~0xff));
        case "s":
          return decimal(st.size);
        case "B":
          return decimal(512);
        case "b":
          return decimal(st.blocks);
        case "o":
          return decimal(st.blksize);
        case "x":
          return this.#time(st.atime);
        case "X":
          return decimal(st.atime.sec);
        case "y":
          return this.#time(st.mtime);
        case "Y":
          return decimal(st.mtime.sec);
        case "z":
          return this.#time(st.ctime);
        case "Z":
          return decimal(st.ctime.sec);
        default:
          return undefined;
      }
    };
  }
}

function ofFileSystem(name: string, fs: StatFs): (letter: string) => Value | undefined {
  return (letter) => {
    switch (letter) {
      case "n":
        return name;
      case "i":
        return "0";
      case "l":
        return decimal(fs.namelen);
      case "t":
        return { number: fs.type, base: 16 };
      case "T":
        return fileSystemName(fs.type);
      case "b":
        return decimal(fs.blocks);
      case "f":
        return decimal(fs.bfree);
      case "a":
        return decimal(fs.bavail);
      case "s":
      case "S":
        return decimal(fs.bsize);
      case "c":
        return decimal(fs.files);
      case "d":
        return decimal(fs.ffree);
      default:
        return undefined;
    }
  };
}

const FS_TERSE = "%n %i %l %t %s %b %f %a %c %d\n";
const FS_FULL = `  File: "%n"
    ID: %-8i Namelen: %-7l Type: %T
Block size: %-10s
Blocks: Total: %-10b Free: %-10f Available: %a
Inodes: Total: %-10c Free: %d
`;
const TERSE = "%n %s %b %f %u %g %D %i %h %t %T %X %Y %Z %o\n";

function fullFormat(st: Stat): string {
  const device =
    S_ISCHR(st.mode) || S_ISBLK(st.mode) ? "  Links: %-5h Device type: %t,%T" : "  Links: %h";
  return `  File: %N
  Size: %-10s\tBlocks: %-10b IO Block: %-6o %F
Device: %Dh/%dd\tInode: %-10i${device}
Access: (%04a/%10.10A)  Uid: (%5u/%8U)   Gid: (%5g/%8G)
Access: %x
Modify: %y
Change: %z
`;
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "tLfc:", { min: 1 });
  const own = opt.get("c");
  const terse = opt.has("t");
  const db = new UserDb(p.sys);
  const teller = new Teller(p, yield* clock(p), yield* db.userNames(), yield* db.groupNames());
  let status = 0;
  for (const name of opt.operands) {
    let text: string;
    try {
      if (opt.has("f")) {
        const format = own === undefined ? (terse ? FS_TERSE : FS_FULL) : `${own}\n`;
        text = expand(format, ofFileSystem(name, p.sys.statfs(name)));
      } else {
        const st = opt.has("L") ? statCall(p.sys, name) : lstat(p.sys, name);
        const format = own === undefined ? (terse ? TERSE : fullFormat(st)) : `${own}\n`;
        text = expand(format, teller.ofFile(name, st));
      }
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      yield* p.warn(
        `${opt.has("f") ? "can't read file system information for" : "can't stat"} '${name}'`,
        e,
      );
      status = 1;
      continue;
    }
    const w = p.stdout.puts(text);
    if (w) yield* w;
  }
  return status;
}

export const stat: Applet = {
  name: "stat",
  path: "/bin/stat",
  usage: `[-Ltf] [-c FMT] FILE...

Tell about FILEs, or the file systems they are on

	-c FMT	As FMT says
	-f	About the file system
	-L	What links point to
	-t	All on one line

In FMT, of files:
 %a	Permissions in octal		%A	as ls shows them
 %b	Blocks taken			%B	bytes in such a block
 %d	Device				%D	in hex
 %f	Mode in hex			%F	kind of file
 %g	Group's number			%G	its name
 %h	Hard links			%i	inode
 %n	Name				%N	name, and where a link points to
 %o	Best size to read		%s	size
 %t	Major device number in hex	%T	minor
 %u	Owner's number			%U	his name
 %x	Last access			%X	in seconds since 1970
 %y	Last change			%Y	in seconds since 1970
 %z	Last change of status		%Z	in seconds since 1970

In FMT, of file systems:
 %a	Blocks free for users		%b	all blocks
 %c	All inodes			%d	free inodes
 %f	Free blocks			%i	identity in hex
 %l	Longest name			%n	name
 %s	Block size			%S	the same
 %t	Kind in hex			%T	kind
`,
  main,
};
