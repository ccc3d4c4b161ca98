// e2fsck, fsck.ext2, fsck.ext3, fsck.ext4: check an ext2/3/4 file system and repair it (e2fsck(8)).
import { EACCES, EBUSY, EROFS, Errno } from "../abi/errno.ts";
import { type Steps, settle } from "../abi/program.ts";
import { type Check, check, type Summary } from "../lib/ext4/check.ts";
import { Ext4Error } from "../lib/ext4/error.ts";
import { writeBackups } from "../lib/ext4/format.ts";
import { processOrphans } from "../lib/ext4/orphans.ts";
import {
  INCOMPAT_RECOVER,
  KNOWN_INCOMPAT,
  STATE_ERROR,
  STATE_VALID,
} from "../lib/ext4/superblock.ts";
import { Volume } from "../lib/ext4/volume.ts";
import { getopt } from "../libc/getopt.ts";
import type { Process } from "../libc/process.ts";
import { strerror } from "../libc/strerror.ts";
import { readText, stat, tryStat } from "../libc/unistd.ts";
import { DeviceFile } from "./device.ts";
import { VERSION } from "./version.ts";

const USAGE = `Usage: e2fsck [-panyfvV] DEVICE

Checks an ext2, ext3 or ext4 file system.

	-p, -a	Repair what can be repaired safely, ask nothing
	-n	Change nothing, answer no to all questions
	-y	Answer yes to all questions
	-f	Check also when it is marked clean
	-v	Say more
	-V	Version

Exit status: 0 no errors, 1 repaired, 4 errors left, 8 could not check, 16 wrong usage.
`;

const FIXED = 1;
/** What was repaired is mounted: the kernel must look at it anew. */
const REBOOT = 2;
const LEFT = 4;
const FAILED = 8;

type Mode = "preen" | "no" | "yes" | "ask";

class Run {
  readonly p: Process;
  readonly mode: Mode;
  name = "";
  /** It is mounted read-only meanwhile. */
  mounted = false;
  constructor(p: Process, mode: Mode) {
    this.p = p;
    this.mode = mode;
  }
  *say(text: string): Steps<void> {
    const w = this.p.stdout.puts(text);
    if (w) yield* w;
  }
  /** A line of -p begins with the name of the file system. */
  *tell(text: string): Steps<void> {
    yield* this.say(this.mode === "preen" ? `${this.name}: ${text}\n` : `${text}\n`);
  }

  *answer(prompt: string): Steps<boolean> {
    const { p, mode } = this;
    if (mode !== "ask") {
      yield* this.say(`${prompt}? ${mode === "no" ? "no" : "yes"}\n\n`);
      return mode !== "no";
    }
    yield* this.say(`${prompt}<y>? `);
    const f = p.stdout.flush();
    if (f) yield* f;
    const line = yield* settle(p.stdin.read());
    // End of input, and anything but yes or return, is no.
    const first = line[0];
    return first === 0x79 || first === 0x59 || first === 0x0a;
  }
}

class Unexpected extends Error {}

function* drive(run: Run, checking: Check): Steps<Summary> {
  let answer = false;
  for (;;) {
    const { done, value } = checking.next(answer);
    if (done === true) return value;
    if ("say" in value) {
      // Between two groups others may run.
      if (value.say === "") {
        yield* run.p.sys.sched_yield();
        continue;
      }
      if (run.mode !== "preen") yield* run.say(`${value.say}\n`);
      continue;
    }
    const { text, prompt, safe } = value;
    if (run.mode === "preen") {
      if (!safe || prompt === undefined) {
        yield* run.tell(text);
        throw new Unexpected();
      }
      yield* run.tell(`${text}  FIXED.`);
      answer = true;
    } else if (prompt === undefined) {
      yield* run.say(`${text}\n`);
      answer = false;
    } else {
      yield* run.say(`${text}  `);
      answer = yield* run.answer(prompt);
    }
  }
}

/** Whether what is mounted from a device is mounted read-only everywhere; undefined: it is not mounted. */
function* mountedReadonly(p: Process, path: string): Steps<boolean | undefined> {
  const { rdev } = stat(p.sys, path);
  const table = (yield* readText(p.sys, "/proc/mounts", 1 << 20)) ?? "";
  let found: boolean | undefined;
  const rows = table.split("\n");
  for (const row of rows) {
    const [, place = "", , options = ""] = row.split(" ");
    const name = place.replace(/\\([0-7]{3})/g, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 8)),
    );
    if (name === "" || tryStat(p.sys, name)?.dev !== rdev) continue;
    found = (found ?? true) && options.split(",").includes("ro");
  }
  return found;
}

function* open(run: Run, path: string): Steps<DeviceFile | undefined> {
  const { p, mode } = run;
  const write = mode !== "no";
  try {
    return yield* DeviceFile.open(p.sys, path, write);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    if (e === EBUSY) {
      // The root file system is checked before it may be written.
      if ((yield* mountedReadonly(p, path)) === true) {
        run.mounted = true;
        return yield* DeviceFile.open(p.sys, path, true, false);
      }
      yield* run.say(`${path} is mounted.\n`);
      yield* p.warnx("Cannot continue, aborting.\n");
      return undefined;
    }
    const w = p.stderr.puts(`${p.progname}: ${strerror(e)} while trying to open ${path}\n`);
    if (w) yield* w;
    if (e === EACCES || e === EROFS) {
      yield* run.say("You must have r/w access to the filesystem or be root\n");
    } else yield* run.say("Possibly non-existent device?\n");
    return undefined;
  }
}

function mount(
  p: Process,
  device: DeviceFile,
  replay: boolean,
  log: (text: string) => void,
): Volume {
  return Volume.open(device, {
    readonly: !replay,
    tolerant: true,
    noload: !replay,
    now: () => Math.floor(p.sys.clock_gettime(0).sec),
    log,
  });
}

/** Whether there is a reason for a full check. */
function reason(volume: Volume): string | undefined {
  const s = volume.super;
  const most = (s.u16(0x36) << 16) >> 16;
  if ((s.state & STATE_ERROR) !== 0) return "contains a file system with errors";
  if ((s.state & STATE_VALID) === 0) return "was not cleanly unmounted";
  if (most > 0 && s.u16(0x34) >= most)
    return `has been mounted ${s.u16(0x34)} times without being checked`;
  const interval = s.u32(0x44);
  const days = Math.floor((volume.options.now() - s.u32(0x40)) / 86400);
  if (interval > 0 && days * 86400 >= interval)
    return `has gone ${days} days without being checked`;
  return undefined;
}

function usage(volume: Volume): string {
  const s = volume.super;
  return `${s.inodes - s.freeInodes}/${s.inodes} files`;
}

function* examine(run: Run, device: DeviceFile, path: string, force: boolean): Steps<number> {
  const { p, mode } = run;
  const logged: string[] = [];
  let volume = mount(p, device, false, () => {});
  run.name = volume.super.label === "" ? path : volume.super.label;
  const unknown = volume.super.incompat & ~KNOWN_INCOMPAT;
  if (unknown !== 0) {
    yield* p.warnx(`${path} has unsupported feature(s): 0x${unknown.toString(16)}`);
    return FAILED;
  }
  let fixed = false;
  const s = volume.super;
  if ((s.incompat & INCOMPAT_RECOVER) !== 0) {
    if (mode === "no") {
      yield* run.say(
        "Warning: skipping journal recovery because doing a read-only filesystem check.\n",
      );
    } else {
      yield* run.say(`${run.name}: recovering journal\n`);
      volume = mount(p, device, true, (text) => logged.push(text));
      fixed = true;
    }
  }
  // From here on changes are written in place: nobody else looks at it.
  volume.journal = undefined;
  const orphans = volume.super.lastOrphan !== 0 || (volume.super.roCompat & 0x10000) !== 0;
  if (orphans && mode !== "no") {
    const { freed, cut } = processOrphans(volume);
    for (const text of logged) yield* run.tell(text);
    if (freed > 0)
      yield* run.say(`${run.name}: Clearing ${freed} orphaned inode${freed === 1 ? "" : "s"}\n`);
    if (cut > 0)
      yield* run.say(`${run.name}: Truncating ${cut} orphaned inode${cut === 1 ? "" : "s"}\n`);
    fixed = true;
  }
  const why = volume.journalDamage === undefined ? reason(volume) : "has a damaged journal";
  if (why === undefined && !force) {
    volume.commit();
    device.flush();
    const blocks = `${volume.super.blocks - volume.super.freeBlocks}/${volume.super.blocks}`;
    yield* run.say(`${run.name}: clean, ${usage(volume)}, ${blocks} blocks\n`);
    return 0;
  }
  if (why !== undefined) yield* run.say(`${run.name} ${why}, check forced.\n`);
  if (mode === "ask" && (!p.sys.isatty(0) || !p.sys.isatty(1))) {
    yield* p.warnx("need terminal for interactive repairs");
    return FAILED;
  }
  return yield* full(run, volume, device, fixed);
}

function* full(run: Run, volume: Volume, device: DeviceFile, before: boolean): Steps<number> {
  let summary: Summary;
  const s = volume.super;
  try {
    summary = yield* drive(run, check(volume));
  } catch (e) {
    if (!(e instanceof Unexpected) && !(e instanceof Ext4Error)) throw e;
    if (e instanceof Ext4Error) yield* run.tell(e.message);
    if (run.mode === "preen") {
      yield* run.say(
        `\n\n${run.name}: UNEXPECTED INCONSISTENCY; RUN fsck MANUALLY.\n\t(i.e., without -a or -p options)\n`,
      );
    }
    if (run.mode !== "no") {
      // What was repaired so far stays.
      volume.commit();
      s.state = (s.state & ~STATE_VALID) | STATE_ERROR;
      volume.writeSuper();
      device.flush();
    }
    return LEFT;
  }
  if (run.mode !== "no") {
    if (summary.left) s.state |= STATE_ERROR;
    volume.changeSuper();
    volume.commit();
    if (summary.fixed) writeBackups(volume);
    device.flush();
  }
  const fixed = summary.fixed && run.mode !== "no";
  if (fixed && run.mode !== "preen")
    yield* run.say(`\n${run.name}: ***** FILE SYSTEM WAS MODIFIED *****\n`);
  if (summary.left) {
    yield* run.say(`\n${run.name}: ********** WARNING: Filesystem still has errors **********\n\n`);
  }
  const percent = ((100 * summary.scattered) / Math.max(1, summary.inodes)).toFixed(1);
  yield* run.say(
    `${run.name}: ${usage(volume)} (${percent}% non-contiguous), ${summary.blocks}/${s.blocks} blocks\n`,
  );
  if (summary.left) return LEFT;
  return fixed || before ? FIXED : 0;
}

/** The program. */
export function* e2fsckMain(p: Process): Steps<number> {
  p.usage = USAGE;
  p.errorStatus = 16;
  const opt = getopt(p, "ab:B:cC:dDE:fFj:kl:L:nprstvVyz:");
  if (!opt.has("p") && !opt.has("a")) {
    const v = p.stderr.puts(`e2fsck ${VERSION}\n`);
    if (v) yield* v;
  }
  if (opt.has("V")) return 0;
  const preen = opt.has("p") || opt.has("a");
  if ([preen, opt.has("n"), opt.has("y")].filter(Boolean).length > 1) {
    p.usageError("Only one of the options -p/-a, -n or -y may be specified.");
  }
  for (const each of "bBcDjlLz") {
    if (opt.has(each)) p.usageError(`option -${each} is not supported`);
  }
  const [path] = opt.operands;
  if (path === undefined || opt.operands.length > 1) p.usageError();
  const run = new Run(p, preen ? "preen" : opt.has("n") ? "no" : opt.has("y") ? "yes" : "ask");
  const device = yield* open(run, path);
  if (device === undefined) return FAILED;
  try {
    const status = yield* examine(run, device, path, opt.has("f"));
    if (!run.mounted || (status & FIXED) === 0) return status;
    yield* run.say(`${run.name}: ***** REBOOT SYSTEM *****\n`);
    return status | REBOOT;
  } catch (e) {
    if (e instanceof Ext4Error) {
      const why =
        e.message === "no magic" || e.message === "too small"
          ? "Bad magic number in super-block"
          : e.message;
      yield* p.warnx(`${why} while trying to open ${path}`);
      yield* run.say(
        "\nThe super block could not be read or does not describe a valid ext2/ext3/ext4 file system.\n",
      );
      return FAILED;
    }
    if (!(e instanceof Errno)) throw e;
    yield* p.warn(path, e);
    return FAILED;
  } finally {
    device.close();
  }
}
