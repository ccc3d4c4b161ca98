// A machine with OpenRC in it, for tests: the package's files, and services given as text.
import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { FixedHost, Machine, nodeHost } from "../../src/index.ts";

const APORTS = fileURLToPath(new URL("../../aports/", import.meta.url));
export const RUNLEVELS: readonly string[] = ["sysinit", "boot", "default", "nonetwork", "shutdown"];

/** Puts all that is below a folder of the host into the machine. */
export function installTree(machine: Machine, folder: string, at = ""): void {
  for (const name of readdirSync(folder).sort()) {
    const source = `${folder}/${name}`;
    const path = `${at}/${name}`;
    const st = lstatSync(source);
    if (st.isDirectory()) {
      machine.fs.mkdirSync(path, { recursive: true });
      installTree(machine, source, path);
    } else {
      machine.fs.rmSync(path, { force: true });
      if (st.isSymbolicLink()) machine.fs.symlinkSync(readlinkSync(source), path);
      else {
        machine.fs.writeFileSync(path, readFileSync(source));
        machine.fs.chmodSync(path, statSync(source).mode & 0o100 ? 0o755 : 0o644);
      }
    }
  }
}

/** What a script prints, both streams as one, and its status when it is not 0. */
export async function outcome(machine: Machine, script: string): Promise<string> {
  const { stdout, status } = await machine.exec(`exec 2>&1\nexport TERM=dumb\n${script}`);
  return status === 0 ? stdout : `${stdout}=> ${status}\n`;
}

/** start() and stop() that tell their names in few words, and what depend() has. */
export function telling(name: string, depend = ":"): string {
  return `start() { echo "+${name}"; }\nstop() { echo "-${name}"; }\ndepend() {\n${depend}\n}\n`;
}

/** A service: its script's text after the first line; links in these runlevels. */
export interface Service {
  script: string;
  levels?: readonly string[];
}

export interface OpenrcOptions {
  services?: Readonly<Record<string, Service>>;
  files?: Readonly<Record<string, string>>;
  /** Leave OpenRC's own services there. */
  keep?: boolean;
  /** The runlevel the machine is said to be in; undefined: not booted by OpenRC. */
  softlevel?: string;
}

/** Boots one. Its clock stands still but for sleeps, so that waiting takes no time. */
export function bootOpenrc(options: OpenrcOptions = {}): Machine {
  const machine = Machine.boot({ host: new FixedHost(nodeHost(), { seed: 7 }) });
  installTree(machine, `${APORTS}bivy-openrc/root`);
  for (const level of RUNLEVELS)
    machine.fs.mkdirSync(`/etc/runlevels/${level}`, { recursive: true });
  if (options.keep !== true)
    for (const name of machine.fs.readdirSync("/etc/init.d"))
      machine.fs.rmSync(`/etc/init.d/${name}`);
  for (const [name, service] of Object.entries(options.services ?? {})) {
    machine.fs.writeFileSync(`/etc/init.d/${name}`, `#!/sbin/openrc-run\n${service.script}`);
    machine.fs.chmodSync(`/etc/init.d/${name}`, 0o755);
    for (const level of service.levels ?? [])
      machine.fs.symlinkSync(`/etc/init.d/${name}`, `/etc/runlevels/${level}/${name}`);
  }
  for (const [path, text] of Object.entries(options.files ?? {})) {
    machine.fs.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    machine.fs.writeFileSync(path, text);
  }
  if (options.softlevel !== undefined) {
    machine.fs.mkdirSync("/run/openrc", { recursive: true });
    machine.fs.writeFileSync("/run/openrc/softlevel", options.softlevel);
  }
  return machine;
}
