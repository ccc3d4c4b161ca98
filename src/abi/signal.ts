// signal.h of Linux riscv64: numbers, dispositions, flags, wait status.
export const SIGHUP = 1;
export const SIGINT = 2;
export const SIGQUIT = 3;
export const SIGILL = 4;
export const SIGTRAP = 5;
export const SIGABRT = 6;
export const SIGBUS = 7;
export const SIGFPE = 8;
export const SIGKILL = 9;
export const SIGUSR1 = 10;
export const SIGSEGV = 11;
export const SIGUSR2 = 12;
export const SIGPIPE = 13;
export const SIGALRM = 14;
export const SIGTERM = 15;
export const SIGSTKFLT = 16;
export const SIGCHLD = 17;
export const SIGCONT = 18;
export const SIGSTOP = 19;
export const SIGTSTP = 20;
export const SIGTTIN = 21;
export const SIGTTOU = 22;
export const SIGURG = 23;
export const SIGXCPU = 24;
export const SIGXFSZ = 25;
export const SIGVTALRM = 26;
export const SIGPROF = 27;
export const SIGWINCH = 28;
export const SIGIO = 29;
export const SIGPWR = 30;
export const SIGSYS = 31;
export const SIGRTMIN = 32;
/** Signals are 1 to NSIG. */
export const NSIG = 64;

export const SIG_DFL = 0;
export const SIG_IGN = 1;

export const SA_NOCLDSTOP = 1;
export const SA_NOCLDWAIT = 2;
export const SA_SIGINFO = 4;
export const SA_ONSTACK = 0x08000000;
export const SA_RESTART = 0x10000000;
export const SA_NODEFER = 0x40000000;
export const SA_RESETHAND = 0x80000000;

export const SIG_BLOCK = 0;
export const SIG_UNBLOCK = 1;
export const SIG_SETMASK = 2;

export const WNOHANG = 1;
export const WUNTRACED = 2;
export const WSTOPPED = 2;
export const WEXITED = 4;
export const WCONTINUED = 8;
export const WNOWAIT = 0x1000000;

export const SI_USER = 0;
export const SI_KERNEL = 0x80;
export const SI_QUEUE = -1;
export const SI_TIMER = -2;
export const CLD_EXITED = 1;
export const CLD_KILLED = 2;
export const CLD_DUMPED = 3;
export const CLD_STOPPED = 5;
export const CLD_CONTINUED = 6;

/** A set of signals: bit (n-1) of `lo` for signals 1..32, of `hi` for 33..64. */
export interface SigSet {
  readonly lo: number;
  readonly hi: number;
}

/** Why a signal came (siginfo_t, the fields our programs use). */
export interface SigInfo {
  signo: number;
  code: number;
  pid: number;
  uid: number;
  /** Exit status or signal of a child, for SIGCHLD; value for queued signals. */
  status: number;
}

/** A TypeScript program's handler: called by the kernel at a safe point; it sets flags and returns. */
export type SigHandler = (signo: number, info: SigInfo) => void;

/** struct sigaction. `handler` is SIG_DFL, SIG_IGN, a function, or the address of guest code. */
export interface SigAction {
  handler: number | SigHandler;
  flags: number;
  mask: SigSet;
}

/** True when the status of wait4(2) is that of a normal exit. */
export function WIFEXITED(status: number): boolean {
  return (status & 0x7f) === 0;
}
/** Exit status, when WIFEXITED. */
export function WEXITSTATUS(status: number): number {
  return (status >> 8) & 0xff;
}
/** True when a signal ended the child. */
export function WIFSIGNALED(status: number): boolean {
  return (status & 0x7f) !== 0 && (status & 0x7f) !== 0x7f;
}
/** The signal that ended the child, when WIFSIGNALED. */
export function WTERMSIG(status: number): number {
  return status & 0x7f;
}
/** True when a core would have been written. */
export function WCOREDUMP(status: number): boolean {
  return (status & 0x80) !== 0;
}
/** True when the child is stopped. */
export function WIFSTOPPED(status: number): boolean {
  return (status & 0xff) === 0x7f;
}
/** The signal that stopped the child, when WIFSTOPPED. */
export function WSTOPSIG(status: number): number {
  return (status >> 8) & 0xff;
}
/** True when the child was continued. */
export function WIFCONTINUED(status: number): boolean {
  return status === 0xffff;
}
