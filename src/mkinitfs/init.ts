// initramfs-init: the first program of a computer: finds its system, on a disk or on a boot medium, and becomes its init.
// The steps are those of Alpine's mkinitfs (mkinitfs-bootparam(7)).
import { Errno } from "../abi/errno.ts";
import { MS_MOVE, MS_NODEV, MS_NOEXEC, MS_NOSUID } from "../abi/mount.ts";
import type { Program, Steps } from "../abi/program.ts";
import { Process, runMain } from "../libc/process.ts";
import { execOrDie } from "../libc/spawn.ts";
import { readText, tryStat, writeFile } from "../libc/unistd.ts";
import { diskParameters } from "./boot-loader.ts";
import { Early, SYSROOT } from "./early.ts";
import { findMedia, type Media } from "./media.ts";
import { locateOverlay, noOverlay, OVERLAY_FILES, overlayWorld, unpackOverlay } from "./overlay.ts";
import { addClock, addDefaultServices } from "./services.ts";

const VERSION = "3.10.0";
const PATH = "/usr/bin:/bin:/usr/sbin:/sbin";
const RDONLY_ROOT = "ro";
const SECURE = MS_NOSUID | MS_NODEV | MS_NOEXEC;

function mountKernel(early: Early): void {
  for (const dir of ["/proc", "/sys", "/dev", "/run", "/tmp", SYSROOT]) early.mkdirs(dir);
  early.mount("proc", "/proc", "proc", SECURE);
  early.mount("sysfs", "/sys", "sysfs", SECURE);
  early.mount("devtmpfs", "/dev", "devtmpfs", MS_NOSUID, "mode=0755,size=2M");
  early.mkdirs("/dev/pts");
  early.mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "gid=5,mode=0620");
  early.mkdirs("/dev/shm");
  early.mount("shm", "/dev/shm", "tmpfs", SECURE);
  early.mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755");
}

/** A shell on the console until somebody leaves it. */
function* shell(early: Early, why: string): Steps<void> {
  yield* early.say(why);
  yield* early.run("sh");
}

/** What cannot be put right: a shell, or with `panic` the end. */
function* fail(early: Early, why: string): Steps<number> {
  if (early.parameters.has("panic")) {
    yield* early.log(why, 0);
    return 1;
  }
  yield* shell(
    early,
    `${why}\ninitramfs emergency recovery shell launched. Type 'exit' to continue boot`,
  );
  return 0;
}

/** Boots from a disk: its root file system is the root. */
function* mountRoot(early: Early): Steps<boolean> {
  const { parameters } = early;
  const type = parameters.get("rootfstype");
  const flags = parameters.get("rootflags");
  const options = flags === "" ? RDONLY_ROOT : flags;
  const args = [
    ...(type === "" ? [] : ["-t", type]),
    "-o",
    options,
    parameters.get("root"),
    SYSROOT,
  ];
  return yield* early.step("Mounting root", function* () {
    return (yield* early.run("mount", ...args)) === 0;
  });
}

/** The repositories that packages of a system in memory come from. */
function repositoriesOf(early: Early, media: Media): string[] {
  const wanted = early.parameters.get("alpine_repo");
  return wanted === "" || wanted === "auto" ? media.repositories : wanted.split(",");
}

/** Boots from a medium: the root is memory, filled with packages and the saved configuration. */
function* populate(early: Early): Steps<boolean> {
  const { parameters, sys } = early;
  let media: Media = { repositories: [], overlays: [], modloop: false };
  yield* early.step("Mounting boot media", function* () {
    media = yield* findMedia(early);
    return media.repositories.length > 0;
  });
  const flags = parameters.get("rootflags");
  early.mount("tmpfs", SYSROOT, "tmpfs", 0, flags === "" ? "mode=0755" : `mode=0755,${flags}`);
  const overlay = yield* locateOverlay(early, media.overlays);
  yield* noOverlay(early);
  const unpacked =
    overlay !== "" &&
    (yield* early.step(`Loading user settings from ${overlay}`, () =>
      unpackOverlay(early, overlay),
    ));
  if (!unpacked || early.exists(`${SYSROOT}/etc/.default_boot_services`)) {
    addDefaultServices(early, media.modloop);
    early.mkdirs(`${SYSROOT}/etc`);
  }
  addClock(early);
  early.mkdirs(`${SYSROOT}/etc/apk/keys`);
  yield* early.run("sh", "-c", `cp -a /etc/apk/keys/. ${SYSROOT}/etc/apk/keys/`);
  const arch = sys.uname().machine;
  // Also where the configuration was saved on a machine of another kind.
  if ((yield* early.text(`${SYSROOT}/etc/apk/arch`)).trim() !== arch)
    yield* writeFile(sys, `${SYSROOT}/etc/apk/arch`, `${arch}\n`);
  const repositories = repositoriesOf(early, media);
  const extra = parameters
    .get("pkgs")
    .split(",")
    .filter((name) => name !== "");
  const names = [...new Set([...extra, ...(yield* overlayWorld(early)), "alpine-base"])];
  const installed = yield* early.step("Installing packages to root filesystem", function* () {
    for (const dir of ["proc", "sys", "dev"]) early.mkdirs(`${SYSROOT}/${dir}`);
    early.mount("/dev", `${SYSROOT}/dev`, "", 0x1000);
    early.mount("/proc", `${SYSROOT}/proc`, "", 0x1000);
    const args = ["add", "--root", SYSROOT, "--initramfs-diskless-boot", "--no-network"];
    for (const each of repositories) args.push("--repository", each);
    args.push("--repositories-file", "/dev/null", "--quiet", "--clean-protected");
    if (unpacked) args.push("--overlay-from-stdin");
    const command = `apk "$@" <${OVERLAY_FILES}`;
    const status = yield* early.run("sh", "-c", command, "apk", ...args, ...names);
    for (const dir of ["dev", "proc"]) sys.umount2(`${SYSROOT}/${dir}`, 0);
    return status === 0;
  });
  if (!installed) yield* early.log("not all packages could be installed", 4);
  // Media that the saved configuration has in fstab get their places, which are not in it.
  const fstab = yield* early.text(`${SYSROOT}/etc/fstab`);
  for (const line of fstab.split("\n")) {
    const place = line.split(/\s+/)[1] ?? "";
    if (/^\/media\/[^/]+$/.test(place)) early.mkdirs(SYSROOT + place);
  }
  const list = `${SYSROOT}/etc/apk/repositories`;
  if ((yield* readText(sys, list, 1 << 16)) === undefined)
    yield* writeFile(sys, list, repositories.map((each) => `${each}\n`).join(""));
  yield* addConsoles(early);
  return true;
}

/** A login on each serial console that the kernel was told of. */
function* addConsoles(early: Early): Steps<void> {
  const path = `${SYSROOT}/etc/inittab`;
  let text = yield* readText(early.sys, path, 1 << 20);
  if (text === undefined) return;
  for (const each of early.parameters.consoles) {
    const tty = each.split(",")[0] ?? "";
    if (/^tty\d*$/.test(tty) || new RegExp(`^${tty}:`, "m").test(text)) continue;
    if (tryStat(early.sys, `/dev/${tty}`) === undefined) continue;
    text += `${tty}::respawn:/sbin/getty -L 0 ${tty} vt100\n`;
    const securetty = (yield* early.text(`${SYSROOT}/etc/securetty`)).split("\n");
    if (!securetty.includes(tty))
      yield* writeFile(
        early.sys,
        `${SYSROOT}/etc/securetty`,
        [...securetty.filter((t) => t !== ""), tty, ""].join("\n"),
      );
  }
  yield* writeFile(early.sys, path, text);
}

/** Moves what is mounted into the new root. */
function* moveMounts(early: Early): Steps<void> {
  const mounts = (yield* early.text("/proc/mounts"))
    .split("\n")
    .map((line) => line.split(" ")[1] ?? "");
  for (const target of mounts) {
    if (!/^\/(proc|sys|dev|run|media\/[^/]+)$/.test(target)) continue;
    try {
      early.mkdirs(SYSROOT + target);
    } catch (e) {
      // A root that is read-only still and has no place for it.
      if (!(e instanceof Errno)) throw e;
      continue;
    }
    early.mount(target, SYSROOT + target, "", MS_MOVE);
  }
}

function* main(p: Process): Steps<number> {
  p.env.set("PATH", PATH);
  const early0 = new Early(p, "");
  mountKernel(early0);
  yield* early0.run("/bin/busybox", "--install", "-s");
  let cmdline = (yield* early0.text("/proc/cmdline")).trim();
  // A disk that was installed to is booted; an optical drive goes first.
  if (!/(^| )root=/.test(cmdline) && !early0.exists("/dev/sr0")) {
    const append = yield* diskParameters(early0);
    if (append !== undefined) cmdline += ` ${append}`;
  }
  const early = new Early(p, cmdline);
  if (early.quiet) yield* early.run("dmesg", "-n", "1");
  yield* early.say(early.quiet ? "" : `\nAlpine Init ${VERSION}-r0`);
  const disk = early.parameters.has("root");
  const ready = disk ? yield* mountRoot(early) : yield* populate(early);
  if (!ready && (yield* fail(early, "Mounting root failed.")) !== 0) return 1;
  if (early.parameters.single)
    yield* shell(early, "Entering single mode. Type 'exit' to continue booting.");
  const init = early.parameters.get("init") === "" ? "/sbin/init" : early.parameters.get("init");
  while (!isThere(early, `${SYSROOT}${init}`)) {
    const status = yield* fail(
      early,
      `${init} not found in new root. Launching emergency recovery shell`,
    );
    if (status !== 0) return status;
  }
  yield* moveMounts(early);
  const args = early.parameters
    .get("init_args")
    .split(",")
    .filter((word) => word !== "");
  return yield* execOrDie(p, ["switch_root", "-c", "/dev/console", SYSROOT, init, ...args]);
}

/** Also as a link into the new root, which is not "/" yet. */
function isThere(early: Early, path: string): boolean {
  try {
    early.sys.readlinkat(-100, path);
    return true;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return early.exists(path);
  }
}

/** The program. */
export const initramfsInit: Program = (sys, argv, envp) =>
  runMain(new Process(sys, argv, envp), main);
