// update-kernel: kernel, initramfs and signed modloop for a boot medium, from packages or a build (update-kernel(8)).
import type { Program, Steps } from "../abi/program.ts";
import { getopt, type Options } from "../libc/getopt.ts";
import { Exit } from "../libc/process.ts";
import { VERSION } from "./lbu-state.ts";
import { basename, cleanly, linesOf, type Setup, setupProgram, words } from "./libalpine.ts";

const OPTIONS = "[-F <feature>]... [-p <package>]...";
const USAGE = `
usage: update-kernel ${OPTIONS} [[-a <arch>] <dest_dir>]
       update-kernel -f <flavor> ${OPTIONS} [-a <arch>] <dest_dir>
       update-kernel -b <build_dir> ${OPTIONS} [[-a <arch>] <dest_dir>]

Options: -a|--arch <arch>          For this architecture
         -b|--build-dir <dir>      A kernel that was built there
         -e|--modloopfw <firmware> More firmware for the modloop
         -f|--flavor <flavor>      The kernel of this flavor
         -F|--feature <feature>    A feature of the initramfs
         -p|--package <package>    A package with modules or firmware
         -s|--modloopsign          Sign the modloop with abuild's key
         -v|--verbose              Say more
         -k|--apk-pubkey <key>     A key to trust, in the initramfs
         -K|--hostkeys             This system's keys, in the initramfs
         -C|--compression <type>   How to compress the initramfs (see mkinitfs)
         -M|--media                Folders as on a boot medium
         -d|--keys-dir <dir>       Keys to trust
         -c|--cache-dir <dir>      Where packages are kept
         --repositories-file <f>   Where packages come from

TMPDIR may name a folder on a disk, where memory is short.
`;
const VIRTUAL = ".tmp-update-kernel";
const LONG: Readonly<Record<string, string>> = {
  arch: "a",
  "build-dir": "b",
  modloopfw: "e",
  flavor: "f",
  feature: "F",
  help: "h",
  package: "p",
  modloopsign: "s",
  verbose: "v",
  "apk-pubkey": "k",
  hostkeys: "K",
  compression: "C",
  media: "M",
  "keys-dir": "d",
  "cache-dir": "c",
  "repositories-file": "repositories-file:",
};

class Update {
  readonly s: Setup;
  readonly opt: Options;
  dest: string;
  /** Where the medium is mounted when its own kernel is updated. */
  mounted: string | undefined;
  arch = "";
  flavor = "";
  tmp = "";

  constructor(s: Setup, opt: Options) {
    this.s = s;
    this.opt = opt;
    this.dest = opt.operands[0] ?? "";
  }

  get rootfs(): string {
    return `${this.tmp}/root`;
  }
  get quiet(): string[] {
    return this.opt.has("v") ? [] : ["--quiet"];
  }

  wrong(message: string): never {
    throw new Exit(1, `update-kernel: ${message}\n${USAGE}`, true);
  }

  *apk(command: string, ...args: string[]): Steps<void> {
    const cache = this.opt.get("c") ?? "/etc/apk/cache";
    yield* this.s.must([
      ...["apk", command, ...this.quiet],
      ...(this.s.exists(cache) ? ["--cache-dir", cache] : []),
      ...["-p", this.rootfs, "--arch", this.arch],
      ...["--keys-dir", this.opt.get("d") ?? "/etc/apk/keys"],
      ...["--repositories-file", this.opt.get("repositories-file") ?? "/etc/apk/repositories"],
      ...args,
    ]);
  }

  /** A line of the shell that must go well. */
  *sh(script: string, ...args: string[]): Steps<void> {
    yield* this.s.must(["sh", "-e", "-c", script, ...args]);
  }

  /** The medium that the running system's modloop is on. */
  *findMedium(): Steps<void> {
    const { s } = this;
    const rows = yield* s.rows("/proc/mounts");
    const loop = rows.find((row) => row[1] === "/.modloop")?.[0];
    const file = loop === undefined ? "" : words(yield* s.output(["busybox", "losetup", loop]))[2];
    if (!file) throw new Exit(1, "update-kernel: Module loopback device not mounted\n", true);
    this.dest = file.slice(0, file.lastIndexOf("/"));
    this.mounted = this.dest.slice(0, this.dest.lastIndexOf("/"));
  }

  *check(): Steps<void> {
    const { opt } = this;
    if (opt.has("b") && opt.has("f")) this.wrong("Cannot specify both build directory and flavor");
    if (this.dest !== "") return;
    if (opt.has("a")) this.wrong("Cannot specify architecture when updating the current kernel");
    if (opt.has("f")) this.wrong("Cannot specify flavor when updating the current kernel");
    if (this.s.sys.geteuid() !== 0) this.wrong("Specify destination directory or run as superuser");
    yield* this.findMedium();
  }

  *install(): Steps<void> {
    const { s, opt } = this;
    yield* this.apk("add", "--initdb", "--update-cache");
    const packages = opt.all("p");
    const build = opt.get("b");
    if (build !== undefined) {
      const target = /^(arm|aarch64|riscv64)/.test(this.arch)
        ? ["zinstall", "dtbs_install"]
        : ["install"];
      s.mkdirs(`${this.rootfs}/boot`);
      yield* s.must([
        ...["make", "-C", build, ...target, "firmware_install", "modules_install"],
        ...[`INSTALL_MOD_PATH=${this.rootfs}`, `INSTALL_PATH=${this.rootfs}/boot`],
        `INSTALL_DTBS_PATH=${this.rootfs}/usr/lib/linux-$(KERNELRELEASE)`,
      ]);
    } else {
      const more = `xtables-addons-${this.flavor}`;
      const search = ["apk", "search", "-x", "-p", this.rootfs, "--arch", this.arch, more];
      if (packages.length === 0 && (yield* s.output(search)) !== "") packages.push(more);
      packages.push(`linux-${this.flavor}`, "linux-firmware");
    }
    yield* this.apk("add", "--no-scripts", "alpine-base", ...packages);
    const key = opt.get("k");
    if (key === undefined) return;
    s.mkdirs(`${this.rootfs}/etc/apk/keys`);
    yield* s.must(["cp", key, `${this.rootfs}/etc/apk/keys/`]);
  }

  *kernelVersion(): Steps<string> {
    const suffix = this.flavor === "vanilla" ? "" : `-${this.flavor}`;
    const found = yield* this.s.glob(`${this.rootfs}/lib/modules/*${suffix}`);
    return basename(found[0] ?? this.s.die(`update-kernel: no modules of ${this.flavor}`));
  }

  /** Copies the firmware that modules name, with what belongs to it. */
  *firmware(version: string, to: string): Steps<void> {
    const { s } = this;
    const from = `${this.rootfs}/lib/firmware`;
    const modules = linesOf(
      yield* s.output(["find", `${this.rootfs}/lib/modules`, "-type", "f", "-name", "*.ko*"]),
    );
    const names = new Set<string>();
    for (let at = 0; at < modules.length; at += 100) {
      const some = modules.slice(at, at + 100);
      const said = yield* s.output(["modinfo", "-k", version, "-F", "firmware", ...some]);
      for (const name of linesOf(said)) if (name !== "") names.add(name);
    }
    const copy = function* (path: string): Steps<void> {
      yield* s.must(["install", "-pD", path, `${to}/${path.slice(from.length + 1)}`]);
    };
    for (const name of [...names].sort()) {
      for (const suffix of ["", ".xz", ".zst"]) {
        const paths = yield* s.glob(`${from}/${name}${suffix}`);
        for (const path of paths) {
          if (s.isDir(path)) {
            const target = `${to}/${path.slice(from.length + 1)}`;
            const parent = target.slice(0, target.lastIndexOf("/"));
            s.mkdirs(parent);
            yield* s.must(["cp", "-a", path, parent]);
            continue;
          }
          yield* copy(path);
          const stem = path.replace(/\.(xz|zst)$/, "").replace(/\.[^./]*$/, "");
          const matches = yield* s.glob(`${stem.replace(/[ *?[\\]/g, "\\$&")}.*`);
          for (const other of matches) if (s.isFile(other)) yield* copy(other);
        }
      }
    }
    for (const name of this.opt.all("e")) {
      if (s.isFile(`${from}/${name}`)) yield* copy(`${from}/${name}`);
      else yield* s.echo(`Warning: extra firmware "${name}" not found!`);
    }
    const has = function* (dir: string): Steps<boolean> {
      return (yield* s.glob(dir)).length > 0;
    };
    const kernel = `${this.rootfs}/lib/modules/*/kernel`;
    if (yield* has(`${kernel}/net/wireless/cfg80211.ko*`)) {
      yield* this.apk("add", "--no-scripts", "wireless-regdb");
      const databases = yield* s.glob(`${from}/regulatory.db*`);
      for (const path of databases) yield* copy(path);
    }
    if (yield* has(`${kernel}/drivers/bluetooth/btbcm.ko*`)) {
      const patches = yield* s.glob(`${from}/brcm/*.hcd*`);
      for (const path of patches) yield* copy(path);
    }
    if (!s.exists(`${from}/intel/sof`)) return;
    s.mkdirs(`${to}/intel`);
    yield* this.sh('cp -RP "$0"/intel/sof* "$1"/intel/', from, to);
  }

  /** Signs with abuild's key; the signature's file. */
  *sign(image: string): Steps<string> {
    const { s } = this;
    const script =
      'abuild_conf=${ABUILD_CONF:-/etc/abuild.conf}; [ ! -f "$abuild_conf" ] || . "$abuild_conf"; ' +
      'conf=${ABUILD_USERCONF:-${ABUILD_USERDIR:-$HOME/.abuild}/abuild.conf}; [ ! -f "$conf" ] || . "$conf"; ' +
      'printf "%s\\n%s\\n" "$PACKAGER_PRIVKEY" "${PACKAGER_PUBKEY:-$PACKAGER_PRIVKEY.pub}"';
    const [secret = "", known = ""] = linesOf(yield* s.output(["sh", "-c", script]));
    const to = `${this.tmp}/${basename(image)}.SIGN.RSA.${basename(known)}`;
    yield* s.echo(`Signing: ${image}`);
    yield* s.must(["openssl", "dgst", "-sha1", "-sign", secret, "-out", to, image]);
    return to;
  }

  *images(version: string): Steps<string> {
    const { s, opt } = this;
    const staging = `${this.tmp}/boot`;
    const modloop = `${this.tmp}/modloop`;
    s.mkdirs(`${modloop}/modules`);
    s.mkdirs(staging);
    yield* s.must(["cp", "-a", `${this.rootfs}/lib/modules`, modloop]);
    s.mkdirs(`${modloop}/modules/firmware`);
    yield* this.firmware(version, `${modloop}/modules/firmware`);
    const filter = { armhf: "arm", armv7: "arm,armthumb", aarch64: "arm,armthumb" }[this.arch];
    const bcj = this.arch.startsWith("x86") ? "x86" : filter;
    const image = `${staging}/modloop-${this.flavor}`;
    yield* s.must([
      ...["mksquashfs", modloop, image, ...words(s.env("MKSQUASHFS_OPTS"))],
      ...["-comp", "xz", "-exit-on-error", ...(bcj === undefined ? [] : ["-Xbcj", bcj])],
    ]);
    const args = opt.has("s") ? ["-s", yield* this.sign(image)] : [];
    if (opt.has("K")) args.push("-K");
    if (opt.has("C")) args.push("-C", opt.get("C") ?? "");
    let features = opt.all("F").join(" ");
    const conf = `${s.root}/etc/mkinitfs/mkinitfs.conf`;
    if (features === "" && s.isFile(conf))
      features = (yield* s.sourced(conf, ["features"])).get("features") ?? "";
    const initramfs = `${staging}/initramfs-${this.flavor}`;
    const root = ["-q", "-b", this.rootfs, "-F", `${features} base squashfs`, "-o", initramfs];
    if ((yield* s.mocked(["mkinitfs", ...args, ...root, version])) !== 0) throw new Exit(1);
    const boot = `${this.rootfs}/boot`;
    for (const name of ["System.map", "config", "vmlinuz"]) {
      const names = [`${name}-${version}`, `${name}-${this.flavor}`, name];
      const found = names.find((each) => s.isFile(`${boot}/${each}`));
      if (found === undefined) s.die(`Failed to copy ${names[0]}, ${names[1]} or ${name}`);
      yield* s.must(["cp", `${boot}/${found}`, staging]);
    }
    return staging;
  }

  /** Puts all onto the medium. */
  *deliver(staging: string, version: string): Steps<void> {
    const { s, opt } = this;
    const media = opt.has("M");
    if (this.mounted !== undefined) {
      yield* s.must(["umount", "/.modloop"]);
      yield* s.must(["mount", "-w", "-o", "remount", this.mounted]);
    }
    const to = `${this.dest}${media ? "/boot" : ""}`;
    s.mkdirs(to);
    yield* this.sh('mv "$0"/* "$1"/', staging, to);
    const places = [`boot/dtbs-${this.flavor}`, `usr/lib/linux-${version}`, "boot"];
    const trees = places.map((place) => `${this.rootfs}/${place}`).find((dir) => s.isDir(dir));
    if (trees !== undefined) {
      const raspberry = this.flavor.startsWith("rpi") ? "" : `/boot/dtbs-${this.flavor}`;
      const dtbs = `${this.dest}${media ? raspberry : `/dtbs/dtbs-${this.flavor}`}`;
      s.mkdirs(dtbs);
      const script =
        'find -type f \\( -name "*.dtb" -o -name "*.dtbo" \\) | cpio -pudm "$0" 2>/dev/null';
      const target = yield* s.output(["realpath", dtbs]);
      yield* s.run(["sh", "-c", script, target], { cwd: trees });
    }
    if (this.mounted === undefined) return;
    yield* s.run(["sync"]);
    yield* s.run(["mount", "-r", "-o", "remount", this.mounted]);
    yield* s.run(["mount", "-o", "loop", `${this.dest}/modloop-${this.flavor}`, "/.modloop"]);
  }

  *run(): Steps<void> {
    const { s, opt } = this;
    const tools = ["mkinitfs", "squashfs-tools", "kmod"];
    yield* s.must(["apk", "add", ...this.quiet, "--update-cache", "-t", VIRTUAL, ...tools]);
    const release = (yield* s.output(["uname", "-r"])).split("-").slice(2).join("-");
    this.flavor = opt.get("f") ?? (release || "vanilla");
    this.arch = opt.get("a") ?? (yield* s.output(["apk", "--print-arch"]));
    this.tmp = yield* s.output(["mktemp", "-dt", "update-kernel.XXXXXX"]);
    yield* this.install();
    const version = yield* this.kernelVersion();
    const script =
      'find "$0/lib/modules" -name "*.ko.gz" -exec gunzip {} + -o -name "*.ko.xz" -exec unxz {} + ' +
      '-o -name "*.ko.zst" -exec unzstd --rm {} +';
    yield* this.sh(script, this.rootfs);
    if ((yield* s.mocked(["depmod", "-b", this.rootfs, version])) !== 0) throw new Exit(1);
    yield* this.deliver(yield* this.images(version), version);
  }

  *close(): Steps<void> {
    const { s } = this;
    s.forgetSignals();
    yield* s.run(["apk", "del", ...this.quiet, VIRTUAL]);
    if (this.tmp !== "") yield* s.run(["rm", "-rf", this.tmp]);
  }
}

function* main(s: Setup): Steps<number> {
  s.p.usage = USAGE;
  const opt = getopt(s.p, "a:b:e:f:F:hp:svk:KC:Md:c:", { long: LONG });
  if (opt.has("h")) {
    yield* s.print(`update-kernel ${VERSION}\n${USAGE}`);
    return 0;
  }
  const update = new Update(s, opt);
  yield* update.check();
  s.stopOnSignals();
  yield* cleanly(
    () => update.run(),
    () => update.close(),
  );
  return 0;
}

/** The program. */
export const updateKernel: Program = setupProgram(USAGE, main);
