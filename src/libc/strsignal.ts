// strsignal(3) in musl's words, and the names of signals as BusyBox reads and prints them (kill -l, trap).

const TEXTS: readonly string[] = [
  "Unknown signal",
  "Hangup",
  "Interrupt",
  "Quit",
  "Illegal instruction",
  "Trace/breakpoint trap",
  "Aborted",
  "Bus error",
  "Arithmetic exception",
  "Killed",
  "User defined signal 1",
  "Segmentation fault",
  "User defined signal 2",
  "Broken pipe",
  "Alarm clock",
  "Terminated",
  "Stack fault",
  "Child process status",
  "Continued",
  "Stopped (signal)",
  "Stopped",
  "Stopped (tty input)",
  "Stopped (tty output)",
  "Urgent I/O condition",
  "CPU time limit exceeded",
  "File size limit exceeded",
  "Virtual timer expired",
  "Profiling timer expired",
  "Window changed",
  "I/O possible",
  "Power failure",
  "Bad system call",
];

const NAMES =
  "EXIT HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU " +
  "URG XCPU XFSZ VTALRM PROF WINCH POLL PWR SYS";

/** The first real-time signal a program may use: musl keeps 32 to 34 for itself. */
export const SIGRTMIN = 35;
export const SIGRTMAX = 64;

/** The text for a signal, as ash prints it for a child that died of it. */
export function strsignal(signal: number): string {
  if (signal >= 32 && signal <= SIGRTMAX) return `RT${signal}`;
  return TEXTS[signal] ?? "Unknown signal";
}

/** The name without SIG ("KILL", "RTMIN", "RTMAX"), "EXIT" for 0; the number itself where there is no name. */
export function signalName(signal: number): string {
  if (signal === SIGRTMIN) return "RTMIN";
  if (signal === SIGRTMAX) return "RTMAX";
  return NAMES.split(" ")[signal] ?? String(signal);
}

/**
 * The number for a name (with or without SIG, in any case, also `RTMIN+n` and `RTMAX-n`) or a decimal number below
 * 128; -1 for anything else.
 */
export function signalNumber(name: string): number {
  if (/^[0-9]+$/.test(name)) {
    const n = Number(name);
    return n < 128 ? n : -1;
  }
  const plain = name.toUpperCase().replace(/^SIG/, "");
  const rt = /^RT(MIN|MAX)(?:([+-])([0-9]+))?$/.exec(plain);
  if (rt !== null) {
    const base = rt[1] === "MIN" ? SIGRTMIN : SIGRTMAX;
    const n = base + Number(`${rt[2] ?? ""}${rt[3] ?? 0}`);
    return n >= SIGRTMIN && n <= SIGRTMAX ? n : -1;
  }
  if (plain === "IO") return 29;
  if (plain === "IOT") return 6;
  return NAMES.split(" ").indexOf(plain);
}

/** Lines of `kill -l`: " 1) HUP" … "64) RTMAX". */
export function signalList(): string {
  let out = "";
  for (let n = 1; n <= SIGRTMAX; n++) {
    if (n < 32 || n === SIGRTMIN || n === SIGRTMAX)
      out += `${String(n).padStart(2)}) ${signalName(n)}\n`;
  }
  return out;
}
