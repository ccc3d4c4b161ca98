// /proc/sys: the settings of the machine (sysctl(8), proc_sys(5)).
import { EINVAL, EPERM } from "../../../abi/errno.ts";
import { ENTROPY_BITS } from "../../drivers/mem.ts";
import type { Kernel } from "../../kernel.ts";
import { PTY_MAX, ptys } from "../../tty/pty.ts";
import { MACHINE, OSRELEASE, OSTYPE, VERSION } from "../../version.ts";
import {
  type Contents,
  FixedDirectory,
  GeneratedDirectory,
  GeneratedFile,
  type GeneratedSuperBlock,
  type Make,
} from "../generated.ts";
import type { Inode } from "../inode.ts";
import { PIPE_MAX_SIZE } from "../pipe.ts";

/** Values that were set, by path ("vm/swappiness"); others have the default of their table row. */
function settings(kernel: Kernel): Map<string, string> {
  return kernel.slot("sysctl", () => new Map<string, string>());
}

/** What the machine has for a setting, for the parts of the kernel that act on it. */
export function sysctl(kernel: Kernel, path: string): string | undefined {
  return settings(kernel).get(path);
}

/** One setting. */
interface Setting {
  mode: number;
  get(kernel: Kernel): string;
  set?(kernel: Kernel, text: string): void;
}

type Tree = { readonly [name: string]: Setting | Tree };

function isSetting(each: Setting | Tree): each is Setting {
  return typeof (each as Setting).get === "function";
}

function readonly(get: (kernel: Kernel) => string | number, mode = 0o444): Setting {
  return { mode, get: (kernel) => String(get(kernel)) };
}

/** Numbers separated by white space, each within bounds; fewer than `count` leave the rest. */
function parseNumbers(text: string, count: number, least: number, most: number): number[] {
  const words = text.trim().split(/\s+/);
  if (words.length > count || words[0] === "") throw EINVAL;
  return words.map((word) => {
    if (!/^[-+]?(0x[0-9a-fA-F]{1,12}|\d{1,19})$/.test(word)) throw EINVAL;
    const value = Number(word);
    if (value < least || value > most) throw EINVAL;
    return value;
  });
}

const INT_MAX = 2147483647;

/** A number, or a row of them, that is kept and told but changes nothing else. */
function kept(
  path: string,
  initial: number | string,
  least = -INT_MAX - 1,
  most = INT_MAX,
): Setting {
  const first = String(initial);
  return {
    mode: 0o644,
    get: (kernel) => settings(kernel).get(path) ?? first,
    set: (kernel, text) => {
      const old = (settings(kernel).get(path) ?? first).split("\t");
      const given = parseNumbers(text, old.length, least, most).map(String);
      settings(kernel).set(path, [...given, ...old.slice(given.length)].join("\t"));
    },
  };
}

/** A bound that the machine's owner has set: told, and kept when it is changed, but the owner's counts. */
function limit(path: string, initial: (kernel: Kernel) => number): Setting {
  return {
    mode: 0o644,
    get: (kernel) => settings(kernel).get(path) ?? String(initial(kernel)),
    set: (kernel, text) => {
      const [value] = parseNumbers(text, 1, 1, Number.MAX_SAFE_INTEGER);
      settings(kernel).set(path, String(value));
    },
  };
}

/** A text that is kept. */
function keptText(path: string, initial: string, limit: number): Setting {
  return {
    mode: 0o644,
    get: (kernel) => settings(kernel).get(path) ?? initial,
    set: (kernel, text) => {
      settings(kernel).set(path, (text.split("\n", 1)[0] as string).slice(0, limit));
    },
  };
}

/** Files of one kind, from their names and first values. */
function keptAll(prefix: string, values: Readonly<Record<string, number | string>>): Tree {
  const tree: Record<string, Setting> = {};
  for (const [name, value] of Object.entries(values)) tree[name] = kept(`${prefix}/${name}`, value);
  return tree;
}

function uuid(bytes: Uint8Array): string {
  const b = bytes.slice(0, 16);
  b[6] = ((b[6] as number) & 0x0f) | 0x40;
  b[8] = ((b[8] as number) & 0x3f) | 0x80;
  const hex = [...b].map((each) => each.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function utsName(field: "nodename" | "domainname"): Setting {
  return {
    mode: 0o644,
    get: (kernel) => kernel.uts[field],
    set: (kernel, text) => {
      kernel.uts[field] = (text.split("\n", 1)[0] as string).slice(0, 64);
    },
  };
}

/** kernel.printk: console level, default level, least console level, boot default. */
const PRINTK: Setting = {
  mode: 0o644,
  get: (kernel) =>
    [kernel.log.consoleLevel, ...(sysctl(kernel, "kernel/printk") ?? "4\t1\t7").split("\t")].join(
      "\t",
    ),
  set: (kernel, text) => {
    const given = parseNumbers(text, 4, 0, INT_MAX);
    kernel.log.consoleLevel = given[0] as number;
    const rest = (sysctl(kernel, "kernel/printk") ?? "4\t1\t7").split("\t");
    given.slice(1).forEach((value, i) => {
      rest[i] = String(value);
    });
    settings(kernel).set("kernel/printk", rest.join("\t"));
  },
};

const KERNEL: Tree = {
  ...keptAll("kernel", {
    core_pipe_limit: 0,
    core_uses_pid: 1,
    "ctrl-alt-del": 0,
    dmesg_restrict: 0,
    kptr_restrict: 0,
    msgmax: 8192,
    msgmnb: 16384,
    msgmni: 32000,
    ngroups_max: 65536,
    overflowgid: 65534,
    overflowuid: 65534,
    panic: 0,
    panic_on_oops: 0,
    panic_on_warn: 0,
    perf_event_paranoid: 2,
    printk_delay: 0,
    printk_ratelimit: 5,
    printk_ratelimit_burst: 10,
    randomize_va_space: 2,
    sched_rt_period_us: 1000000,
    sched_rt_runtime_us: 950000,
    sem: "32000\t1024000000\t500\t32000",
    shmmni: 4096,
    sysrq: 176,
    tainted: 0,
    unprivileged_bpf_disabled: 0,
  }),
  arch: readonly(() => MACHINE),
  cap_last_cap: readonly(() => 40),
  core_pattern: keptText("kernel/core_pattern", "core", 127),
  domainname: utsName("domainname"),
  hostname: utsName("nodename"),
  hotplug: keptText("kernel/hotplug", "", 255),
  keys: keptAll("kernel/keys", { maxbytes: 20000, maxkeys: 200 }),
  modprobe: keptText("kernel/modprobe", "/sbin/modprobe", 255),
  modules_disabled: kept("kernel/modules_disabled", 0, 0, 1),
  osrelease: readonly(() => OSRELEASE),
  ostype: readonly(() => OSTYPE),
  pid_max: {
    mode: 0o644,
    get: (kernel) => String(kernel.pidMax),
    set: (kernel, text) => {
      // At least twice what may run at a time, so that a free number is always near.
      const [value] = parseNumbers(text, 1, 301 + 2 * kernel.limits.tasks, 4194304);
      kernel.pidMax = value as number;
    },
  },
  poweroff_cmd: keptText("kernel/poweroff_cmd", "/sbin/poweroff", 255),
  printk: PRINTK,
  pty: {
    max: readonly(() => PTY_MAX),
    nr: readonly((kernel) => ptys(kernel).entries.size),
    reserve: readonly(() => 0),
  },
  random: {
    boot_id: readonly((kernel) => kernel.slot("boot_id", () => uuid(kernel.host.random(16)))),
    entropy_avail: readonly(() => ENTROPY_BITS),
    poolsize: readonly(() => ENTROPY_BITS),
    urandom_min_reseed_secs: kept("kernel/random/urandom_min_reseed_secs", 60),
    uuid: readonly((kernel) => uuid(kernel.host.random(16))),
    write_wakeup_threshold: kept("kernel/random/write_wakeup_threshold", 256),
  },
  shmall: keptText("kernel/shmall", "18446744073692774399", 20),
  shmmax: keptText("kernel/shmmax", "18446744073692774399", 20),
  "threads-max": limit("kernel/threads-max", (kernel) => kernel.limits.tasks),
  version: readonly(() => VERSION),
};

const FS: Tree = {
  ...keptAll("fs", {
    "aio-max-nr": 65536,
    "lease-break-time": 45,
    "leases-enable": 1,
    "mount-max": 100000,
    nr_open: 1048576,
    overflowgid: 65534,
    overflowuid: 65534,
    "pipe-user-pages-hard": 0,
    "pipe-user-pages-soft": 16384,
    protected_fifos: 0,
    protected_hardlinks: 1,
    protected_regular: 0,
    protected_symlinks: 1,
    suid_dumpable: 0,
  }),
  "aio-nr": readonly(() => 0),
  "dentry-state": readonly(() => "0\t0\t45\t0\t0\t0"),
  epoll: keptAll("fs/epoll", { max_user_watches: 5491533 }),
  "file-max": limit("fs/file-max", (kernel) => kernel.limits.openFiles),
  "file-nr": readonly(
    (kernel) =>
      `${openFiles(kernel)}\t0\t${sysctl(kernel, "fs/file-max") ?? kernel.limits.openFiles}`,
  ),
  "inode-nr": readonly(() => "0\t0"),
  "inode-state": readonly(() => "0\t0\t0\t0\t0\t0\t0"),
  inotify: keptAll("fs/inotify", {
    max_queued_events: 16384,
    max_user_instances: 128,
    max_user_watches: 192536,
  }),
  "pipe-max-size": readonly(() => PIPE_MAX_SIZE),
};

function openFiles(kernel: Kernel): number {
  const files = new Set<unknown>();
  for (const task of kernel.tasks.values()) {
    for (const fd of task.fds.fds()) files.add(task.fds.peek(fd));
  }
  return files.size;
}

const VM: Tree = {
  ...keptAll("vm", {
    dirty_background_bytes: 0,
    dirty_background_ratio: 10,
    dirty_bytes: 0,
    dirty_expire_centisecs: 3000,
    dirty_ratio: 20,
    dirty_writeback_centisecs: 500,
    laptop_mode: 0,
    max_map_count: 65530,
    min_free_kbytes: 4096,
    mmap_min_addr: 4096,
    nr_hugepages: 0,
    oom_dump_tasks: 1,
    oom_kill_allocating_task: 0,
    overcommit_kbytes: 0,
    overcommit_ratio: 50,
    "page-cluster": 3,
    panic_on_oom: 0,
    stat_interval: 1,
    vfs_cache_pressure: 100,
  }),
  // There is no cache to drop: whatever is held is somebody's file.
  drop_caches: { mode: 0o200, get: () => "0", set: (_k, text) => void parseNumbers(text, 1, 1, 4) },
  overcommit_memory: kept("vm/overcommit_memory", 0, 0, 2),
  swappiness: kept("vm/swappiness", 60, 0, 200),
};

const NET_CORE: Tree = {
  ...keptAll("net/core", {
    netdev_max_backlog: 1000,
    optmem_max: 131072,
    rmem_default: 212992,
    rmem_max: 212992,
    somaxconn: 4096,
    wmem_default: 212992,
    wmem_max: 212992,
  }),
  default_qdisc: keptText("net/core/default_qdisc", "pfifo_fast", 16),
};

const IPV4: Tree = {
  ...keptAll("net/ipv4", {
    icmp_echo_ignore_all: 0,
    icmp_echo_ignore_broadcasts: 1,
    icmp_ignore_bogus_error_responses: 1,
    ip_default_ttl: 64,
    ip_dynaddr: 0,
    ip_forward: 0,
    ip_local_port_range: "32768\t60999",
    ip_nonlocal_bind: 0,
    ip_unprivileged_port_start: 1024,
    ping_group_range: "1\t0",
    tcp_ecn: 2,
    tcp_fin_timeout: 60,
    tcp_keepalive_intvl: 75,
    tcp_keepalive_probes: 9,
    tcp_keepalive_time: 7200,
    tcp_max_syn_backlog: 128,
    tcp_mtu_probing: 0,
    tcp_retries2: 15,
    tcp_rfc1337: 0,
    tcp_rmem: "4096\t131072\t6291456",
    tcp_sack: 1,
    tcp_syn_retries: 6,
    tcp_syncookies: 1,
    tcp_timestamps: 1,
    tcp_tw_reuse: 2,
    tcp_window_scaling: 1,
    tcp_wmem: "4096\t16384\t4194304",
  }),
  tcp_available_congestion_control: readonly(() => "reno cubic"),
  tcp_congestion_control: keptText("net/ipv4/tcp_congestion_control", "cubic", 15),
};

const IPV4_CONF: Readonly<Record<string, number>> = {
  accept_redirects: 1,
  accept_source_route: 0,
  arp_announce: 0,
  arp_filter: 0,
  arp_ignore: 0,
  arp_notify: 0,
  disable_policy: 0,
  disable_xfrm: 0,
  forwarding: 0,
  log_martians: 0,
  mc_forwarding: 0,
  promote_secondaries: 0,
  proxy_arp: 0,
  route_localnet: 0,
  rp_filter: 0,
  secure_redirects: 1,
  send_redirects: 1,
  shared_media: 1,
};

const IPV6_CONF: Readonly<Record<string, number>> = {
  accept_dad: 1,
  accept_ra: 1,
  accept_redirects: 1,
  accept_source_route: 0,
  addr_gen_mode: 0,
  autoconf: 1,
  dad_transmits: 1,
  disable_ipv6: 0,
  forwarding: 0,
  hop_limit: 64,
  mtu: 1280,
  temp_prefered_lft: 86400,
  temp_valid_lft: 604800,
  use_tempaddr: 0,
};

/** Groups whose members may make ping sockets (net.ipv4.ping_group_range): first and last. */
export function pingGroups(kernel: Kernel): [number, number] {
  const text = settings(kernel).get("net/ipv4/ping_group_range") ?? "1\t0";
  const [first = 1, last = 0] = text.split("\t").map(Number);
  return [first, last];
}

/** Lets everybody make ping sockets, as container engines do. */
export function openPingGroups(kernel: Kernel): void {
  settings(kernel).set("net/ipv4/ping_group_range", "0\t2147483647");
}

/** Network interfaces by name, as far as settings and /sys/class/net show them; the network part sets it. */
export interface NetInterface {
  readonly name: string;
  readonly index: number;
  /** IFF_* and ARPHRD_* numbers. */
  flags(): number;
  readonly type: number;
  readonly address: string;
  readonly broadcast: string;
  mtu(): number;
  up(): boolean;
  /** Counters by their names in /sys/class/net/IF/statistics. */
  statistics(): Readonly<Record<string, number>>;
}

/** The interfaces of a machine. */
export function netInterfaces(kernel: Kernel): Map<string, NetInterface> {
  return kernel.slot("net.interfaces", () => new Map<string, NetInterface>());
}

// ---- the tree -------------------------------------------------------------------------------------

class SettingsDirectory extends GeneratedDirectory {
  readonly #tree: Tree;
  #made = new Map<string, Inode>();

  constructor(sb: GeneratedSuperBlock, tree: Tree) {
    super(sb);
    this.#tree = tree;
  }

  override names(): Iterable<string> {
    return Object.keys(this.#tree).sort();
  }

  override lookup(name: string): Inode | undefined {
    let inode = this.#made.get(name);
    if (inode !== undefined) return inode;
    if (!Object.hasOwn(this.#tree, name)) return undefined;
    const entry = this.#tree[name] as Setting | Tree;
    inode = isSetting(entry) ? settingFile(this.sb, entry) : new SettingsDirectory(this.sb, entry);
    this.#made.set(name, inode);
    return inode;
  }
}

function settingFile(sb: GeneratedSuperBlock, setting: Setting): Inode {
  const { mode, set } = setting;
  const contents: Contents = {};
  if ((mode & 0o444) !== 0) contents.read = (task) => `${setting.get(task.kernel)}\n`;
  if (set !== undefined) {
    contents.write = (task, text) => {
      if (task.cred.euid !== 0) throw EPERM;
      set(task.kernel, text);
    };
  }
  return new GeneratedFile(sb, contents, mode);
}

/** net/ipv4/conf and net/ipv6/conf: one directory for each interface beside "all" and "default". */
class ConfDirectory extends GeneratedDirectory {
  readonly #path: string;
  readonly #values: Readonly<Record<string, number>>;
  #made = new Map<string, Inode>();

  constructor(sb: GeneratedSuperBlock, path: string, values: Readonly<Record<string, number>>) {
    super(sb);
    this.#path = path;
    this.#values = values;
  }

  override *names(): Iterable<string> {
    yield "all";
    yield "default";
    const names = [...netInterfaces(this.sb.kernel).keys()];
    yield* names.length > 0 ? names : ["lo"];
  }

  override lookup(name: string): Inode | undefined {
    let inode = this.#made.get(name);
    if (inode !== undefined) return inode;
    for (const each of this.names()) {
      if (each !== name) continue;
      inode = new SettingsDirectory(this.sb, keptAll(`${this.#path}/${name}`, this.#values));
      this.#made.set(name, inode);
      return inode;
    }
    return undefined;
  }
}

/** A settings directory with one more entry. */
function withConf(tree: Tree, path: string, conf: Readonly<Record<string, number>>): Make {
  return (sb) => {
    const entries = new Map<string, Make>();
    for (const [name, entry] of Object.entries(tree)) {
      entries.set(name, (of) =>
        isSetting(entry) ? settingFile(of, entry) : new SettingsDirectory(of, entry),
      );
    }
    entries.set("conf", (of) => new ConfDirectory(of, path, conf));
    return new FixedDirectory(sb, new Map([...entries].sort(([a], [b]) => (a < b ? -1 : 1))));
  };
}

/** /proc/sys. */
export function sysDirectory(sb: GeneratedSuperBlock): Inode {
  const branch =
    (tree: Tree): Make =>
    (of) =>
      new SettingsDirectory(of, tree);
  return new FixedDirectory(sb, {
    abi: branch({}),
    debug: branch({}),
    dev: branch({}),
    fs: branch({ ...FS, binfmt_misc: {} }),
    kernel: branch(KERNEL),
    net: (of) =>
      new FixedDirectory(of, {
        core: branch(NET_CORE),
        ipv4: withConf(IPV4, "net/ipv4/conf", IPV4_CONF),
        ipv6: withConf(keptAll("net/ipv6", { bindv6only: 0 }), "net/ipv6/conf", IPV6_CONF),
        unix: branch(keptAll("net/unix", { max_dgram_qlen: 10 })),
      }),
    user: branch(keptAll("user", { max_user_namespaces: 0, max_mnt_namespaces: 96365 })),
    vm: branch(VM),
  });
}
