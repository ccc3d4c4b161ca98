// mdev: makes device nodes as /etc/mdev.conf wants them (mdev's own documentation).
import { Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { makedev, S_IFBLK, S_IFCHR } from "../../abi/stat.ts";
import { getopt } from "../../libc/getopt.ts";
import { UserDb } from "../../libc/passwd.ts";
import { die, type Process } from "../../libc/process.ts";
import { REG_EXTENDED, RegexError, regcomp } from "../../libc/regex/regex.ts";
import { run } from "../../libc/spawn.ts";
import {
  chmod,
  chown,
  mkdir,
  mknod,
  readDir,
  readlink,
  readText,
  rename,
  symlink,
  tryLstat,
  tryStat,
  unlink,
} from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

const CONFIGURATION = "/etc/mdev.conf";
/** Folders of sysfs are looked into so deep. */
const DEPTH = 12;

/** A line of mdev.conf. */
interface Rule {
  /** "-" in front: later rules count as well. */
  readonly goOn: boolean;
  /** Environment that has to match first. */
  readonly environment: readonly [name: string, pattern: string][];
  /** Name of the device, or "@major,minor[-minor]", or "$NAME=pattern". */
  readonly what: string;
  readonly user: string;
  readonly group: string;
  readonly mode: number;
  /** "=path" or ">path" moves it, ">" leaves a link behind, "!" makes none. */
  readonly alias: string;
  /** "@", "$" or "*" and a command. */
  readonly command: string;
}

const DEFAULT: Rule = {
  goOn: false,
  environment: [],
  what: ".*",
  user: "root",
  group: "root",
  mode: 0o660,
  alias: "",
  command: "",
};

/** The rules of a text; what is no rule is passed over. */
export function parseMdevConf(text: string): Rule[] {
  const rules: Rule[] = [];
  for (const whole of text.split("\n")) {
    const line = whole.trim();
    const match = /^(-?)(\S+)\s+([^:\s]+):(\S+)\s+([0-7]+)\s*(.*)$/.exec(line);
    if (line.startsWith("#") || match === null) continue;
    const [, minus, subject = "", user = "", group = "", mode = "", rest = ""] = match;
    const parts = subject.split(";");
    const what = parts.pop() ?? "";
    const environment = parts.flatMap((part): [string, string][] => {
      const [, name = "", pattern = ""] = /^(\w+)=(.*)$/.exec(part) ?? [];
      return name === "" ? [] : [[name, pattern]];
    });
    const [, alias = "", command = ""] = /^([=>!]\S*)?\s*([@$*].*)?$/.exec(rest) ?? [];
    rules.push({
      goOn: minus === "-",
      environment,
      what,
      user,
      group,
      mode: Number.parseInt(mode, 8),
      alias,
      command,
    });
  }
  return rules;
}

/** A device that came or went. */
interface Device {
  readonly action: string;
  readonly name: string;
  readonly major: number;
  readonly minor: number;
  readonly block: boolean;
  readonly env: ReadonlyMap<string, string>;
}

/** The groups of a pattern that fits the whole text, the text itself first; undefined when it does not, or is none. */
function groupsOf(pattern: string, text: string, whole: boolean): string[] | undefined {
  try {
    const regex = regcomp(pattern, REG_EXTENDED, { utf8: false });
    const found = regex.exec(text, 0, 0);
    if (found === undefined || found === null) return undefined;
    const at = (i: number): number => found[i] ?? -1;
    if (whole && (at(0) !== 0 || at(1) !== text.length)) return undefined;
    const groups: string[] = [];
    for (let i = 0; i <= regex.nsub; i++)
      groups.push(at(2 * i) < 0 ? "" : text.slice(at(2 * i), at(2 * i + 1)));
    return groups;
  } catch (e) {
    if (!(e instanceof RegexError)) throw e;
    return undefined;
  }
}

/** The match of a rule, with its groups for %1 …; undefined when it is about something else. */
function matches(rule: Rule, device: Device): string[] | undefined {
  for (const [name, pattern] of rule.environment)
    if (groupsOf(pattern, device.env.get(name) ?? "", false) === undefined) return undefined;
  const [, major, low, high] = /^@(\d+),(\d+)(?:-(\d+))?$/.exec(rule.what) ?? [];
  if (major !== undefined) {
    const { minor } = device;
    const fits =
      Number(major) === device.major && minor >= Number(low) && minor <= Number(high ?? low);
    return fits ? [device.name] : undefined;
  }
  const [, variable, pattern] = /^\$(\w+)=(.*)$/.exec(rule.what) ?? [];
  const text = variable === undefined ? device.name : device.env.get(variable);
  return text === undefined ? undefined : groupsOf(pattern ?? rule.what, text, true);
}

class Mdev {
  readonly #p: Process;
  readonly #rules: readonly Rule[];
  readonly #db: UserDb;

  constructor(p: Process, rules: readonly Rule[]) {
    this.#p = p;
    this.#rules = rules;
    this.#db = new UserDb(p.sys);
  }

  *handle(device: Device): Steps<void> {
    for (const rule of [...this.#rules, DEFAULT]) {
      const match = matches(rule, device);
      if (match === undefined) continue;
      yield* this.#apply(rule, match, device);
      if (!rule.goOn) return;
    }
  }

  *#apply(rule: Rule, match: readonly string[], device: Device): Steps<void> {
    const { sys } = this.#p;
    const remove = device.action === "remove";
    const node = `/dev/${device.name}`;
    const fill = (text: string): string =>
      text.replace(/%([0-9])/g, (_, n: string) => match[Number(n)] ?? "");
    const when = rule.command[0];
    const command = rule.command.slice(1);
    if (remove && (when === "$" || when === "*")) yield* this.#run(command, device);
    try {
      if (device.major >= 0 && rule.alias !== "!") {
        if (remove) {
          if (tryLstat(sys, node) !== undefined) unlink(sys, node);
        } else yield* this.#make(rule, node, fill(rule.alias.slice(1)), device);
      }
    } catch (e) {
      yield* this.#p.warn(node, e);
    }
    if (!remove && (when === "@" || when === "*")) yield* this.#run(command, device);
  }

  *#make(rule: Rule, node: string, alias: string, device: Device): Steps<void> {
    const { sys } = this.#p;
    this.#folders(node);
    if (tryLstat(sys, node) === undefined) {
      const type = device.block ? S_IFBLK : S_IFCHR;
      mknod(sys, node, type | rule.mode, makedev(device.major, device.minor));
    }
    const uid = (yield* this.#db.getpwnam(rule.user))?.uid ?? Number(rule.user);
    const gid = (yield* this.#db.getgrnam(rule.group))?.gid ?? Number(rule.group);
    chmod(sys, node, rule.mode);
    if (Number.isInteger(uid) && Number.isInteger(gid)) chown(sys, node, uid, gid);
    if (alias === "") return;
    const name = device.name.slice(device.name.lastIndexOf("/") + 1);
    const target = `/dev/${alias.endsWith("/") ? alias + name : alias}`;
    this.#folders(target);
    rename(sys, node, target);
    if (rule.alias.startsWith(">")) symlink(sys, target.slice("/dev/".length), node);
  }

  #folders(path: string): void {
    const { sys } = this.#p;
    for (let at = path.indexOf("/", "/dev/".length); at > 0; at = path.indexOf("/", at + 1))
      if (tryStat(sys, path.slice(0, at)) === undefined) mkdir(sys, path.slice(0, at), 0o755);
  }

  *#run(command: string, device: Device): Steps<void> {
    for (const [name, value] of device.env) this.#p.env.set(name, value);
    this.#p.env.set("MDEV", device.name);
    yield* run(this.#p, ["/bin/sh", "-c", command]);
  }

  /** All devices that sysfs knows. */
  *scan(dir: string, depth = 0): Steps<void> {
    const { sys } = this.#p;
    const uevent = yield* readText(sys, `${dir}/uevent`, 1 << 16);
    const dev = (yield* readText(sys, `${dir}/dev`, 64))?.trim();
    if (uevent !== undefined && dev !== undefined) {
      const env = new Map<string, string>([["ACTION", "add"]]);
      for (const line of uevent.split("\n")) {
        const eq = line.indexOf("=");
        if (eq > 0) env.set(line.slice(0, eq), line.slice(eq + 1));
      }
      const [major = "", minor = ""] = dev.split(":");
      const block = subsystem(sys, dir) === "block";
      const name = env.get("DEVNAME") ?? dir.slice(dir.lastIndexOf("/") + 1).replaceAll("!", "/");
      const [a, b] = [Number(major), Number(minor)];
      yield* this.handle({ action: "add", name, major: a, minor: b, block, env });
    }
    if (depth >= DEPTH) return;
    let entries: { name: string }[] = [];
    try {
      entries = yield* readDir(sys, dir);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
    for (const { name } of entries) {
      const st = tryLstat(sys, `${dir}/${name}`);
      if (st !== undefined && (st.mode & 0o170000) === 0o040000)
        yield* this.scan(`${dir}/${name}`, depth + 1);
    }
  }
}

function subsystem(sys: Process["sys"], dir: string): string {
  try {
    const target = readlink(sys, `${dir}/subsystem`);
    return target.slice(target.lastIndexOf("/") + 1);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return dir.includes("/block/") ? "block" : "";
  }
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "sSdfv", { max: 0 });
  const mdev = new Mdev(p, parseMdevConf((yield* readText(p.sys, CONFIGURATION, 1 << 20)) ?? ""));
  if (opt.has("s")) {
    yield* mdev.scan("/sys/devices");
    return 0;
  }
  // The kernel here tells nobody of devices by netlink: devtmpfs has them already.
  if (opt.has("d")) die("socket: Protocol not supported");
  const { env } = p;
  const [action, path] = [env.get("ACTION"), env.get("DEVPATH")];
  if (action === undefined || path === undefined) p.usageError();
  const name = env.get("DEVNAME") ?? path.slice(path.lastIndexOf("/") + 1);
  const [major, minor] = [Number(env.get("MAJOR") ?? -1), Number(env.get("MINOR") ?? -1)];
  const block = env.get("SUBSYSTEM") === "block";
  yield* mdev.handle({ action, name, major, minor, block, env: new Map(env) });
  return 0;
}

export const mdev: Applet = {
  name: "mdev",
  path: "/sbin/mdev",
  usage: `[-vS] { [-s] | [-df] }

Make device nodes as /etc/mdev.conf says

	-s	For all devices that /sys has
	-d	Listen for devices that come and go
	-f	Stay in the foreground
	-v	Say more
	-S	Also to syslogd

Without an option: for the device of $ACTION, $DEVPATH, $MAJOR and $MINOR
`,
  main,
};
