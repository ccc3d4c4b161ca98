// getconf: values of the system's configuration (POSIX getconf; the table is musl's on a 64-bit machine).
import type { Program, Steps, Sys } from "../abi/program.ts";
import { RLIM_INFINITY, RLIMIT_NOFILE, RLIMIT_NPROC } from "../abi/resource.ts";
import { die, Process, runMain } from "../libc/process.ts";

type Value = string | number | undefined | ((sys: Sys) => string | number | undefined);

const PAGE_SIZE = 4096;

function limit(resource: number): (sys: Sys) => number | undefined {
  return (sys) => {
    const { cur } = sys.prlimit(0, resource);
    return cur === RLIM_INFINITY ? undefined : cur;
  };
}

/** Names and values in the order of -a; undefined values are printed so. */
const SYSTEM: readonly (readonly [name: string, value: Value])[] = [
  ["PATH", "/bin:/usr/bin"],
  ["POSIX2_BC_BASE_MAX", 99],
  ["POSIX2_BC_DIM_MAX", 2048],
  ["POSIX2_BC_SCALE_MAX", 99],
  ["POSIX2_BC_STRING_MAX", 1000],
  ["POSIX2_COLL_WEIGHTS_MAX", 2],
  ["POSIX2_EXPR_NEST_MAX", 32],
  ["POSIX2_LINE_MAX", 2048],
  ["POSIX2_RE_DUP_MAX", 255],
  ["POSIX2_VERSION", 200809],
  ["_POSIX_AIO_LISTIO_MAX", 2],
  ["_POSIX_AIO_MAX", 1],
  ["_POSIX_ARG_MAX", 4096],
  ["_POSIX_CHILD_MAX", 25],
  ["_POSIX_LINK_MAX", 8],
  ["_POSIX_MAX_CANON", 255],
  ["_POSIX_MAX_INPUT", 255],
  ["_POSIX_MQ_OPEN_MAX", 8],
  ["_POSIX_MQ_PRIO_MAX", 32],
  ["_POSIX_NAME_MAX", 14],
  ["_POSIX_NGROUPS_MAX", 8],
  ["_POSIX_OPEN_MAX", 20],
  ["_POSIX_PATH_MAX", 256],
  ["_POSIX_PIPE_BUF", 512],
  ["_POSIX_SSIZE_MAX", 32767],
  ["_POSIX_STREAM_MAX", 8],
  ["_POSIX_TZNAME_MAX", 6],
  ["BC_BASE_MAX", 99],
  ["BC_DIM_MAX", 2048],
  ["BC_SCALE_MAX", 99],
  ["BC_STRING_MAX", 1000],
  ["COLL_WEIGHTS_MAX", 2],
  ["EXPR_NEST_MAX", undefined],
  ["LINE_MAX", undefined],
  ["RE_DUP_MAX", 255],
  ["_POSIX2_C_BIND", 200809],
  ["POSIX2_C_DEV", undefined],
  ["POSIX2_CHAR_TERM", undefined],
  ["POSIX2_FORT_DEV", undefined],
  ["POSIX2_FORT_RUN", undefined],
  ["POSIX2_LOCALEDEF", undefined],
  ["POSIX2_SW_DEV", undefined],
  ["POSIX2_UPE", undefined],
  ["AIO_LISTIO_MAX", undefined],
  ["AIO_MAX", undefined],
  ["ARG_MAX", 131072],
  ["CHILD_MAX", limit(RLIMIT_NPROC)],
  ["CLK_TCK", 100],
  ["MQ_OPEN_MAX", undefined],
  ["MQ_PRIO_MAX", 32768],
  ["NGROUPS_MAX", 32],
  ["OPEN_MAX", limit(RLIMIT_NOFILE)],
  ["STREAM_MAX", undefined],
  ["TZNAME_MAX", 6],
  ["_POSIX_JOB_CONTROL", 1],
  ["_POSIX_SAVED_IDS", 1],
  ["_POSIX_VERSION", 200809],
  ["PAGESIZE", PAGE_SIZE],
  ["_POSIX_ASYNCHRONOUS_IO", 200809],
  ["_POSIX_FSYNC", 200809],
  ["_POSIX_MAPPED_FILES", 200809],
  ["_POSIX_MEMLOCK", 200809],
  ["_POSIX_MEMLOCK_RANGE", 200809],
  ["_POSIX_MEMORY_PROTECTION", 200809],
  ["_POSIX_MESSAGE_PASSING", 200809],
  ["_POSIX_MONOTONIC_CLOCK", 200809],
  ["_POSIX_PRIORITY_SCHEDULING", undefined],
  ["_POSIX_SEMAPHORES", 200809],
  ["_POSIX_SHARED_MEMORY_OBJECTS", 200809],
  ["_POSIX_SYNCHRONIZED_IO", undefined],
  ["_POSIX_TIMERS", 200809],
  ["LOGIN_NAME_MAX", 256],
  ["_POSIX_THREADS", 200809],
  ["_POSIX_BARRIERS", 200809],
  ["_POSIX_READER_WRITER_LOCKS", 200809],
  ["_POSIX_SPIN_LOCKS", 200809],
  ["IOV_MAX", 1024],
  ["PAGE_SIZE", PAGE_SIZE],
  ["_XOPEN_SHM", 1],
  ["ATEXIT_MAX", undefined],
  ["GETGR_R_SIZE_MAX", undefined],
  ["GETPW_R_SIZE_MAX", undefined],
  ["_PHYS_PAGES", (sys) => Math.floor(sys.sysinfo().totalram / PAGE_SIZE)],
  ["_AVPHYS_PAGES", (sys) => Math.floor(sys.sysinfo().freeram / PAGE_SIZE)],
  ["_NPROCESSORS_CONF", (sys) => sys.sched_getaffinity(0).length],
  ["_NPROCESSORS_ONLN", (sys) => sys.sched_getaffinity(0).length],
  ["CHAR_BIT", 8],
  ["CHAR_MAX", 127],
  ["CHAR_MIN", -128],
  ["INT_MAX", 2147483647],
  ["INT_MIN", -2147483648],
  ["LONG_BIT", 64],
  ["LONG_MAX", "9223372036854775807"],
  ["LONG_MIN", "-9223372036854775808"],
  ["SCHAR_MAX", 127],
  ["SCHAR_MIN", -128],
  ["SHRT_MAX", 32767],
  ["SHRT_MIN", -32768],
  ["SSIZE_MAX", "9223372036854775807"],
  ["UCHAR_MAX", 255],
  ["UINT_MAX", 4294967295],
  ["ULONG_MAX", "18446744073709551615"],
  ["USHRT_MAX", 65535],
  ["WORD_BIT", 32],
];

/** The same for files, whatever the file system (as musl has it). */
const PATHS: readonly (readonly [name: string, value: number])[] = [
  ["LINK_MAX", 8],
  ["MAX_CANON", 255],
  ["MAX_INPUT", 255],
  ["NAME_MAX", 255],
  ["PATH_MAX", 4096],
  ["PIPE_BUF", 4096],
  ["_POSIX_CHOWN_RESTRICTED", 1],
  ["_POSIX_NO_TRUNC", 1],
  ["_POSIX_VDISABLE", 0],
  ["_POSIX_SYNC_IO", 1],
  ["FILESIZEBITS", 64],
];

const USAGE = `Usage: getconf system_var
	getconf -a
	getconf path_var pathname
	getconf -a pathname
`;

function* main(p: Process): Steps<number> {
  p.usage = USAGE;
  const args = p.argv.slice(1);
  // Nothing but -a is an option; "-" is a name.
  const [, letters = ""] = /^-(.+)$/s.exec(args[0] ?? "") ?? [];
  const wrong = letters === "-" ? "" : letters.replace(/^a*/, "").charAt(0);
  if (wrong !== "") p.usageError(`unrecognized option: ${wrong}`);
  const all = letters.startsWith("a");
  if (letters !== "") args.shift();
  const name = all ? undefined : args.shift();
  if ((!all && name === undefined) || args.length > 1) p.usageError();
  const path = args[0];
  const table: readonly (readonly [string, Value])[] = path === undefined ? SYSTEM : PATHS;
  const other = path === undefined ? PATHS : SYSTEM;
  if (name !== undefined && !table.some(([n]) => n === name))
    die(
      `${name}: ${other.some(([n]) => n === name) ? "invalid variable type" : "unknown variable"}`,
    );
  for (const [n, value] of table) {
    if (name !== undefined && n !== name) continue;
    const v = (typeof value === "function" ? value(p.sys) : value) ?? "undefined";
    const w = p.stdout.puts(name === undefined ? `${n} = ${v}\n` : `${v}\n`);
    if (w) yield* w;
  }
  return 0;
}

/** The program. */
export const getconf: Program = (sys, argv, envp) => runMain(new Process(sys, argv, envp), main);
