// The machine as a whole: uname(2), sethostname(2), sysinfo(2), syslog(2), reboot(2), getrandom(2).

import { CAP_SYS_ADMIN, CAP_SYS_BOOT } from "../../abi/capability.ts";
import { EINVAL, ENAMETOOLONG, EPERM } from "../../abi/errno.ts";
import {
  RB_AUTOBOOT,
  RB_DISABLE_CAD,
  RB_ENABLE_CAD,
  RB_HALT_SYSTEM,
  RB_POWER_OFF,
} from "../../abi/mount.ts";
import type { Blocking, Steps } from "../../abi/program.ts";
import type { SysInfo, UtsName } from "../../abi/resource.ts";
import { totalSwap } from "../block/swap.ts";
import { capable } from "../cred.ts";
import { loadAverages } from "../loadavg.ts";
import type { LogRecord } from "../log.ts";
import type { Task } from "../task.ts";
import { MACHINE, MACHINE32, OSRELEASE, OSTYPE, VERSION } from "../version.ts";
import { sleepOn } from "../wait.ts";

/** The part of a personality that says which system it is, and 32-bit Linux there. */
const PER_MASK = 0xff;
const PER_LINUX32 = 8;

/** personality(2): the old one. All that 32-bit Linux changes here is what uname(2) tells. */
export function personality(task: Task, persona: number): number {
  const old = task.group.personality;
  if (persona !== 0xffffffff) task.group.personality = persona >>> 0;
  return old;
}

/** uname(2). */
export function uname(task: Task): UtsName {
  const small = (task.group.personality & PER_MASK) === PER_LINUX32;
  const { nodename, domainname } = task.kernel.uts;
  return {
    sysname: OSTYPE,
    nodename,
    release: OSRELEASE,
    version: VERSION,
    machine: small ? MACHINE32 : MACHINE,
    domainname,
  };
}

function setName(task: Task, name: string, field: "nodename" | "domainname"): void {
  if (!capable(task.cred, CAP_SYS_ADMIN)) throw EPERM;
  if (name.length > 64) throw field === "nodename" ? EINVAL : ENAMETOOLONG;
  task.kernel.uts[field] = name;
}

/** sethostname(2). */
export function sethostname(task: Task, name: string): void {
  setName(task, name, "nodename");
}

/** setdomainname(2). */
export function setdomainname(task: Task, name: string): void {
  setName(task, name, "domainname");
}

/** sysinfo(2): the machine's limits are its memory. */
export function sysinfo(task: Task): SysInfo {
  const { kernel } = task;
  return {
    uptime: Math.floor((kernel.monotonic() - kernel.bootMs) / 1000),
    loads: loadAverages(kernel),
    totalram: kernel.memory.limit,
    freeram: kernel.memory.limit - kernel.memory.used,
    sharedram: kernel.memory.used,
    bufferram: 0,
    totalswap: totalSwap(kernel),
    freeswap: totalSwap(kernel),
    procs: kernel.tasks.size,
  };
}

function format(record: LogRecord): string {
  const seconds = Math.floor(record.timeUs / 1e6);
  const micros = String(Math.floor(record.timeUs % 1e6)).padStart(6, "0");
  return `<${record.priority}>[${String(seconds).padStart(5)}.${micros}] ${record.text}\n`;
}

/** The newest whole records that fit. */
function tail(records: readonly LogRecord[], size: number): string {
  let text = "";
  for (let i = records.length - 1; i >= 0; i--) {
    const line = format(records[i] as LogRecord);
    if (text.length + line.length > size) break;
    text = line + text;
  }
  return text;
}

/** syslog(2), the actions that programs use. */
export function syslog(task: Task, type: number, size: number): Blocking<string> {
  const { log } = task.kernel;
  if (task.cred.euid !== 0 && type !== 3 && type !== 10) throw EPERM;
  switch (type) {
    case 0:
    case 1:
      return "";
    case 2:
      return readLog(task, size);
    case 3:
    case 4: {
      const text = tail(log.since(log.clearedSeq), size);
      if (type === 4) log.clearedSeq = log.nextSeq;
      return text;
    }
    case 5:
      log.clearedSeq = log.nextSeq;
      return "";
    case 6:
      log.consoleLevel = 1;
      return "";
    case 7:
      log.consoleLevel = 7;
      return "";
    case 8:
      if (size < 1 || size > 8) throw EINVAL;
      log.consoleLevel = size;
      return "";
    case 9:
      return String(unread(task).length);
    case 10:
      return String(log.size);
    default:
      throw EINVAL;
  }
}

interface Reader {
  seq: number;
}

/** syslog action 2 and 9 share one reading position in the machine. */
function reader(task: Task): Reader {
  return task.kernel.slot<Reader>("syslog", () => ({ seq: 0 }));
}

function unread(task: Task): string {
  return tail(task.kernel.log.since(reader(task).seq), Number.POSITIVE_INFINITY);
}

function* readLog(task: Task, size: number): Steps<string> {
  const { log } = task.kernel;
  const position = reader(task);
  while (position.seq >= log.nextSeq) yield* sleepOn(task, [log.queue]);
  let text = "";
  for (const record of log.since(position.seq)) {
    const line = format(record);
    if (text !== "" && text.length + line.length > size) break;
    text += line;
    position.seq = record.seq + 1;
  }
  return text.slice(0, size);
}

/** reboot(2): ends the machine; does not return. */
export function reboot(task: Task, cmd: number): Blocking<void> {
  if (!capable(task.cred, CAP_SYS_BOOT)) throw EPERM;
  switch (cmd >>> 0) {
    case RB_DISABLE_CAD:
    case RB_ENABLE_CAD:
      return undefined;
    case RB_AUTOBOOT:
      task.kernel.onHalt("restart", 0);
      break;
    case RB_HALT_SYSTEM:
      task.kernel.onHalt("halt", 0);
      break;
    case RB_POWER_OFF:
      task.kernel.onHalt("poweroff", 0);
      break;
    default:
      throw EINVAL;
  }
  return forever(task);
}

function* forever(task: Task): Steps<void> {
  for (;;) yield* sleepOn(task, []);
}

/** getrandom(2). */
export function getrandom(task: Task, length: number): Uint8Array {
  return task.kernel.host.random(Math.min(length, 33554431));
}
