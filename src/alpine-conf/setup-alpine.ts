// setup-alpine: all the other setup programs, one after another, from first boot to an installed system (setup-alpine(8)).
import type { Program, Steps } from "../abi/program.ts";
import { Exit } from "../libc/process.ts";
import { isatty } from "../libc/stdio.ts";
import { type Setup, setupProgram, words } from "./libalpine.ts";
import { SAMPLE_ANSWERS } from "./setup-alpine-answers.ts";

const USAGE = `usage: setup-alpine [-ahq] [-c FILE | -f FILE]

Sets Alpine Linux up

options:
 -a  Make an overlay file
 -c  Write an answer file and do nothing else
 -e  Leave root without password
 -f  Take answers from this file or address
 -h  Show this text
 -q  Quick: with fewer questions
`;
const ANSWERS = [
  "KEYMAPOPTS",
  "HOSTNAMEOPTS",
  "DEVDOPTS",
  "INTERFACESOPTS",
  "WIFIOPTS",
  "DNSOPTS",
  "TIMEZONEOPTS",
  "PROXYOPTS",
  "NTPOPTS",
  "APKREPOSOPTS",
  "USEROPTS",
  "USERSSHKEY",
  "SSHDOPTS",
  "ROOTSSHKEY",
  "XENDOM0OPTS",
  "DISKOPTS",
  "LBUOPTS",
  "APKCACHEOPTS",
] as const;
type Answer = (typeof ANSWERS)[number];

class Installation {
  readonly s: Setup;
  readonly quick: boolean;
  readonly emptyPassword: boolean;
  readonly #answers = new Map<string, string>();
  readonly #colours: boolean;
  system = "";

  constructor(s: Setup, quick: boolean, emptyPassword: boolean) {
    this.s = s;
    this.quick = quick;
    this.emptyPassword = emptyPassword || quick;
    this.#colours = isatty(s.sys, 1);
    for (const name of ANSWERS) {
      const value = s.p.env.get(name);
      if (value !== undefined) this.#answers.set(name, value);
    }
    if (!quick) return;
    this.#answers.set("APKREPOSOPTS", "-1");
    this.#answers.set("HOSTNAMEOPTS", "alpine");
  }

  answer(name: Answer): string {
    return this.#answers.get(name) ?? "";
  }
  args(name: Answer): string[] {
    return words(this.answer(name));
  }
  /** "-k KEY" when a key was given, be it empty. */
  key(name: Answer): string[] {
    const value = this.#answers.get(name);
    return value === undefined ? [] : ["-k", value];
  }
  get overSsh(): boolean {
    return this.s.env("SSH_CONNECTION") !== "";
  }

  /** Reads an answer file; its exported variables are there for the programs that are run. */
  *readAnswers(path: string): Steps<void> {
    const { s } = this;
    let file = path;
    if (/^(http.*|ftp):\/\//.test(path)) {
      if ((yield* s.run(["rc-service", "networking", "--quiet", "status"])) !== 0)
        yield* s.run(["setup-interfaces", "-ar"]);
      file = yield* s.output(["mktemp"]);
      if ((yield* s.run(["wget", "-qO", file, path])) !== 0) s.die(`Failed to download '${path}'`);
    } else if (path !== "") file = yield* s.output(["realpath", path]);
    if (file === "" || !s.exists(file)) return;
    const found = yield* s.sourced(file, ANSWERS);
    for (const [name, value] of found) {
      if ((ANSWERS as readonly string[]).includes(name)) this.#answers.set(name, value);
      else s.p.env.set(name, value);
    }
  }

  *title(text: string, rule: string): Steps<void> {
    for (const line of [text, rule])
      yield* this.s.echo(this.#colours ? `\x1b[36m${line}\x1b[0m` : line);
  }
  *heading(text: string): Steps<void> {
    const { s } = this;
    yield* s.echo();
    for (const line of [` ${text}`, "-".repeat(text.length + 2)])
      yield* s.echo(this.#colours ? `\x1b[97m${line}\x1b[0m` : line);
  }

  *keymapAndHostname(): Steps<void> {
    const { s } = this;
    const console = s.readlink(`${s.root}/proc/self/fd/0`);
    if (/^\/dev\/tty\d/.test(console) || this.answer("KEYMAPOPTS") !== "") {
      yield* this.heading("Keymap");
      yield* s.run(["setup-keymap", ...this.args("KEYMAPOPTS")]);
    }
    yield* this.heading("Hostname");
    const named = yield* s.run(["setup-hostname", ...this.args("HOSTNAMEOPTS")]);
    if (named === 0 && !this.overSsh) {
      const service = function* (name: string, action: string): Steps<number> {
        return yield* s.run(["rc-service", "--quiet", name, action]);
      };
      const running = (yield* service("networking", "status")) === 0;
      if (running) yield* service("networking", "stop");
      yield* service("hostname", "restart");
      if (running) yield* service("networking", "start");
    }
    yield* s.run(["setup-devd", "-C", "mdev"]);
  }

  *network(): Steps<void> {
    const { s } = this;
    yield* this.heading("Interface");
    const given = this.answer("INTERFACESOPTS");
    const wifi = this.answer("WIFIOPTS");
    const argv = ["setup-interfaces"];
    if (wifi !== "") argv.push("-w", wifi);
    if (!this.overSsh) argv.push("-r");
    if (given === "") yield* s.run(this.quick ? [...argv, "-a"] : argv);
    else if (given !== "none") yield* s.run([...argv, "-i"], { input: given });
    const interfaces = yield* s.text(`${s.root}/etc/network/interfaces`);
    if (interfaces !== undefined && !/^iface.*dhcp/m.test(interfaces))
      yield* s.run(["setup-dns", ...this.args("DNSOPTS")]);
  }

  *rootPassword(): Steps<void> {
    if (this.emptyPassword) return;
    yield* this.heading("Root Password");
    while ((yield* this.s.mocked(["passwd"])) !== 0) {
      yield* this.s.echo("Please retry.");
      this.s.countRetry();
    }
  }

  *services(): Steps<void> {
    const { s } = this;
    yield* s.echo();
    const add = function* (service: string, ...level: string[]): Steps<number> {
      return yield* s.run(["rc-update", "--quiet", "add", service, ...level]);
    };
    yield* add("networking", "boot");
    if ((yield* add("seedrng", "boot")) !== 0) yield* add("urandom", "boot");
    const more = s.exists("/dev/input/event0") ? ["cron", "crond", "acpid"] : ["cron", "crond"];
    for (const service of more)
      if ((yield* s.run(["rc-service", "--exists", service])) === 0) yield* add(service);
    const noStop = this.overSsh ? ["-n"] : [];
    yield* s.mocked(["openrc", ...noStop, "boot"]);
    yield* s.mocked(["openrc", ...noStop, "default"]);
    yield* this.#hosts();
  }

  /** The host's own line in /etc/hosts, now that DHCP may have told the domain. */
  *#hosts(): Steps<void> {
    const { s } = this;
    const path = `${s.root}/etc/hosts`;
    const hosts = yield* s.text(path);
    if (hosts === undefined) return;
    let domain = "";
    const table = yield* s.rows(`${s.root}/etc/resolv.conf`);
    for (const [key, value] of table)
      if ((key === "domain" || key === "search") && value !== undefined) domain = value;
    if (domain === "") domain = yield* s.domain("my.domain");
    const name = (yield* s.hostname()).split(".")[0] ?? "";
    const line = `127.0.0.1\t${name}.${domain} ${name} localhost.localdomain localhost`;
    const changed = hosts.replace(/^127\.0\.0\.1[^\n]*/gm, () => line);
    if (changed !== hosts) yield* s.write(path, changed);
  }

  *proxy(): Steps<void> {
    const { s } = this;
    if (!this.quick) {
      yield* this.heading("Proxy");
      yield* s.run(["setup-proxy", "-q", ...this.args("PROXYOPTS")]);
    }
    const profile = `${s.root}/etc/profile`;
    if (!s.isFile(profile)) return;
    const found = yield* s.sourced(profile, []);
    for (const [name, value] of found) s.p.env.set(name, value);
  }

  *time(): Steps<void> {
    const { s } = this;
    const file = `${s.root}sys/devices/system/clocksource/clocksource0/current_clocksource`;
    const kvm = ((yield* s.text(file)) ?? "").includes("kvm-clock");
    if (kvm || this.system === "LXC" || this.quick) return;
    yield* this.heading("Network Time Protocol");
    yield* s.run(["setup-ntp", ...this.args("NTPOPTS")]);
  }

  *users(): Steps<void> {
    const { s } = this;
    yield* this.heading("User");
    const options = this.args("USEROPTS");
    const preset = ["-a", "-g", "audio input video netdev"];
    const argv = options.length === 0 ? preset : options;
    yield* s.run(["setup-user", ...this.key("USERSSHKEY"), ...argv]);
    const entries = yield* s.names(`${s.root}home`);
    for (const name of entries) {
      const home = `${s.root}home/${name}`;
      if (s.isDir(home)) yield* s.run(["lbu", "add", home]);
    }
    yield* s.run(["setup-sshd", ...this.key("ROOTSSHKEY"), ...this.args("SSHDOPTS")]);
    if (s.isFile(`${s.root}/root/.ssh/authorized_keys`))
      yield* s.run(["lbu", "add", `${s.root}/root`]);
  }

  *disk(): Steps<void> {
    const { s } = this;
    yield* this.heading("Disk & Install");
    const file = yield* s.output(["mktemp", "/tmp/alpine-install-diskmode.XXXXXXXXXX"]);
    if (file === "") s.die("Failed to create temporary diskmode file");
    s.p.env.set("DEFAULT_DISK", "none");
    const status = yield* s.run(["setup-disk", "-w", file, "-q", ...this.args("DISKOPTS")]);
    s.p.env.delete("DEFAULT_DISK");
    const mode = ((yield* s.text(file)) ?? "").trim();
    s.remove(file);
    if (status !== 0) throw new Exit(status);
    if (mode === "sys") return;
    yield* s.run(["setup-lbu", ...this.args("LBUOPTS")]);
    yield* s.run(["setup-apkcache", ...this.args("APKCACHEOPTS")]);
    if (s.isLink(`${s.root}/etc/apk/cache`)) yield* s.run(["apk", "cache", "sync"]);
  }

  *run(): Steps<void> {
    const { s } = this;
    const container = this.system === "LXC";
    if (!container) yield* this.keymapAndHostname();
    yield* this.network();
    yield* this.rootPassword();
    if (!this.quick) {
      yield* this.heading("Timezone");
      yield* s.run(["setup-timezone", ...this.args("TIMEZONEOPTS")]);
    }
    yield* this.services();
    yield* this.proxy();
    yield* this.time();
    yield* this.heading("APK Mirror");
    yield* s.run(["setup-apkrepos", ...this.args("APKREPOSOPTS")]);
    const manager = this.args("DEVDOPTS");
    if (!container && manager.length > 0 && manager.join(" ") !== "mdev")
      yield* s.run(["setup-devd", ...manager]);
    if (this.quick) return;
    yield* this.users();
    if (yield* s.isXenDom0()) {
      yield* this.heading("Xen");
      yield* s.run(["setup-xen-dom0", ...this.args("XENDOM0OPTS")]);
    }
    if (!container) yield* this.disk();
  }
}

function* main(s: Setup): Steps<number> {
  const { options } = yield* s.getopts("aef:c:hq");
  const has = (letter: string): boolean => options.some(([l]) => l === letter);
  const given = (letter: string): string => options.findLast(([l]) => l === letter)?.[1] ?? "";
  const installation = new Installation(s, has("q"), has("e"));
  installation.system = yield* s.output(["openrc", "--sys"]);
  yield* installation.readAnswers(given("f"));
  if (given("c") !== "") {
    yield* s.write(given("c"), SAMPLE_ANSWERS);
    yield* s.echo(
      `Answer file ${given("c")} has been created.  Please add or remove options as desired in that file`,
    );
    return 0;
  }
  yield* s.print("\n\n");
  yield* installation.title(" ALPINE LINUX INSTALL", "----------------------");
  if (has("a")) {
    yield* s.echo("Creating an Alpine overlay");
    s.root = `${yield* s.output(["mktemp", "-d", "/tmp/setup-alpine-XXXXXXXXXX"])}/`;
    s.p.env.set("ROOT", s.root);
  }
  yield* installation.run();
  if (has("a")) yield* s.run(["rm", "-rf", s.root]);
  return 0;
}

/** The program. */
export const setupAlpine: Program = setupProgram(USAGE, main);
