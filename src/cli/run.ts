// bivy run: one command in a fresh machine, with the terminal or the standard streams of this process.
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { Errno } from "../abi/errno.ts";
import { AT_FDCWD, O_RDONLY } from "../abi/fcntl.ts";
import { isSteps } from "../abi/program.ts";
import { WorkingDirectory } from "../host/node/files.ts";
import { folderOrFile } from "../host/node/folder.ts";
import { NodeHost } from "../host/node/host.ts";
import { proxySignals } from "../host/node/signals.ts";
import { HostStdio } from "../host/node/stdio.ts";
import { NodeTerminal } from "../host/node/terminal.ts";
import { hostTask } from "../kernel/fork.ts";
import type { File } from "../kernel/fs/file.ts";
import type { ImageNode } from "../kernel/fs/imagefs/imagefs.ts";
import { open } from "../kernel/syscalls/open.ts";
import { strOf } from "../lib/bytes.ts";
import { BivyError } from "../machine/errors.ts";
import { Machine, type MountOptions, type SpawnOptions } from "../machine/machine.ts";
import type { ExitStatus, MachineProcess } from "../machine/process.ts";
import { basePrograms } from "../machine/programs.ts";
import { embeddedImage, embeddedRepository } from "./image.ts";
import { parseRun, type RunOptions, UsageError, type Volume } from "./options.ts";

/** The image's own command. */
const COMMAND = ["/bin/sh"];
/** Names that the embedded system answers to. */
const IMAGE = /^(?:(?:docker\.io\/)?library\/)?alpine(?::(?:latest|3|3\.20|3\.20\.3))?$/;
/** What the command may still do after nobody reads its output any more, in milliseconds. */
const BROKEN_MS = 100;
/** Exit status for errors of ours, as docker has it. */
export const FAILED = 125;

function mountOf(volume: Volume, working: WorkingDirectory): MountOptions {
  const path = resolve(volume.host);
  try {
    // As docker does: a folder that is not there is made.
    if (statSync(path, { throwIfNoEntry: false }) === undefined)
      mkdirSync(path, { recursive: true });
    return {
      fileSystem: folderOrFile(path, { readonly: volume.readOnly, working }),
      target: volume.guest,
      readOnly: volume.readOnly,
    };
  } catch (error) {
    throw new UsageError(`cannot share ${volume.host}: ${(error as Error).message}`);
  }
}

function environment(options: RunOptions): Record<string, string> {
  const lines = options.envFiles.flatMap((file) => {
    try {
      return readFileSync(file, "utf8")
        .split(/\r?\n/)
        .map((line) => line.trimStart())
        .filter((line) => line !== "" && !line.startsWith("#"));
    } catch (error) {
      throw new UsageError(`open ${file}: ${(error as Error).message}`);
    }
  });
  const env: Record<string, string> = {};
  for (const each of [...lines, ...options.env]) {
    const equals = each.indexOf("=");
    if (equals === 0 || each === "") throw new UsageError(`invalid environment variable: ${each}`);
    const name = equals < 0 ? each : each.slice(0, equals);
    const value = equals < 0 ? process.env[name] : each.slice(equals + 1);
    if (value !== undefined) env[name] = value;
  }
  return env;
}

/** The hosts that the image's repositories are on: "HOST:PORT". */
function repositoryHosts(image: ImageNode): string[] {
  const file = ["etc", "apk", "repositories"].reduce<ImageNode | undefined>(
    (node, name) => node?.children?.get(name),
    image,
  );
  const text = strOf(file?.content ?? new Uint8Array());
  const hosts = new Set<string>();
  for (const line of text.split("\n")) {
    const match = /^(?:@\S+\s+)?(https?):\/\/([^/:@\s]+)(?::([0-9]+))?\//.exec(line.trim());
    if (match !== null)
      hosts.add(`${match[2]}:${match[3] ?? (match[1] === "https" ? "443" : "80")}`);
  }
  return [...hosts];
}

function bootMachine(options: RunOptions): Machine {
  const { memoryBytes, tasks, network, ports } = options;
  const working = new WorkingDirectory();
  const image = embeddedImage();
  return Machine.boot({
    host: new NodeHost(),
    image,
    network: network ?? { allow: repositoryHosts(image) },
    ports,
    programs: basePrograms(),
    readOnly: options.readOnly,
    env: environment(options),
    mounts: [embeddedRepository(), ...options.volumes.map((volume) => mountOf(volume, working))],
    limits: {
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      ...(tasks === undefined ? {} : { tasks }),
    },
    ...(options.hostname === undefined ? {} : { hostname: options.hostname }),
  });
}

/** The name as programs find it in files, as docker writes them. */
function writeHostname(machine: Machine, name: string): void {
  machine.fs.writeFileSync("/etc/hostname", `${name}\n`);
  machine.fs.appendFileSync("/etc/hosts", `127.0.1.1\t${name}\n`);
}

/** What no input is: the machine's /dev/null. */
function noInput(machine: Machine): File {
  const { kernel } = machine;
  const file = open(hostTask(kernel, kernel.ns), AT_FDCWD, "/dev/null", O_RDONLY);
  if (isSteps(file)) throw new Error("bug: /dev/null has to be waited for");
  return file;
}

/** The started command and how to wait until all its output has left. */
interface Running {
  process: MachineProcess;
  drained: () => Promise<unknown> | undefined;
}

function onTerminal(
  machine: Machine,
  argv: string[],
  spawn: SpawnOptions,
  input: boolean,
): Running {
  const port = new NodeTerminal();
  const { size } = port;
  const tty = size === undefined ? { port } : { port, size };
  const process = machine.spawn(argv, { ...spawn, tty });
  if (process.tty !== undefined) port.attach(process.tty, input);
  return {
    process,
    drained: () => {
      port.detach();
      return port.drained();
    },
  };
}

function onStreams(machine: Machine, argv: string[], spawn: SpawnOptions, input: boolean): Running {
  // Pid 1 ignores SIGPIPE unless it handles it and could write into the void for ever: it gets a moment.
  const stdio = new HostStdio(machine.kernel, () => {
    setTimeout(() => process.kill("SIGKILL"), BROKEN_MS);
  });
  const stdin = input ? stdio.input() : noInput(machine);
  const files = { stdin, stdout: stdio.output(1), stderr: stdio.output(2) };
  const process = machine.spawnOn(argv, files, spawn);
  return { process, drained: () => stdio.drained() };
}

async function statusOf(machine: Machine, running: Running): Promise<ExitStatus> {
  const { process: child } = running;
  // What needs not wait is done at once.
  machine.kernel.scheduler.run();
  const quick = await Promise.race([child.exited, undefined]);
  if (quick !== undefined) {
    await running.drained();
    return quick;
  }
  // Nothing else keeps this process alive while a machine waits.
  const alive = setInterval(() => {}, 0x7fffffff);
  let giveUp: () => void = () => {};
  const impatience = new Promise<undefined>((resolveNothing) => {
    giveUp = () => resolveNothing(undefined);
  });
  const undo = proxySignals((signal) => child.kill(signal), giveUp);
  const exit = await Promise.race([child.exited, impatience]);
  undo();
  clearInterval(alive);
  if (exit !== undefined) {
    await running.drained();
    return exit;
  }
  machine.close();
  process.stderr.write("\ngot 3 SIGTERM/SIGINTs, forcefully exiting\n");
  return { status: 1, signal: undefined };
}

/** Runs a command on this process's streams; the exit status for this process. */
export async function runOnStreams(
  machine: Machine,
  argv: string[],
  spawn: SpawnOptions,
  input: boolean,
): Promise<number> {
  const exit = await statusOf(machine, onStreams(machine, argv, spawn, input));
  if (exit.error !== undefined) process.stderr.write(`bivy: ${exit.error}\n`);
  return exit.status;
}

/** Runs it; the exit status for this process. */
export async function run(options: RunOptions): Promise<number> {
  const { image, entrypoint, command } = options;
  if (image !== undefined && !IMAGE.test(image))
    throw new UsageError(`Unable to find image '${image}' locally: there is only "alpine"`);
  const argv =
    entrypoint === undefined || entrypoint === ""
      ? command.length > 0
        ? command
        : COMMAND
      : [entrypoint, ...command];
  if (options.tty && options.interactive && !NodeTerminal.available)
    throw new UsageError("the input device is not a TTY");
  if (options.network === "none" && options.ports.length > 0)
    throw new UsageError("conflicting options: port publishing and network none");
  const machine = bootMachine(options);
  if (options.ports.length > 0) await machine.ports;
  const { hostname } = options;
  if (hostname !== undefined && !options.readOnly) writeHostname(machine, hostname);
  const spawn: SpawnOptions = {
    init: !options.init,
    ...(options.workdir === undefined ? {} : { cwd: options.workdir }),
    ...(options.user === undefined ? {} : { user: options.user }),
  };
  if (options.workdir !== undefined) machine.fs.mkdirSync(options.workdir, { recursive: true });
  const start = options.tty ? onTerminal : onStreams;
  const exit = await statusOf(machine, start(machine, argv, spawn, options.interactive));
  if (exit.error !== undefined) process.stderr.write(`bivy: ${exit.error}\n`);
  return exit.status;
}

/** `bivy run`. */
export async function runCommand(words: readonly string[], help: string): Promise<number> {
  const options = parseRun(words);
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }
  if (options.image === undefined && words.length === 0)
    throw new UsageError("'bivy run' requires at least 1 argument");
  return run(options);
}

/** True for errors that are told in one line. */
export function isExpected(error: unknown): error is Error {
  return error instanceof UsageError || error instanceof BivyError || error instanceof Errno;
}
