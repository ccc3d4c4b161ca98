// syslog.h: names of facilities and priorities (RFC 3164).
export const FACILITIES: readonly string[] = [
  "kern",
  "user",
  "mail",
  "daemon",
  "auth",
  "syslog",
  "lpr",
  "news",
  "uucp",
  "cron",
  "authpriv",
  "ftp",
  "12",
  "13",
  "14",
  "15",
  "local0",
  "local1",
  "local2",
  "local3",
  "local4",
  "local5",
  "local6",
  "local7",
];
export const PRIORITIES: readonly string[] = [
  "emerg",
  "alert",
  "crit",
  "err",
  "warning",
  "notice",
  "info",
  "debug",
];
const ALIASES: Readonly<Record<string, string>> = {
  panic: "emerg",
  error: "err",
  warn: "warning",
  security: "auth",
};

function index(names: readonly string[], name: string): number {
  const lower = name.toLowerCase();
  return names.indexOf(ALIASES[lower] ?? lower);
}

/** Number of a facility (0 to 23), -1 for an unknown one. */
export function facility(name: string): number {
  return index(FACILITIES, name);
}

/** Number of a priority (0 to 7), -1 for an unknown one. */
export function priority(name: string): number {
  return index(PRIORITIES, name);
}

/** How syslogd writes a number: "user.notice". */
export function priorityName(pri: number): string {
  const p = pri & 7;
  // The short name.
  const name = p === 4 ? "warn" : PRIORITIES[p];
  return `${FACILITIES[pri >> 3] ?? pri >> 3}.${name}`;
}
