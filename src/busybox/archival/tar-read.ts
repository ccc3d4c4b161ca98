// tar t, tar x: listing and extracting.
import { Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { makedev, S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG } from "../../abi/stat.ts";
import type { TarFile, TarReader } from "../../lib/tar.ts";
import { die, type Process } from "../../libc/process.ts";
import { modeString, S_ISREG } from "../../libc/stat.ts";
import { writeAll } from "../../libc/unistd.ts";
import { clock, type LocalClock } from "../libbb/times.ts";
import type { Extractor, Member } from "./extract.ts";
import { attempt, type Feed } from "./feed.ts";
import { type MemberFilter, SafeNames } from "./member-names.ts";

export interface TarReadOptions {
  /** undefined: only listed. */
  extractor: Extractor | undefined;
  /** -O */
  toStdout: boolean;
  /** What is printed of each member. */
  show: "nothing" | "name" | "long";
  filter: MemberFilter;
  stripComponents: number;
}

const TYPES: Readonly<Record<string, number>> = {
  "0": S_IFREG,
  "1": S_IFREG,
  "2": S_IFLNK,
  "3": S_IFCHR,
  "4": S_IFBLK,
  "5": S_IFDIR,
  "6": S_IFIFO,
};

function memberOf(file: TarFile, name: string): Member {
  const type = TYPES[file.type];
  if (type === undefined) {
    return die(`unknown typeflag: 0x${file.type.charCodeAt(0).toString(16)}`);
  }
  return {
    name,
    mode: type | file.mode,
    uid: file.uid,
    gid: file.gid,
    uname: file.uname,
    gname: file.gname,
    size: file.size,
    mtime: file.mtime,
    linkname: file.linkname,
    hardLink: file.type === "1",
    rdev: makedev(file.devmajor, file.devminor),
  };
}

function longLine(m: Member, times: LocalClock): string {
  const time = times.full(Math.floor(m.mtime)).slice(0, 19);
  const owner = `${m.uname === "" ? m.uid : m.uname}/${m.gname === "" ? m.gid : m.gname}`;
  const target = m.linkname === "" ? "" : ` -> ${m.linkname}`;
  return `${modeString(m.mode)} ${owner} ${String(m.size).padStart(9)} ${time} ${m.name}${target}\n`;
}

/** "a/b/c" without its first parts; undefined when nothing is left. */
function withoutComponents(name: string, count: number): string | undefined {
  let at = 0;
  for (let i = 0; i < count; i++) {
    at = name.indexOf("/", at) + 1;
    if (at === 0 || at === name.length) return undefined;
  }
  return name.slice(at);
}

/** Goes through the archive. What is wrong with it ends the program. */
export function* readTar(
  p: Process,
  reader: TarReader,
  feed: Feed,
  o: TarReadOptions,
): Steps<void> {
  const { sys } = p;
  const names = new SafeNames(p);
  const times = yield* clock(p);
  let first = true;

  function* show(text: string): Steps<void> {
    let w = p.stdout.puts(text);
    if (w) yield* w;
    // With -O, data that goes by another way follows: like the original's, the first line is not held back.
    if (!first) return;
    first = false;
    w = p.stdout.flush();
    if (w) yield* w;
  }

  for (;;) {
    if (--sys.budget < 0) yield* sys.sched_yield();
    const file = attempt(() => reader.next());
    if (reader.malformed) {
      reader.malformed = false;
      yield* p.warnx("malformed extended header, skipped");
    }
    if (file === undefined) {
      if (!reader.needsInput) break;
      yield* feed.more();
      continue;
    }
    if (file.type === "V") {
      yield* p.warnx(`warning: skipping header '${file.type}'`);
      continue;
    }
    let name = yield* names.strip(file.name);
    // A directory's slash is for the eye only.
    if (file.type === "5") name = name.replace(/\/$/, "");
    const member = memberOf(file, name);
    const shown = file.type === "5" && file.name.endsWith("/") && name !== "" ? `${name}/` : name;
    if (!o.filter.wanted(shown)) {
      yield* feed.skip(attempt(() => reader.jump()));
      continue;
    }
    if (o.show === "name") yield* show(`${shown}\n`);
    else if (o.show === "long") yield* show(longLine({ ...member, name: shown }, times));
    if (o.toStdout) {
      if (S_ISREG(member.mode)) {
        for (;;) {
          const piece = yield* feed.data();
          if (piece === undefined) break;
          try {
            yield* writeAll(sys, 1, piece);
          } catch (e) {
            if (!(e instanceof Errno)) throw e;
            die("write error");
          }
        }
      }
    } else if (o.extractor !== undefined) {
      const stripped = strip(member, o.stripComponents);
      if (stripped !== undefined) yield* o.extractor.extract(stripped, () => feed.data());
    }
    yield* feed.skip(attempt(() => reader.jump()));
  }
  if (o.extractor !== undefined) yield* o.extractor.finish();
  for (const pattern of o.filter.missing) die(`${pattern}: not found in archive`);
}

function strip(m: Member, count: number): Member | undefined {
  if (count === 0) return m;
  const name = withoutComponents(m.name, count);
  if (name === undefined) return undefined;
  const linkname = m.hardLink ? withoutComponents(m.linkname, count) : m.linkname;
  return linkname === undefined ? undefined : { ...m, name, linkname };
}
