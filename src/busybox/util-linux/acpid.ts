// acpid: runs programs when buttons of the machine are pressed (acpid(8), input.h)
import { ENOENT, Errno } from "../../abi/errno.ts";
import { O_APPEND, O_CREAT, O_NONBLOCK, O_RDONLY, O_WRONLY } from "../../abi/fcntl.ts";
import { POLLIN } from "../../abi/poll.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { strOf } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import { dieErrno, Process, runMain } from "../../libc/process.ts";
import { spawn, waitpid } from "../../libc/spawn.ts";
import { access, open, unlink, writeFile } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { becomeDaemon } from "../libbb/daemon.ts";
import { openDevice } from "../libbb/device.ts";

const EVENT_SIZE = 24;
const EV_KEY = 1;
const EV_SW = 5;
/** Type, code and value of an event, and the action it is. */
const EVENTS: readonly (readonly [type: number, code: number, value: number, action: string])[] = [
  [EV_KEY, 116, 1, "PWRF/00000080"],
  [EV_KEY, 142, 1, "SLPB/00000080"],
  [EV_SW, 0, 1, "LID/00000080"],
];
const DEVICES_MAX = 32;

interface Settings {
  dir: string;
  file: string;
  pid: string;
}

function* act(p: Process, action: string): Steps<void> {
  if (!access(p.sys, action, 0)) return;
  yield* waitpid(p.sys, yield* spawn(p, [`./${action}`]));
}

function* serve(p: Process, how: Settings): Steps<number> {
  const { sys } = p;
  try {
    sys.chdir(how.dir);
  } catch (e) {
    dieErrno(`can't change directory to '${how.dir}'`, e);
  }
  const fds: { fd: number; events: number; revents: number }[] = [];
  const add = (fd: number): void => void fds.push({ fd, events: POLLIN, revents: 0 });
  let text = true;
  try {
    add(yield* settle(open(sys, how.file, O_RDONLY)));
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    text = false;
    for (let n = 0; n < DEVICES_MAX; n++) {
      const path = `/dev/input/event${n}`;
      try {
        add(yield* settle(open(sys, path, O_RDONLY | O_NONBLOCK)));
      } catch (e) {
        if (n === 0) dieErrno(path, e);
        if (e !== ENOENT) throw e;
        break;
      }
    }
  }
  yield* writeFile(sys, how.pid, `${sys.getpid()}\n`);
  try {
    while (fds.length > 0) {
      yield* settle(sys.poll(fds, -1));
      for (const slot of fds.filter(({ revents }) => revents !== 0)) {
        const bytes = yield* settle(sys.read(slot.fd, text ? 4096 : EVENT_SIZE));
        if (bytes.length === 0) {
          sys.close(slot.fd);
          fds.splice(fds.indexOf(slot), 1);
          continue;
        }
        if (text) {
          for (const line of strOf(bytes).split("\n")) {
            const [, name, number] = /^\S+ (\S+) ([0-9a-f]+)/.exec(line) ?? [];
            if (name !== undefined) yield* act(p, `${name}/${number}`);
          }
          continue;
        }
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
        if (view.byteLength < EVENT_SIZE) continue;
        const [type, code] = [view.getUint16(16, true), view.getUint16(18, true)];
        const value = view.getInt32(20, true);
        for (const [t, c, v, action] of EVENTS)
          if (t === type && c === code && v === value) yield* act(p, action);
      }
    }
  } finally {
    unlink(sys, how.pid);
  }
  return 0;
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "c:de:fl:p:a:M:gmsS:v");
  const { sys } = p;
  const how = {
    dir: opt.get("c") ?? "/etc/acpi",
    file: opt.get("e") ?? "/proc/acpi/event",
    pid: opt.get("p") ?? "/run/acpid.pid",
  };
  if (opt.has("d")) return yield* serve(p, how);
  const log = function* (own: Process): Steps<number> {
    const file = opt.get("l") ?? "/var/log/acpid.log";
    const fd = yield* openDevice(own, file, O_WRONLY | O_CREAT | O_APPEND);
    own.sys.dup2(fd, 1);
    own.sys.dup2(fd, 2);
    return yield* serve(own, how);
  };
  if (opt.has("f")) return yield* log(p);
  const envp = p.environ();
  sys.fork(function* (child) {
    yield* becomeDaemon(child);
    return yield* runMain(new Process(child, p.argv, envp), log);
  });
  return 0;
}

export const acpid: Applet = {
  name: "acpid",
  path: "/sbin/acpid",
  usage: `[-df] [-c DIR] [-e FILE] [-l FILE] [-p FILE]

Run programs when buttons of the machine are pressed

	-d	In the foreground, messages to stderr
	-f	In the foreground
	-c DIR	Folder of the programs (/etc/acpi)
	-e FILE	Where the kernel tells events (/proc/acpi/event)
	-l FILE	Log (/var/log/acpid.log)
	-p FILE	File for the process id (/run/acpid.pid)
`,
  main,
};
