// Listing and extracting cpio archives: cpio -i, -t.
import { ENOENT, Errno } from "../../abi/errno.ts";
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW } from "../../abi/fcntl.ts";
import type { Steps } from "../../abi/program.ts";
import { makedev } from "../../abi/stat.ts";
import { concat, strOf } from "../../lib/bytes.ts";
import type { CpioEntry, CpioReader } from "../../lib/cpio.ts";
import { fnmatch } from "../../libc/fnmatch.ts";
import { die, type Process } from "../../libc/process.ts";
import { modeString, S_ISDIR, S_ISLNK, S_ISREG } from "../../libc/stat.ts";
import { link, unlink } from "../../libc/unistd.ts";
import type { Owner } from "../libbb/owner.ts";
import { clock, type LocalClock } from "../libbb/times.ts";
import type { Extractor, Member } from "./extract.ts";
import { attempt, type Feed } from "./feed.ts";
import { SafeNames } from "./member-names.ts";

export interface CpioReadOptions {
  /** undefined: only listed, or -p's data to stdout. */
  extractor: Extractor | undefined;
  toStdout: boolean;
  show: "nothing" | "name" | "long";
  patterns: readonly string[];
  /** -u: what is newer gets replaced too. */
  unconditional: boolean;
  owner: Owner | undefined;
}

/** The longest target of a symbolic link. */
const LINK_MAX = 1 << 16;

function longLine(m: Member, times: LocalClock): string {
  const time = times.full(m.mtime).slice(0, 19);
  const target = m.linkname === "" ? "" : ` -> ${m.linkname}`;
  return `${modeString(m.mode)} ${m.uid}/${m.gid} ${String(m.size).padStart(9)} ${time} ${m.name}${target}\n`;
}

/** Goes through the archive: how many bytes it has. What is wrong with it ends the program. */
export function* readCpio(
  p: Process,
  reader: CpioReader,
  feed: Feed,
  o: CpioReadOptions,
): Steps<number> {
  const { sys } = p;
  const names = new SafeNames(p);
  const times = yield* clock(p);
  /** Names without data: they are links to the file that has some, which comes last. */
  const pending = new Map<string, Member[]>();
  const late: [name: string, target: string, mtime: number][] = [];

  function* newer(name: string, mtime: number): Steps<boolean> {
    if (o.unconditional) return false;
    const st = sys.tryStatat(AT_FDCWD, name, AT_SYMLINK_NOFOLLOW);
    if (st instanceof Errno || st.mtime.sec < mtime || S_ISDIR(st.mode)) return false;
    yield* p.warnx(`${name} not created: newer or same age file exists`);
    return true;
  }

  for (;;) {
    if (--sys.budget < 0) yield* sys.sched_yield();
    const entry = attempt(() => reader.next());
    if (entry === undefined) {
      if (!reader.needsInput) break;
      yield* feed.more();
      continue;
    }
    const key = `${entry.devmajor}:${entry.devminor}:${entry.ino}`;
    const name = yield* names.strip(entry.name);
    const wanted =
      o.patterns.length === 0 || o.patterns.some((pattern) => fnmatch(pattern, name, 0, false));
    const member = memberOf(entry, name, o.owner);
    if (entry.nlink > 1 && entry.size === 0 && S_ISREG(entry.mode)) {
      const list = pending.get(key) ?? [];
      list.push(member);
      pending.set(key, list);
      continue;
    }
    if (S_ISLNK(entry.mode)) {
      if (entry.size > LINK_MAX) die("malformed cpio header");
      const parts: Uint8Array[] = [];
      for (let piece = yield* feed.data(); piece !== undefined; piece = yield* feed.data())
        parts.push(piece);
      member.linkname = strOf(concat(parts));
      member.size = 0;
    }
    if (entry.nlink > 1 && S_ISREG(entry.mode)) {
      for (const other of pending.get(key) ?? []) late.push([other.name, name, entry.mtime]);
      pending.delete(key);
    }
    if (!wanted) continue;
    if (o.show !== "nothing") {
      const w = p.stdout.puts(o.show === "name" ? `${name}\n` : longLine(member, times));
      if (w) yield* w;
    }
    if (o.toStdout) {
      if (!S_ISREG(member.mode)) continue;
      for (let piece = yield* feed.data(); piece !== undefined; piece = yield* feed.data()) {
        const w = p.stdout.write(piece);
        if (w) yield* w;
      }
    } else if (o.extractor !== undefined) {
      if (!(yield* newer(name, entry.mtime))) yield* o.extractor.extract(member, () => feed.data());
    }
  }
  if (o.extractor !== undefined) {
    yield* o.extractor.finish();
    for (const [name, target, mtime] of late) {
      if (o.patterns.length > 0 && !o.patterns.some((pattern) => fnmatch(pattern, name, 0, false)))
        continue;
      if (yield* newer(name, mtime)) continue;
      makeLink(p, target, name);
    }
    // Files of several names that hold nothing.
    for (const list of pending.values()) yield* emptyLinks(p, o.extractor, list);
  }
  return reader.offset;
}

function memberOf(entry: CpioEntry, name: string, owner: Owner | undefined): Member {
  return {
    name,
    mode: entry.mode,
    uid: owner?.uid ?? entry.uid,
    gid: owner?.gid ?? entry.gid,
    uname: "",
    gname: "",
    size: entry.size,
    mtime: entry.mtime,
    linkname: "",
    hardLink: false,
    rdev: makedev(entry.rdevmajor, entry.rdevminor),
  };
}

function makeLink(p: Process, target: string, name: string): void {
  try {
    unlink(p.sys, name);
  } catch (e) {
    if (e !== ENOENT) throw e;
  }
  try {
    link(p.sys, target, name);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    die(`can't create hardlink '${name}' to '${target}'`);
  }
}

function* emptyLinks(p: Process, extractor: Extractor, members: readonly Member[]): Steps<void> {
  const [first, ...others] = members;
  if (first === undefined) return;
  yield* extractor.extract(first, function* () {
    return undefined;
  });
  for (const { name } of others) makeLink(p, first.name, name);
}
