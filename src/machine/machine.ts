// Machine: a running Alpine system as a library user holds it.
import { AT_FDCWD, O_RDWR } from "../abi/fcntl.ts";
import { MS_RDONLY } from "../abi/mount.ts";
import type { Program } from "../abi/program.ts";
import type { WinSize } from "../abi/termios.ts";
import type { DiskSpec } from "../kernel/block/attach.ts";
import { closeDisks } from "../kernel/block/genhd.ts";
import { killGroup } from "../kernel/exit-group.ts";
import { FdTable } from "../kernel/fdtable.ts";
import { startTask } from "../kernel/fork.ts";
import type { File } from "../kernel/fs/file.ts";
import type { ImageNode } from "../kernel/fs/imagefs/imagefs.ts";
import type { SuperBlock } from "../kernel/fs/inode.ts";
import { resolve } from "../kernel/fs/namei.ts";
import { DEFAULT_LIMITS, type Host, type Limits } from "../kernel/host.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { NetworkPolicy } from "../kernel/net/policy.ts";
import type { ConsolePort, HostTty } from "../kernel/tty/console.ts";
import { ptys } from "../kernel/tty/pty.ts";
import { TtyFile } from "../kernel/tty/tty-file.ts";
import { bytesOf } from "../lib/bytes.ts";
import { encodeUtf8 } from "../lib/utf8.ts";
import { type Booted, boot, mountOn } from "./boot.ts";
import { type CommandResult, commandResult } from "./command.ts";
import { BivyError } from "./errors.ts";
import { MachineFs } from "./fs.ts";
import { init } from "./init.ts";
import { launcher } from "./launch.ts";
import { MachineNetwork, type PortOptions, type PublishedPort } from "./network.ts";
import { type ExitStatus, exitStatus, MachineProcess } from "./process.ts";
import { BytesFile, CaptureFile, PullFile, PushFile } from "./stdio.ts";

/** PATH of a fresh system's processes. */
export const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Bytes that exec captures of each stream before the guest sees a broken pipe. */
const DEFAULT_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Something to be seen at a path of the machine. */
export interface MountOptions {
  /** Makes the file system for this machine (hostFolder() of the host's module gives one). */
  fileSystem: (kernel: Kernel) => SuperBlock;
  /** Existing directory; made if it is not there. */
  target: string;
  readOnly?: boolean;
  /** First column of /proc/mounts. */
  source?: string;
}

/** What to boot. */
export interface BootOptions {
  host: Host;
  /** The tree of the root image. */
  image: ImageNode;
  /** The root is memory that starts as a copy of the image, and nothing is mounted (computer.ts). */
  initramfs?: boolean;
  /** TypeScript programs by name, for `#!bivy NAME` files. */
  programs: ReadonlyMap<string, Program>;
  hostname?: string;
  limits?: Partial<Limits>;
  /** The root file system refuses changes. */
  readOnly?: boolean;
  mounts?: readonly MountOptions[];
  /** Whom it may reach; default "none": there is no interface but the loopback. */
  network?: NetworkPolicy;
  /** False: interfaces are down and without addresses, as when a computer boots; default true. */
  networkConfigured?: boolean;
  /** Ports of the host that lead into the machine; need a network. Not shared with forks. */
  ports?: readonly PortOptions[];
  /** Disks of the machine: vda, vdb …, optical media sr0 …; closed with the machine, not shared with forks. */
  disks?: readonly DiskSpec[];
  /** Environment of every process that is started; default PATH, TERM on terminals. */
  env?: Readonly<Record<string, string>>;
}

/** How to start a process. Strings are ordinary text; they reach the guest as UTF-8. */
export interface SpawnOptions {
  cwd?: string;
  /** Added to the machine's environment. */
  env?: Readonly<Record<string, string>>;
  /** "name", "uid", "name:group" or "uid:gid". */
  user?: string;
  /** Give it a terminal on this port: it becomes descriptors 0, 1 and 2. */
  tty?: { port: ConsolePort; size?: WinSize };
  /** Pid 1 of the machine: its end ends the machine. Only for the first process. */
  init?: boolean;
}

/** How to run a command to its end. */
export interface ExecOptions extends Omit<SpawnOptions, "tty" | "init"> {
  /** Text (as UTF-8) or bytes; default: empty. */
  stdin?: string | Uint8Array;
  /** SIGKILL and ERR_TIMEOUT after so many milliseconds. */
  timeoutMs?: number;
  /** SIGKILL and ERR_ABORTED when it fires. */
  signal?: AbortSignal;
  /** Bytes kept of each stream; default 64 MiB. */
  outputBytes?: number;
  /** Throw ERR_COMMAND_FAILED when the status is not 0. */
  check?: boolean;
}

interface Descriptors {
  stdin: File;
  stdout: File;
  stderr: File;
}

/** One machine: a kernel, its files and its processes. Machines of one program do not touch each other. */
export class Machine {
  readonly #booted: Booted;
  readonly #options: BootOptions;
  readonly #env: Readonly<Record<string, string>>;
  #closed = false;
  #fs: MachineFs | undefined;
  readonly #network: MachineNetwork;
  /** Resolves when pid 1 has ended or the machine was halted, restarted or closed. */
  readonly halted: Promise<{ how: "exit" | "restart" | "halt" | "poweroff"; status: ExitStatus }>;

  protected constructor(options: BootOptions, booted: Booted) {
    this.#options = options;
    this.#booted = booted;
    this.#env = { PATH: DEFAULT_PATH, ...options.env };
    this.#network = new MachineNetwork(booted, this.fs, options);
    this.halted = new Promise((resolveHalted) => {
      booted.kernel.onHalt = (how, status) => {
        resolveHalted({ how, status: exitStatus(status) });
        this.close();
      };
    });
    for (const each of options.mounts ?? []) this.mount(each);
  }

  /** Boots a machine: files and kernel are there, nothing runs. */
  static boot(options: BootOptions): Machine {
    return new Machine(options, bootParts(options));
  }

  /** For the rooms that are built on machines; not for users. */
  get kernel(): Kernel {
    return this.#booted.kernel;
  }

  /** The machine's files, with the calls of node:fs. */
  get fs(): MachineFs {
    this.#fs ??= new MachineFs(this.#booted.host);
    return this.#fs;
  }

  /**
   * The ports of `ports` with the numbers that the host has given; rejects with ERR_PORT_FAILED when one
   * cannot be had.
   */
  get ports(): Promise<readonly PublishedPort[]> {
    return this.#network.ports;
  }

  /** Shows a file system at a path. */
  mount(options: MountOptions): void {
    this.#open();
    const target = bytesString(options.target);
    this.fs.mkdirSync(options.target, { recursive: true });
    try {
      const sb = options.fileSystem(this.kernel);
      const flags = options.readOnly === true ? MS_RDONLY : 0;
      mountOn(this.#booted, sb, target, flags, bytesString(options.source ?? sb.type));
    } catch (cause) {
      throw new BivyError("ERR_MOUNT_FAILED", `cannot mount on ${options.target}`, { cause });
    }
  }

  /**
   * Puts a program of the host's at a path of this machine (mode 755): a file that names it. The
   * program is known to this machine and its forks only.
   */
  install(path: string, program: Program): void {
    const name = `host:${path}`;
    (this.kernel.programs as Map<string, Program>).set(name, program);
    this.fs.writeFileSync(path, `#!bivy ${name}\n`);
    this.fs.chmodSync(path, 0o755);
  }

  #open(): void {
    if (this.#closed) throw new BivyError("ERR_MACHINE_CLOSED", "the machine is closed");
  }

  #start(
    argv: readonly string[],
    options: SpawnOptions,
    files: Descriptors | undefined,
    onExit: (status: number) => void,
  ): { process: MachineProcessParts; failed: () => string | undefined } {
    this.#open();
    const { kernel, ns } = this.#booted;
    if (options.init !== true && kernel.init === undefined) this.#startInit();
    let message: string | undefined;
    const env: Record<string, string> = {
      ...(options.tty === undefined ? {} : { TERM: "xterm" }),
      ...this.#env,
      HOSTNAME: kernel.uts.nodename,
      ...options.env,
    };
    const launch = launcher({
      argv: argv.map(bytesString),
      env: Object.entries(env).map(([name, value]) => bytesString(`${name}=${value}`)),
      cwd: bytesString(options.cwd ?? "/"),
      user: bytesString(options.user ?? ""),
      tty: options.tty !== undefined,
      failed: (text) => {
        message = text;
      },
    });
    const fds = new FdTable();
    let tty: HostTty | undefined;
    if (options.tty !== undefined) {
      tty = ptys(kernel).createHost(options.tty.port, options.tty.size);
      const path = resolve(this.#booted.host, AT_FDCWD, `/dev/${tty.name}`, 0);
      const file = new TtyFile(path, O_RDWR, tty);
      for (const each of [file, file.get(), file.get()]) fds.install(each, false, 3);
    } else if (files !== undefined) {
      for (const each of [files.stdin, files.stdout, files.stderr]) fds.install(each, false, 3);
    }
    const comm = "init";
    const task = startTask(kernel, { program: launch, argv: [], envp: [], fds, ns, comm });
    task.group.onExit = (status) => {
      onExit(status);
      if (tty !== undefined) ptys(kernel).removeHost(tty);
    };
    if (options.init === true) kernel.init = task.group;
    return { process: { task, tty }, failed: () => message };
  }

  #startInit(): void {
    const { kernel, ns } = this.#booted;
    const task = startTask(kernel, { program: init, argv: ["init"], envp: [], ns, comm: "init" });
    kernel.init = task.group;
  }

  /** Starts a program with streams, or on a terminal. Throws when the machine has no room for it. */
  spawn(argv: readonly string[], options: SpawnOptions = {}): MachineProcess {
    const kernel = this.kernel;
    const streams =
      options.tty === undefined
        ? {
            stdin: new PushFile(kernel),
            stdout: new PullFile(kernel),
            stderr: new PullFile(kernel),
          }
        : undefined;
    return this.#spawn(argv, options, streams, streams);
  }

  /** Starts a program on descriptors that the host made: for the rooms built on machines. */
  spawnOn(argv: readonly string[], files: Descriptors, options: SpawnOptions = {}): MachineProcess {
    return this.#spawn(argv, options, files, undefined);
  }

  #spawn(
    argv: readonly string[],
    options: SpawnOptions,
    files: Descriptors | undefined,
    streams: { stdin: PushFile; stdout: PullFile; stderr: PullFile } | undefined,
  ): MachineProcess {
    let ended: (status: ExitStatus) => void = () => {};
    const exited = new Promise<ExitStatus>((resolveExit) => {
      ended = resolveExit;
    });
    const { process, failed } = this.#start(argv, options, files, (status) => {
      const message = failed();
      ended({ ...exitStatus(status), ...(message === undefined ? {} : { error: message }) });
    });
    return new MachineProcess(process.task.group, exited, {
      ...streams,
      ...(process.tty === undefined ? {} : { tty: process.tty }),
    });
  }

  /**
   * Runs a shell script to its end. Processes that it leaves behind go on. Rejects only when the
   * command could not be run to an end (time-out, abort, output bound) or with `check`.
   */
  exec(script: string, options: ExecOptions = {}): Promise<CommandResult> {
    return this.execFile("/bin/sh", ["-c", script], options);
  }

  /** Runs one program to its end, without a shell. */
  execFile(
    file: string,
    args: readonly string[],
    options: ExecOptions = {},
  ): Promise<CommandResult> {
    return new Promise((resolveResult, reject) => {
      let timer: (() => void) | undefined;
      let why: BivyError | undefined;
      const { run, group } = this.#command(file, args, options, () => {
        timer?.();
        options.signal?.removeEventListener("abort", abort);
        try {
          if (why !== undefined) throw why;
          resolveResult(run());
        } catch (error) {
          reject(error);
        }
      });
      const abort = (): void => {
        why ??= new BivyError("ERR_ABORTED", `${file}: aborted`, { cause: options.signal?.reason });
        killGroup(group);
      };
      if (options.timeoutMs !== undefined) {
        timer = this.kernel.host.after(options.timeoutMs, () => {
          why ??= new BivyError("ERR_TIMEOUT", `${file}: no end after ${options.timeoutMs} ms`);
          killGroup(group);
        });
      }
      if (options.signal?.aborted) abort();
      else options.signal?.addEventListener("abort", abort);
      // What needs not wait is done before the caller looks: no turn of the event loop is spent.
      this.kernel.scheduler.run();
    });
  }

  /** As exec, synchronously: everything must be doable without waiting for the host. */
  runSync(script: string, options: Omit<ExecOptions, "signal"> = {}): CommandResult {
    let done = false;
    const { run, group } = this.#command("/bin/sh", ["-c", script], options, () => {
      done = true;
    });
    const { host, scheduler } = this.kernel;
    const deadlineMs = this.kernel.monotonic() + (options.timeoutMs ?? Number.POSITIVE_INFINITY);
    const finished = (): boolean => done || this.kernel.monotonic() > deadlineMs;
    scheduler.runUntil(finished, host.sleepUntil?.bind(host));
    if (!done) {
      killGroup(group);
      scheduler.runUntil(() => done);
      throw this.kernel.monotonic() > deadlineMs
        ? new BivyError("ERR_TIMEOUT", `no end after ${options.timeoutMs} ms`)
        : new BivyError(
            "ERR_WOULD_BLOCK",
            "the command waits for something only the host can give",
            {
              hint: "use exec() for commands that wait",
            },
          );
    }
    return run();
  }

  #command(
    file: string,
    args: readonly string[],
    options: ExecOptions,
    ended: () => void,
  ): { run: () => CommandResult; group: MachineProcessParts["task"]["group"] } {
    const { kernel } = this;
    const limit = options.outputBytes ?? DEFAULT_OUTPUT_BYTES;
    const stdout = new CaptureFile(kernel, limit);
    const stderr = new CaptureFile(kernel, limit);
    const input = options.stdin ?? "";
    const bytes = typeof input === "string" ? bytesOf(encodeUtf8(input)) : input;
    const files = { stdin: new BytesFile(kernel, bytes), stdout, stderr };
    let status = 0;
    const { process, failed } = this.#start([file, ...args], options, files, (wait) => {
      status = wait;
      ended();
    });
    const run = (): CommandResult => {
      const result = commandResult(exitStatus(status), stdout.bytes(), stderr.bytes());
      if (stdout.overflowed || stderr.overflowed) {
        throw new BivyError("ERR_LIMIT_OUTPUT", `${file}: more than ${limit} bytes of output`, {
          hint: "raise outputBytes, or spawn() and read the stream",
        });
      }
      const message = failed();
      if (message !== undefined) throw new BivyError("ERR_NO_PROGRAM", message);
      if (options.check === true && result.status !== 0) {
        throw new BivyError("ERR_COMMAND_FAILED", `${file}: status ${result.status}`, {
          cause: result,
        });
      }
      return result;
    };
    return { run, group: process.task.group };
  }

  /**
   * A new machine with the same files: copy-on-write, so it costs microseconds. Processes, mounts of
   * host folders and the contents of /dev, /run mounts are not copied.
   */
  fork(
    options: Partial<
      Pick<BootOptions, "hostname" | "limits" | "mounts" | "env" | "network" | "ports">
    > = {},
  ): Machine {
    this.#open();
    const merged = { ...this.#options, ports: [], programs: this.kernel.programs, ...options };
    const { upper } = this.#booted;
    return new Machine(
      merged,
      bootParts(merged, (kernel) => upper.fork(kernel)),
    );
  }

  /** Ends all processes and drops the machine. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { kernel } = this.#booted;
    for (const group of [...kernel.groups.values()]) {
      group.exiting ??= 9;
      if (group.exitStatus === undefined && group.onExit !== undefined) {
        const told = group.onExit;
        group.onExit = undefined;
        told(group.exiting);
      }
    }
    kernel.scheduler.stop();
    this.#network.close();
    closeDisks(kernel);
    kernel.onHalt("exit", 0);
  }
}

interface MachineProcessParts {
  task: ReturnType<typeof startTask>;
  tty: HostTty | undefined;
}

function bytesString(text: string): string {
  return encodeUtf8(text);
}

function bootParts(
  options: BootOptions,
  upper?: (kernel: Kernel) => ReturnType<Booted["upper"]["fork"]>,
): Booted {
  return boot({
    host: options.host,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    image: options.image,
    // Its own table: install() adds to it.
    programs: new Map(options.programs),
    hostname: bytesString(options.hostname ?? "localhost"),
    readOnly: options.readOnly === true,
    initramfs: options.initramfs === true,
    ...(upper === undefined && options.disks !== undefined ? { disks: options.disks } : {}),
    ...(upper === undefined ? {} : { upper }),
  });
}
