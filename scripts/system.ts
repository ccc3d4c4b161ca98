// The system that ships: a bare machine builds the packages of aports/ with abuild, signs them with a key made for this
// build, and installs the root image from them with apk.
import { readdirSync } from "node:fs";
import { rootCertificates } from "node:tls";
import { allApplets } from "../src/busybox/applets.ts";
import { NodeHost } from "../src/host/node/host.ts";
import { imageOf } from "../src/kernel/fs/imagefs/packed.ts";
import { Machine } from "../src/machine/machine.ts";
import { basePrograms } from "../src/machine/programs.ts";
import { PackedImage } from "./packed-image.ts";

/** What a container has: Alpine's own minirootfs holds these. */
const WORLD = [
  "bivy-apk-tools",
  "bivy-baselayout",
  "bivy-busybox",
  "bivy-keys",
  "bivy-libc-utils",
  "bivy-release",
  "bivy-ssl_client",
];
/** In the bare machine. */
const SOURCES = "/home/aports/bivy";
const PACKAGES = "/home/packages";
const TARGET = "/target";
/** Where machines find the packages. */
const REPOSITORY = "/media/bivy/apks";
const ALPINE = "https://dl-cdn.alpinelinux.org/alpine/v3.20";
const BUSYBOX = "/bin/busybox";
/** The time that all packages carry: that of the release. */
const EPOCH = Date.UTC(2024, 8, 6) / 1000;

/** A system without packages: the files of all recipes in place, as far as building needs them. */
function bareImage(aports: string): Uint8Array {
  const image = new PackedImage();
  for (const dir of ["bin", "dev", "etc", "home", "proc", "run", "sbin", "sys", "usr", "var"])
    image.dir(`/${dir}`, 0o755);
  for (const dir of ["/usr/bin", "/usr/sbin", "/etc/apk/keys", "/lib/apk/db", "/var/log"])
    image.ensureDir(dir);
  image.dir("/root", 0o700);
  image.dir("/tmp", 0o1777);
  const names = readdirSync(aports).sort();
  for (const name of names) {
    if (readdirSync(`${aports}/${name}`).includes("root"))
      image.addTree(`${aports}/${name}/root`, "");
  }
  for (const applet of allApplets())
    if (applet.path !== BUSYBOX) image.symlink(applet.path, BUSYBOX);
  image.addTree(aports, SOURCES);
  const certificates = `${rootCertificates.join("\n")}\n`;
  image.file(
    `${SOURCES}/bivy-ca-certificates-bundle/cert.pem`,
    0o644,
    0,
    0,
    Buffer.from(certificates, "latin1"),
  );
  return image.bytes();
}

/** Runs a script that must not fail. */
async function must(machine: Machine, script: string): Promise<string> {
  const { stdout, stderr, status } = await machine.exec(`set -e\n${script}`);
  if (status !== 0) throw new Error(`in the bare machine:\n${script}\n${stdout}${stderr}`);
  return stdout;
}

/** Copies a folder of the machine into an image. */
function copyOut(machine: Machine, from: string, image: PackedImage, at: string): void {
  for (const name of machine.fs.readdirSync(from).sort()) {
    const source = `${from}/${name}`;
    const path = `${at}/${name}`;
    const stat = machine.fs.lstatSync(source);
    if (stat.isSymbolicLink()) image.symlink(path, machine.fs.readlinkSync(source));
    else if (stat.isDirectory()) {
      image.dir(path, stat.mode & 0o7777, stat.uid, stat.gid);
      copyOut(machine, source, image, path);
    } else if (stat.isFile())
      image.file(path, stat.mode & 0o7777, stat.uid, stat.gid, machine.fs.readFileSync(source));
  }
}

/** What early boot needs: one program, the commands it runs, and whose packages it trusts. */
function initramfs(machine: Machine): PackedImage {
  const image = new PackedImage();
  for (const dir of [
    "bin",
    "dev",
    "etc",
    "media",
    "proc",
    "run",
    "sbin",
    "sys",
    "tmp",
    "usr",
    "var",
  ])
    image.dir(`/${dir}`, 0o755);
  for (const dir of ["/usr/bin", "/usr/sbin", "/sysroot", "/etc/apk"]) image.dir(dir, 0o755);
  image.dir("/root", 0o700);
  image.file("/init", 0o755, 0, 0, Buffer.from("#!bivy initramfs-init\n", "latin1"));
  for (const path of ["/bin/busybox", "/sbin/apk", "/etc/passwd", "/etc/group"])
    image.file(path, 0o755, 0, 0, machine.fs.readFileSync(`${TARGET}${path}`));
  // Saved configurations may be encrypted.
  image.file("/usr/bin/openssl", 0o755, 0, 0, Buffer.from("#!bivy openssl\n", "latin1"));
  image.symlink("/bin/sh", BUSYBOX);
  image.dir("/etc/apk/keys", 0o755);
  copyOut(machine, `${TARGET}/etc/apk/keys`, image, "/etc/apk/keys");
  return image;
}

/** The images that ship. `folder` is the repository of sources. */
export async function buildSystem(
  folder: string,
): Promise<{ rootfs: Uint8Array; repository: Uint8Array; initramfs: Uint8Array }> {
  const aports = `${folder}/aports`;
  const machine = Machine.boot({
    host: new NodeHost(),
    image: imageOf(bareImage(aports)),
    programs: basePrograms(),
    hostname: "build",
  });
  try {
    await must(
      machine,
      "PACKAGER='Bivy <bivy@localhost>' abuild-keygen -n -a -q -b 2048\ncp ~/.abuild/*.pub /etc/apk/keys/",
    );
    const names = readdirSync(aports).filter((name) =>
      readdirSync(`${aports}/${name}`).includes("APKBUILD"),
    );
    for (const name of names.sort()) {
      await must(
        machine,
        `cd ${SOURCES}/${name}\nexport PACKAGER=Bivy SOURCE_DATE_EPOCH=${EPOCH}\n` +
          `REPODEST=${PACKAGES} ABUILD_NO_INDEX=yes abuild -F -d -q`,
      );
    }
    await must(
      machine,
      `cd ${SOURCES}/bivy-base\nSOURCE_DATE_EPOCH=${EPOCH} REPODEST=${PACKAGES} abuild -q -D Bivy index`,
    );
    await must(
      machine,
      `mkdir -p ${TARGET}/etc/apk/keys\ncp ~/.abuild/*.pub ${TARGET}/etc/apk/keys/\n` +
        `apk add --quiet --root ${TARGET} --initdb --no-scripts --no-network --no-cache --repositories-file /dev/null ` +
        `--repository ${PACKAGES}/bivy ${WORLD.join(" ")}\n` +
        // Scripts do not run, as in Alpine's own images: what they do is for machines. Links are needed all the same.
        `chroot ${TARGET} /bin/busybox --install -s\nmkdir -p ${TARGET}/media/bivy\n` +
        `printf '%s\\n' ${REPOSITORY} ${ALPINE}/main ${ALPINE}/community >${TARGET}/etc/apk/repositories\n` +
        // Nobody logs in to a container.
        `sed -i 's/^root::/root:*:/' ${TARGET}/etc/shadow\nrm -rf ${TARGET}/dev/*`,
    );
    const rootfs = new PackedImage();
    copyOut(machine, TARGET, rootfs, "");
    const repository = new PackedImage();
    repository.dir("/apks", 0o755);
    copyOut(machine, `${PACKAGES}/bivy`, repository, "/apks");
    repository.file("/apks/.boot_repository", 0o644, 0, 0, new Uint8Array());
    return {
      rootfs: rootfs.bytes(),
      repository: repository.bytes(),
      initramfs: initramfs(machine).bytes(),
    };
  } finally {
    machine.close();
  }
}
