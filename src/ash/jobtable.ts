// The table of a shell's jobs.

export interface Proc {
  pid: number;
  /** As wait4 told; -1 while it runs. */
  status: number;
  text: string;
}

export type JobState = "running" | "stopped" | "done";

export interface Job {
  /** Number that %N means; its place in the table. */
  id: number;
  procs: Proc[];
  state: JobState;
  /** Under job control: a process group of its own. */
  control: boolean;
  background: boolean;
  /** State was changed since it was last told. */
  changed: boolean;
  /** Its end was waited for. */
  waited: boolean;
}

export class JobTable {
  /** By number, from 1. */
  readonly jobs: (Job | undefined)[] = [];
  /** Latest first: the current job and the one before. */
  readonly order: Job[] = [];
  /** Jobs of the shell this one was forked from, for `$(jobs)` only. */
  inherited: JobTable | undefined;

  forked(): JobTable {
    const table = new JobTable();
    table.inherited = this;
    return table;
  }

  make(control: boolean, background: boolean): Job {
    let id = 1;
    for (; ; id++) {
      const old = this.jobs[id];
      if (old === undefined) break;
      if (old.state === "done" && old.waited && !control) {
        this.free(old);
        break;
      }
    }
    const job: Job = {
      id,
      procs: [],
      state: "running",
      control,
      background,
      changed: false,
      waited: false,
    };
    this.jobs[id] = job;
    this.order.unshift(job);
    return job;
  }

  free(job: Job): void {
    if (this.jobs[job.id] === job) this.jobs[job.id] = undefined;
    while (this.jobs.length > 0 && this.jobs[this.jobs.length - 1] === undefined) this.jobs.pop();
    const at = this.order.indexOf(job);
    if (at >= 0) this.order.splice(at, 1);
  }

  /** Makes a job the current one; a running one stands behind those that are stopped. */
  raise(job: Job): void {
    const at = this.order.indexOf(job);
    if (at > 0) {
      this.order.splice(at, 1);
      this.order.unshift(job);
    }
  }

  ofPid(pid: number): Job | undefined {
    for (let at = 0; at < this.order.length; at++) {
      const job = this.order[at] as Job;
      for (let i = 0; i < job.procs.length; i++) {
        if ((job.procs[i] as Proc).pid === pid) return job;
      }
    }
    return undefined;
  }
}
