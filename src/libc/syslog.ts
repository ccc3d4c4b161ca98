// syslog.h: messages for syslogd through /dev/log. Without a syslogd they are lost, as with syslog(3).
import { Errno } from "../abi/errno.ts";
import { type Steps, type Sys, settle } from "../abi/program.ts";
import { CLOCK_REALTIME } from "../abi/resource.ts";
import { AF_UNIX, SOCK_CLOEXEC, SOCK_DGRAM } from "../abi/socket.ts";
import { bytesOf } from "../lib/bytes.ts";
import { strftime } from "./time/strftime.ts";
import { localtime, type Zone } from "./time/zone.ts";

/** A facility, to be added to a priority (0 emerg … 7 debug). */
export const LOG_CRON = 72;

/** An open connection to syslogd, made at the first message. */
export class Syslog {
  readonly #sys: Sys;
  readonly #zone: Zone;
  /** "name", or "name[pid]". */
  readonly #tag: string;
  #fd: number | undefined;

  constructor(sys: Sys, tag: string, zone: Zone) {
    this.#sys = sys;
    this.#tag = tag;
    this.#zone = zone;
  }

  /** Sends one message; `priority` is facility and level. */
  *send(priority: number, message: string): Steps<void> {
    const sys = this.#sys;
    const tm = localtime(sys.clock_gettime(CLOCK_REALTIME).sec, this.#zone);
    const date = tm === undefined ? "" : strftime("%b %e %T", tm);
    const bytes = bytesOf(`<${priority}>${date} ${this.#tag}: ${message}\n`);
    // A syslogd that was started anew has a new socket.
    for (let tries = 0; tries < 2; tries++) {
      try {
        if (this.#fd === undefined) {
          this.#fd = sys.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
          yield* settle(sys.connect(this.#fd, { family: AF_UNIX, path: "/dev/log" }));
        }
        yield* settle(sys.sendmsg(this.#fd, bytes));
        return;
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        this.close();
      }
    }
  }

  close(): void {
    if (this.#fd !== undefined) this.#sys.close(this.#fd);
    this.#fd = undefined;
  }
}
