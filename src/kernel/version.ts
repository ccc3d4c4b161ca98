// What uname(2) and /proc/version say of this kernel: the one place for these texts.
export const OSTYPE = "Linux";
/** Kernel release: the interface level we follow, and whose kernel it is. */
export const OSRELEASE = "6.6.0-bivy";
export const VERSION = "#1 SMP PREEMPT_DYNAMIC";
export const MACHINE = "riscv64";
/** For processes that want 32-bit Linux. */
export const MACHINE32 = "riscv32";
/** The line of /proc/version, without its newline. */
export const VERSION_BANNER: string = `${OSTYPE} version ${OSRELEASE} (bivy@bivy) (TypeScript) ${VERSION}`;
/** /proc/cmdline where the machine was given none. */
export const DEFAULT_CMDLINE = "console=ttyS0 quiet";
