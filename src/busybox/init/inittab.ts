// /etc/inittab: lines "terminal:runlevels:action:command"; runlevels mean nothing here.

/** When a command of inittab is run. */
export const ACTIONS = [
  "sysinit",
  "wait",
  "once",
  "respawn",
  "askfirst",
  "ctrlaltdel",
  "shutdown",
  "restart",
] as const;
export type Action = (typeof ACTIONS)[number];

/** One line. */
export interface InitAction {
  readonly action: Action;
  /** "/dev/tty1"; "" for the console. */
  readonly terminal: string;
  readonly command: string;
  /** Of the process it stands for while that runs; 0 otherwise. */
  pid: number;
}

/** What is run where there is no inittab. */
export const DEFAULT_INITTAB = `::sysinit:/etc/init.d/rcS
::askfirst:-/bin/sh
tty2::askfirst:-/bin/sh
tty3::askfirst:-/bin/sh
tty4::askfirst:-/bin/sh
::ctrlaltdel:/sbin/reboot
::shutdown:/sbin/swapoff -a
::shutdown:/bin/umount -a -r
::restart:/sbin/init
`;

/** The actions of a text; `bad` is told the number of each line that is none. */
export function parseInittab(text: string, bad: (line: number) => void): InitAction[] {
  const actions: InitAction[] = [];
  for (const [i, whole] of text.split("\n").entries()) {
    const line = whole.trim();
    if (line === "" || line.startsWith("#")) continue;
    const [, id, action, command] = /^([^:]*):[^:]*:([^:]*):(.+)$/.exec(line) ?? [];
    const known = ACTIONS.find((each) => each === action);
    if (id === undefined || known === undefined || command === undefined) {
      bad(i + 1);
      continue;
    }
    const terminal = id === "" || id.startsWith("/") ? id : `/dev/${id.replace(/^\/?dev\//, "")}`;
    actions.push({ action: known, terminal, command, pid: 0 });
  }
  return actions;
}
