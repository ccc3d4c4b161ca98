// /proc/PID/stat, status, statm, limits and io (proc(5)).
import { CAPABILITY_NAMES } from "../../../abi/capability.ts";
import {
  RLIM_INFINITY,
  RLIM_NLIMITS,
  RLIMIT_SIGPENDING,
  type RLimit,
} from "../../../abi/resource.ts";
import { SIG_DFL, SIG_IGN, SIGCHLD } from "../../../abi/signal.ts";
import type { Task, ThreadGroup } from "../../task.ts";
import { cpuTimeMs, mask64, stateLetter, stateName, ticks } from "./format.ts";
import { memorySizes } from "./memory.ts";

/** Bits of a full capability set (CAP_LAST_CAP is 40). */
const ALL_CAPS = CAPABILITY_NAMES.map((_name, cap) => cap);

function capMask(caps: readonly number[]): string {
  let lo = 0;
  let hi = 0;
  for (const cap of caps) {
    if (cap < 32) lo |= 1 << cap;
    else hi |= 1 << (cap - 32);
  }
  return mask64(lo >>> 0, hi >>> 0);
}

/** Ignored and caught signals as masks. */
function dispositions(group: ThreadGroup): { ignored: string; caught: string; lo: number[] } {
  const words = [0, 0, 0, 0];
  for (const [signo, action] of group.actions) {
    if (action.handler === SIG_DFL) continue;
    const at = (action.handler === SIG_IGN ? 0 : 2) + (signo > 32 ? 1 : 0);
    words[at] = (words[at] as number) | (1 << ((signo - 1) & 31));
  }
  const [ignoredLo, ignoredHi, caughtLo, caughtHi] = words as [number, number, number, number];
  return {
    ignored: mask64(ignoredLo, ignoredHi),
    caught: mask64(caughtLo, caughtHi),
    lo: [ignoredLo >>> 0, caughtLo >>> 0],
  };
}

/** /proc/PID/stat; `whole` false for /proc/PID/task/TID/stat. */
export function statText(task: Task, whole: boolean): string {
  const { group, kernel } = task;
  const tty = group.session.tty;
  const { vsizeBytes, rssPages } = memorySizes(group);
  const { lo } = dispositions(group);
  const cpu = ticks(whole ? cpuTimeMs(group) : task.utimeMs);
  const niceness = group.nice;
  const alive = group.exitStatus === undefined;
  const fields = [
    task.tid,
    `(${task.comm})`,
    stateLetter(task),
    group.parent?.pid ?? 0,
    group.pgrp.id,
    group.session.id,
    tty?.rdev ?? 0,
    tty === undefined || tty.foreground === 0 ? -1 : tty.foreground,
    alive ? 4194304 : 4194308, // PF_RANDOMIZE, PF_EXITING
    0, // minflt
    0,
    0,
    0,
    cpu,
    ticks(group.stimeMs),
    ticks(group.cutimeMs),
    ticks(group.cstimeMs),
    20 + niceness,
    niceness,
    Math.max(1, group.tasks.size),
    0,
    ticks(group.startMs - kernel.bootMs),
    vsizeBytes,
    rssPages,
    "18446744073709551615",
    alive ? 0x2aaaaaa000 : 0, // startcode
    alive ? 0x2aaab77000 : 0,
    alive ? 0x3ffffff000 : 0, // startstack
    0,
    0,
    (task.pending.lo | group.pending.lo) & 0x7fffffff,
    task.maskLo & 0x7fffffff,
    (lo[0] as number) & 0x7fffffff,
    (lo[1] as number) & 0x7fffffff,
    0, // wchan
    0,
    0,
    SIGCHLD,
    0, // processor
    0,
    0,
    0, // delayacct_blkio_ticks
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    group.exitStatus ?? 0,
  ];
  return `${fields.join(" ")}\n`;
}

/** /proc/PID/statm, in pages. */
export function statmText(task: Task): string {
  const { vsizeBytes, rssPages } = memorySizes(task.group);
  const size = Math.ceil(vsizeBytes / 4096);
  const alive = size > 0;
  return `${size} ${rssPages} ${alive ? Math.floor(rssPages * 0.9) : 0} ${alive ? 205 : 0} 0 ${alive ? 38 : 0} 0\n`;
}

function kib(name: string, value: number): string {
  return `${name}:\t${String(value).padStart(8)} kB\n`;
}

/** /proc/PID/status. */
export function statusText(task: Task): string {
  const { group, cred } = task;
  const { vsizeBytes, rssPages } = memorySizes(group);
  const { ignored, caught } = dispositions(group);
  const { inheritable, ambient, dropped } = cred.caps;
  const bounding = ALL_CAPS.filter((cap) => !dropped.includes(cap));
  const caps = capMask(cred.euid === 0 ? bounding : ambient);
  let fdSize = 64;
  while (fdSize < task.fds.size) fdSize *= 2;
  const alive = group.exitStatus === undefined;
  const uids = `${cred.ruid}\t${cred.euid}\t${cred.suid}\t${cred.euid}`;
  const gids = `${cred.rgid}\t${cred.egid}\t${cred.sgid}\t${cred.egid}`;
  const pendingLimit = (group.rlimits[RLIMIT_SIGPENDING] as RLimit).cur;
  let out =
    `Name:\t${task.comm.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n` +
    `Umask:\t${task.fs.umask.toString(8).padStart(4, "0")}\n` +
    `State:\t${stateName(task)}\n` +
    `Tgid:\t${group.pid}\nNgid:\t0\nPid:\t${task.tid}\nPPid:\t${group.parent?.pid ?? 0}\n` +
    `TracerPid:\t0\nUid:\t${uids}\nGid:\t${gids}\nFDSize:\t${alive ? fdSize : 0}\n` +
    `Groups:\t${cred.groups.join(" ")} \n` +
    `NStgid:\t${group.pid}\nNSpid:\t${task.tid}\nNSpgid:\t${group.pgrp.id}\n` +
    `NSsid:\t${group.session.id}\n`;
  if (alive) {
    const size = vsizeBytes / 1024;
    const rss = rssPages * 4;
    const anonymous = Math.floor(rss / 10);
    out +=
      kib("VmPeak", size) +
      kib("VmSize", size) +
      kib("VmLck", 0) +
      kib("VmPin", 0) +
      kib("VmHWM", rss) +
      kib("VmRSS", rss) +
      kib("RssAnon", anonymous) +
      kib("RssFile", rss - anonymous) +
      kib("RssShmem", 0) +
      kib("VmData", 152) +
      kib("VmStk", 132) +
      kib("VmExe", 820) +
      kib("VmLib", 0) +
      kib("VmPTE", 28) +
      kib("VmSwap", 0) +
      "CoreDumping:\t0\nTHP_enabled:\t0\n";
  }
  return (
    `${out}Threads:\t${Math.max(1, group.tasks.size)}\n` +
    `SigQ:\t${group.pending.infos.length}/${pendingLimit === RLIM_INFINITY ? "18446744073709551615" : pendingLimit}\n` +
    `SigPnd:\t${mask64(task.pending.lo, task.pending.hi)}\n` +
    `ShdPnd:\t${mask64(group.pending.lo, group.pending.hi)}\n` +
    `SigBlk:\t${mask64(task.maskLo, task.maskHi)}\nSigIgn:\t${ignored}\nSigCgt:\t${caught}\n` +
    `CapInh:\t${capMask(inheritable)}\nCapPrm:\t${caps}\nCapEff:\t${caps}\nCapBnd:\t${capMask(bounding)}\nCapAmb:\t${capMask(ambient)}\n` +
    `NoNewPrivs:\t${cred.noNewPrivs ? 1 : 0}\n` +
    "Seccomp:\t0\nSeccomp_filters:\t0\n" +
    "Cpus_allowed:\t1\nCpus_allowed_list:\t0\nMems_allowed:\t1\nMems_allowed_list:\t0\n" +
    `voluntary_ctxt_switches:\t${task.nvcsw}\nnonvoluntary_ctxt_switches:\t${task.nivcsw}\n`
  );
}

/** Names and units in the order of the RLIMIT_ numbers. */
const LIMITS: readonly (readonly [string, string])[] = [
  ["Max cpu time", "seconds"],
  ["Max file size", "bytes"],
  ["Max data size", "bytes"],
  ["Max stack size", "bytes"],
  ["Max core file size", "bytes"],
  ["Max resident set", "bytes"],
  ["Max processes", "processes"],
  ["Max open files", "files"],
  ["Max locked memory", "bytes"],
  ["Max address space", "bytes"],
  ["Max file locks", "locks"],
  ["Max pending signals", "signals"],
  ["Max msgqueue size", "bytes"],
  ["Max nice priority", ""],
  ["Max realtime priority", ""],
  ["Max realtime timeout", "us"],
];

/** /proc/PID/limits. */
export function limitsText(task: Task): string {
  const row = (a: string, b: string, c: string, d: string): string =>
    `${a.padEnd(25)} ${b.padEnd(20)} ${c.padEnd(20)} ${d.padEnd(10)}`;
  const value = (limit: number): string => (limit === RLIM_INFINITY ? "unlimited" : String(limit));
  let out = `${row("Limit", "Soft Limit", "Hard Limit", "Units")}\n`;
  for (let i = 0; i < RLIM_NLIMITS; i++) {
    const [name, unit] = LIMITS[i] as readonly [string, string];
    const { cur, max } = task.group.rlimits[i] as RLimit;
    const line = row(name, value(cur), value(max), unit);
    out += unit === "" ? `${line.slice(0, 68)}\n` : `${line}\n`;
  }
  return out;
}

/** /proc/PID/io: nothing here reaches a disk. */
export function ioText(): string {
  return "rchar: 0\nwchar: 0\nsyscr: 0\nsyscw: 0\nread_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n";
}
