// Stopping and starting the services of runlevels, in order or at the same time.
import { ECHILD, EINTR } from "../../abi/errno.ts";
import { isSteps, type Steps } from "../../abi/program.ts";
import { unlink, writeFile } from "../../libc/unistd.ts";
import { yesno } from "../librc/conf.ts";
import { daemonsCrashed } from "../librc/daemon.ts";
import { type DepOptions, type DepTree, depends } from "../librc/deptree.ts";
import { done, exists } from "../librc/dirs.ts";
import { execService } from "../librc/lock.ts";
import { BOOT, dirname, INTERACTIVE, SYSINIT } from "../librc/paths.ts";
import type { Rc } from "../librc/rc.ts";
import { FAILED, markService, resolveService, STOPPED, serviceState } from "../librc/service.ts";
import type { Abort } from "../librc/signals.ts";
import { ask, wantInteractive } from "./interactive.ts";

/** What a service comes after when it starts. */
export const BEFORE_ME: readonly string[] = ["ineed", "iwant", "iuse", "iafter"];

/** A change of the runlevel under way. */
export class Change {
  readonly rc: Rc;
  readonly abort: Abort;
  readonly tree: DepTree;
  readonly #parallel: boolean;
  /** Services that run now: told when all is aborted. */
  readonly pids: Set<number>;
  /** Is each service asked for? What was answered in one runlevel holds for those after it. */
  #interactive: boolean | undefined;

  constructor(rc: Rc, abort: Abort, tree: DepTree, parallel: boolean, pids: Set<number>) {
    this.rc = rc;
    this.abort = abort;
    this.tree = tree;
    this.#parallel = parallel;
    this.pids = pids;
  }

  /** Services with those that come before them, in order. */
  order(services: readonly string[], level: string, options: DepOptions): string[] {
    const { rc } = this;
    const all = { trace: true, strict: true, bootlevel: rc.env("RC_BOOTLEVEL"), ...options };
    return depends(rc.sys, this.tree, BEFORE_ME, services, level, all);
  }

  *#run(service: string, command: string): Steps<boolean> {
    const pid = yield* execService(this.rc, service, command);
    if (pid === undefined) return false;
    if (pid === 0) return true;
    this.pids.add(pid);
    if (this.#parallel) return true;
    yield* this.abort.wait(pid);
    this.pids.delete(pid);
    return true;
  }

  /** Waits for all that were started at the same time. */
  *settle(): Steps<void> {
    const { sys } = this.rc;
    for (;;) {
      try {
        // The logger is in a process group of its own.
        const call = sys.wait4(0, 0);
        if (isSteps(call)) yield* call;
      } catch (e) {
        if (e === ECHILD) break;
        if (e !== EINTR) throw e;
      }
      yield* this.abort.check();
    }
    this.pids.clear();
  }

  /** Stops services that the new runlevel has no use for. `running` is in the order of starting. */
  *stopServices(
    running: readonly string[],
    wanted: readonly string[],
    level: string,
    newLevel: string | undefined,
    goingDown: boolean,
  ): Steps<void> {
    const { sys } = this.rc;
    const conf = yield* this.rc.conf();
    const never = conf.words("rc_nostop");
    const words = goingDown ? ["-stop", "nostop", "-shutdown", "noshutdown"] : ["-stop", "nostop"];
    for (const service of [...running].reverse()) {
      const state = yield* serviceState(sys, service);
      if ((state & (STOPPED | FAILED)) !== 0) continue;
      const keywords = this.tree.depend(service, "keyword");
      if (never.includes(service) || words.some((word) => keywords.includes(word))) {
        yield* markService(sys, service, "failed");
        continue;
      }
      const crashed = conf.yes("rc_crashed_stop") && (yield* daemonsCrashed(sys, service));
      if (!crashed && this.#stays(service, wanted, level, newLevel)) continue;
      yield* this.#run(service, "stop");
    }
  }

  /** Is a service of use in the new runlevel, itself or to another? */
  #stays(
    service: string,
    wanted: readonly string[],
    level: string,
    newLevel: string | undefined,
  ): boolean {
    const { rc } = this;
    // With a configuration of its own in one of the two runlevels it has to be started anew.
    if (wanted.includes(service))
      return (
        newLevel === undefined ||
        level === newLevel ||
        (!this.#hasConfig(service, level) && !this.#hasConfig(service, newLevel))
      );
    const types = ["needsme", "wantsme"];
    const options = { strict: true, trace: true, bootlevel: rc.env("RC_BOOTLEVEL") };
    const users = depends(rc.sys, this.tree, types, [service], newLevel ?? level, options);
    return users.some((user) => wanted.includes(user));
  }

  #hasConfig(service: string, level: string): boolean {
    const init = resolveService(this.rc.sys, service) ?? "";
    return exists(this.rc.sys, `${dirname(dirname(init))}/conf.d/${service}.${level}`);
  }

  /** Starts services, in this order, that do not run yet. */
  *startServices(services: readonly string[], level: string): Steps<void> {
    const { rc } = this;
    const { sys } = rc;
    const conf = yield* rc.conf();
    let interactive =
      this.#interactive ?? (yesno(rc.env("EINFO_QUIET")) !== true && exists(sys, INTERACTIVE));
    for (const service of services) {
      const state = yield* serviceState(sys, service);
      if ((state & FAILED) !== 0) continue;
      if ((state & STOPPED) === 0) {
        if (!conf.yesByDefault("rc_crashed_start") || !(yield* daemonsCrashed(sys, service)))
          continue;
        yield* markService(sys, service, "stopped");
      }
      if (!interactive) interactive = yield* wantInteractive(rc);
      if (interactive) {
        const answer = yield* ask(rc, this.abort, service);
        if (answer === "skip") continue;
        if (answer === "go on") interactive = false;
      }
      if (!(yield* this.#run(service, "start"))) break;
    }
    this.#interactive = interactive;
    // Boot goes on in the same manner in the next runlevel.
    if (interactive && (level === SYSINIT || level === (rc.env("RC_BOOTLEVEL") ?? BOOT)))
      yield* writeFile(sys, INTERACTIVE, "");
    else done(() => unlink(sys, INTERACTIVE));
  }
}
