// sys/resource.h, time.h, sys/utsname.h, sys/sysinfo.h.
import type { Timespec } from "./stat.ts";

export const RLIMIT_CPU = 0;
export const RLIMIT_FSIZE = 1;
export const RLIMIT_DATA = 2;
export const RLIMIT_STACK = 3;
export const RLIMIT_CORE = 4;
export const RLIMIT_RSS = 5;
export const RLIMIT_NPROC = 6;
export const RLIMIT_NOFILE = 7;
export const RLIMIT_MEMLOCK = 8;
export const RLIMIT_AS = 9;
export const RLIMIT_LOCKS = 10;
export const RLIMIT_SIGPENDING = 11;
export const RLIMIT_MSGQUEUE = 12;
export const RLIMIT_NICE = 13;
export const RLIMIT_RTPRIO = 14;
export const RLIMIT_RTTIME = 15;
export const RLIM_NLIMITS = 16;
/** RLIM_INFINITY, as a JavaScript number. */
export const RLIM_INFINITY: number = Number.POSITIVE_INFINITY;

export const RUSAGE_SELF = 0;
export const RUSAGE_CHILDREN = -1;

export const CLOCK_REALTIME = 0;
export const CLOCK_MONOTONIC = 1;
export const CLOCK_PROCESS_CPUTIME_ID = 2;
export const CLOCK_THREAD_CPUTIME_ID = 3;
export const CLOCK_BOOTTIME = 7;
export const TIMER_ABSTIME = 1;
export const ITIMER_REAL = 0;
export const ITIMER_VIRTUAL = 1;
export const ITIMER_PROF = 2;

export const PRIO_PROCESS = 0;
export const PRIO_PGRP = 1;
export const PRIO_USER = 2;

/** A soft and a hard limit. */
export interface RLimit {
  cur: number;
  max: number;
}

/** struct rusage, the fields we account. */
export interface RUsage {
  utime: Timespec;
  stime: Timespec;
  maxrssKiB: number;
  minflt: number;
  majflt: number;
  inblock: number;
  oublock: number;
  nvcsw: number;
  nivcsw: number;
}

/** struct tms, in milliseconds. */
export interface Tms {
  utimeMs: number;
  stimeMs: number;
  cutimeMs: number;
  cstimeMs: number;
}

/** struct utsname. */
export interface UtsName {
  sysname: string;
  nodename: string;
  release: string;
  version: string;
  machine: string;
  domainname: string;
}

/** struct sysinfo; sizes in bytes. */
export interface SysInfo {
  uptime: number;
  loads: [number, number, number];
  totalram: number;
  freeram: number;
  sharedram: number;
  bufferram: number;
  totalswap: number;
  freeswap: number;
  procs: number;
}

/** struct itimerval in milliseconds. */
export interface ITimer {
  valueMs: number;
  intervalMs: number;
}
