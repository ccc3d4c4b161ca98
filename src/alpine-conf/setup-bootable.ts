// setup-bootable: copies a boot medium, from a folder or an image, and makes the copy bootable (setup-bootable(8)).
import type { Program, Steps } from "../abi/program.ts";
import { S_ISBLK } from "../libc/stat.ts";
import { rename, tryStat } from "../libc/unistd.ts";
import { VERSION } from "./lbu-state.ts";
import { basename, cleanly, type Setup, setupProgram } from "./libalpine.ts";
import { checkSyslinuxCfg, findSyslinuxCfg } from "./syslinux-cfg.ts";

const USAGE = `setup-bootable ${VERSION}
usage: setup-bootable [-fhUusv] SOURCE [DEST]
       setup-bootable -c DIR

Copies the boot medium SOURCE to DEST and makes that bootable

SOURCE is a folder, an image of a CD, or its address. DEST is a folder where
something is mounted, or a device; /media/usb when nothing is said.

Options:
 -f  Replace files that are there, with -u syslinux.cfg too
 -h  Show this text
 -k  Put names of kernel and initrd in syslinux.cfg right
 -U  Name the medium by its UUID in syslinux.cfg
 -u  Upgrade: leave syslinux.cfg and the boot loader alone
 -s  Run the boot loader, with -u too
 -v  Say more

 -c  Only look at the syslinux.cfg in DIR; with -f put it right

Environment:
 BOOTLOADER  syslinux or none
`;
const FILES = ["boot", "efi", "apks", "syslinux.cfg", ".alpine-release"];

class Copy {
  readonly s: Setup;
  readonly flags: ReadonlySet<string>;
  readonly bootloader: string;
  /** As given, then the device. */
  dest: string;
  dir = "";
  /** DEST was mounted already. */
  mounted = false;
  readonly #readOnly: string[] = [];
  readonly #unmount: string[] = [];
  #uninstall = false;

  constructor(s: Setup, flags: ReadonlySet<string>, bootloader: string, dest: string) {
    this.s = s;
    this.flags = flags;
    this.bootloader = bootloader;
    this.dest = dest;
  }

  *#must(argv: readonly string[], message: string): Steps<void> {
    if ((yield* this.s.run(argv)) !== 0) this.s.die(message);
  }

  *closeMounts(): Steps<void> {
    const { s } = this;
    s.sys.chdir("/");
    yield* s.run(["sync"]);
    for (const dir of this.#readOnly.splice(0))
      if ((yield* s.run(["mount", "-o", "remount,ro", dir])) !== 0)
        yield* s.echo("Warning: Failed to remount as read-only. Is modloop mounted?");
    const dirs = this.#unmount.splice(0);
    if (dirs.length > 0) yield* s.run(["umount", ...dirs]);
  }

  *close(): Steps<void> {
    const { s } = this;
    s.forgetSignals();
    if (this.dir !== "" && s.isDir(`${this.dir}/.new`))
      yield* s.run(["rm", "-rf", `${this.dir}/.new`]);
    yield* this.closeMounts();
    if (this.#uninstall) yield* s.run(["apk", "del", "--quiet", "syslinux"]);
  }

  /** Mounts DEST so that it can be written to. */
  *open(): Steps<void> {
    const { s } = this;
    if (s.isDir(this.dest)) {
      this.dir = this.dest.replace(/(.)\/$/, "$1");
      const rows = yield* s.rows("/proc/mounts");
      if (!rows.some((row) => row[1] === this.dir)) {
        yield* this.#must(["mount", this.dir], `Failed to mount ${this.dir}`);
        this.#unmount.push(this.dir);
      } else if (this.flags.has("s") && this.bootloader !== "none")
        s.die("Cannot run bootloader on mounted device");
      else this.mounted = true;
      const now = yield* s.rows("/proc/mounts");
      this.dest = now.find((row) => row[1] === this.dir)?.[0] ?? "";
    } else {
      const st = tryStat(s.sys, this.dest);
      if (st === undefined || !S_ISBLK(st.mode)) s.die(`Failed to mount ${this.dest}`);
      this.dir = `/media/${basename(this.dest)}`;
      s.mkdirs(this.dir);
      const message = `Failed to mount ${this.dest} on ${this.dir}`;
      yield* this.#must(["mount", this.dest, this.dir], message);
      this.#unmount.push(this.dir);
    }
    const probe = yield* s.output(["mktemp", "-p", this.dir], { stderr: "null" });
    if (probe !== "") return s.remove(probe);
    yield* s.vecho(`Remounting ${this.dir} as read/write`);
    const message = `Failed to remount ${this.dir} as rw`;
    yield* this.#must(["mount", "-o", "remount,rw", this.dest], message);
    this.#readOnly.push(this.dir);
  }

  *#release(from: string): Steps<void> {
    const { s } = this;
    const next = ((yield* s.text(`${from}/.alpine-release`)) ?? "").trim();
    const old = yield* s.text(`${this.dir}/.alpine-release`);
    if (this.flags.has("u") && old !== undefined) {
      const now = old.trim();
      if (!this.flags.has("f") && next !== "" && now === next)
        s.die(`Source and target seems to have same version (${now}). Aborting.`);
      yield* s.echo(`Upgrading ${this.dest} from ${now} to ${next}`);
    } else yield* s.echo(`Installing ${this.dest} to ${next}`);
  }

  /** Copies or unpacks the source into .new. */
  *copy(source: string): Steps<void> {
    const { s, dir } = this;
    yield* s.run(["rm", "-rf", `${dir}/.new`, `${dir}/.old`]);
    s.mkdirs(`${dir}/.new`);
    if (s.isFile(`${source}/.alpine-release`)) {
      const from = source.replace(/\/$/, "");
      yield* this.#release(from);
      for (const name of FILES) {
        if (!s.exists(`${from}/${name}`)) continue;
        yield* s.vecho(`Copying ${from}/${name} to ${dir}/.new/`);
        yield* this.#must(
          ["cp", "-dR", `${from}/${name}`, `${dir}/.new/`],
          `Failed to copy ${name}`,
        );
      }
      return;
    }
    yield* s.vecho(`Extracting ${source} to ${dir}/.new/`);
    const remote = /^(https?|ftp):\/\//.test(source);
    const script = remote
      ? '${WGET:-wget} -O - "$1" | (cd "$0" && exec ${UNISO:-uniso})'
      : '(cd "$0" && exec ${UNISO:-uniso}) <"$1"';
    const argv = ["sh", "-c", script, `${dir}/.new`, source];
    yield* this.#must(argv, `Failed to download or extract ${source}`);
    if (remote) yield* s.echo();
    yield* this.#release(`${dir}/.new`);
  }

  /** Puts the new files in place of the old ones. */
  *replace(cfg: string | undefined): Steps<void> {
    const { s, dir } = this;
    yield* s.vecho("Flushing cache...");
    yield* s.run(["sync"]);
    yield* s.vecho("Replacing existing files...");
    s.mkdirs(`${dir}/.old`);
    for (const name of FILES)
      if (s.exists(`${dir}/${name}`)) rename(s.sys, `${dir}/${name}`, `${dir}/.old/${name}`);
    if (cfg !== undefined) {
      if (s.exists(`${dir}/.old/${cfg}`)) rename(s.sys, `${dir}/.old/${cfg}`, `${dir}/.new/${cfg}`);
      else if (s.exists(`${dir}/.old/syslinux.cfg`)) {
        yield* s.eecho("Warning: moving syslinux.cfg to boot/syslinux/syslinux.cfg");
        rename(s.sys, `${dir}/.old/syslinux.cfg`, `${dir}/.new/boot/syslinux/syslinux.cfg`);
        if (!this.flags.has("s"))
          yield* s.eecho(`         You might need run: syslinux ${this.dest}`);
      }
    }
    for (const name of FILES)
      if (s.exists(`${dir}/.new/${name}`)) rename(s.sys, `${dir}/.new/${name}`, `${dir}/${name}`);
  }

  /** Writes the medium's UUID into syslinux.cfg. */
  *nameByUuid(cfg: string): Steps<void> {
    const { s } = this;
    if (!this.flags.has("U") && this.flags.has("u")) return;
    const uuid = / ?UUID="([^"]*)"/.exec(yield* s.output(["blkid", this.dest]))?.[1];
    if (uuid === undefined) return;
    const file = `${this.dir}/${cfg}`;
    const text = (yield* s.text(file)) ?? "";
    yield* s.write(file, text.replace(/alpine_dev=[^ \t:\n]+/g, `alpine_dev=UUID=${uuid}`));
  }

  /** The whole disk that a partition is on. */
  *#parent(): Steps<string> {
    const { s } = this;
    const real = (yield* s.output(["readlink", "-f", this.dest])).replace(/^\/dev\//, "");
    const name = real.replaceAll("/", "!");
    if (s.exists(`/sys/block/${name}`)) return `/dev/${real}`;
    const found = (yield* s.glob(`/sys/block/*/${name}`))[0]?.split("/")[3];
    return found === undefined ? "" : `/dev/${found.replaceAll("!", "/")}`;
  }

  *installBootloader(): Steps<void> {
    const { s } = this;
    if (this.bootloader === "none") return;
    if (this.bootloader !== "syslinux") s.die(`Bootloader "${this.bootloader}" not supported`);
    const parent = yield* this.#parent();
    yield* s.echo(`Making ${this.dest} bootable...`);
    if (!s.installed("syslinux")) {
      const message = "Failed to install syslinux";
      yield* this.#must(["apk", "add", "--quiet", "syslinux"], message);
      this.#uninstall = true;
    }
    yield* this.closeMounts();
    yield* s.run(["fsync", this.dest]);
    yield* this.#must(["syslinux", this.dest], "Failed to run syslinux");
    const st = parent === "" ? undefined : tryStat(s.sys, parent);
    if (st !== undefined && S_ISBLK(st.mode))
      yield* s.run(["dd", "if=/usr/share/syslinux/mbr.bin", `of=${parent}`, "status=none"]);
    else yield* s.echo(`Warning: Could not find the parent device for ${this.dest}`);
  }
}

function* makeCopy(c: Copy, source: string): Steps<void> {
  const { s, flags } = c;
  yield* c.open();
  yield* s.vecho(`Using ${c.dest} as target (mounted on ${c.dir})`);
  if (!flags.has("u") && !flags.has("f"))
    for (const name of FILES)
      if (s.exists(`${c.dir}/${name}`))
        s.die(`${c.dir}/${name} already exists. Use -u to upgrade.`);
  yield* c.copy(source);
  const syslinux = c.bootloader === "syslinux";
  const cfg = syslinux ? findSyslinuxCfg(s, `${c.dir}/.new`) : undefined;
  if (cfg !== undefined) yield* s.vecho(`Found ${cfg}`);
  else if (syslinux) s.die("Could not find any syslinux.cfg on new iso?");
  yield* c.replace(cfg);
  if (cfg !== undefined) {
    yield* c.nameByUuid(cfg);
    yield* checkSyslinuxCfg(s, c.dir, cfg, flags.has("f") || flags.has("k"));
  }
  yield* s.run(["rm", "-rf", `${c.dir}/.old`, `${c.dir}/.new`]);
  if (flags.has("u") && !flags.has("s")) return;
  if (c.mounted && c.bootloader !== "none") {
    yield* s.echo("Warning: Can not run bootloader on a mounted device");
    yield* s.echo("         You might need run bootloader manually");
    return;
  }
  yield* c.installBootloader();
}

function* main(s: Setup): Steps<number> {
  const args = s.p.argv.slice(1);
  // Unlike the others it tells its usage on standard output, with status 1.
  const { options, operands } = yield* s.getoptsRaw("c:fhkUusv", args);
  const flags = new Set(options.map(([letter]) => letter));
  if (flags.has("h") || flags.has("?")) {
    yield* s.print(USAGE);
    return 1;
  }
  s.verbose = flags.has("v");
  const check = options.findLast(([letter]) => letter === "c")?.[1];
  if (check !== undefined) {
    yield* checkSyslinuxCfg(s, check, findSyslinuxCfg(s, check), flags.has("f") || flags.has("k"));
    return 0;
  }
  const [source = "", dest = "/media/usb"] = operands;
  if (source === "") {
    yield* s.print(USAGE);
    return 1;
  }
  const arch = s.env("APK_ARCH") || (yield* s.output(["apk", "--print-arch"]));
  const preset = arch === "x86" || arch === "x86_64" ? "syslinux" : "none";
  const c = new Copy(s, flags, s.env("BOOTLOADER") || preset, dest);
  s.stopOnSignals();
  const cwd = s.sys.getcwd();
  // Paths stay good when we leave the folder.
  c.dest = dest.startsWith("/") || !s.isDir(dest) ? dest : `${cwd}/${dest}`;
  yield* cleanly(
    () => makeCopy(c, source),
    () => c.close(),
  );
  return 0;
}

/** The program. */
export const setupBootable: Program = setupProgram(USAGE, main);
