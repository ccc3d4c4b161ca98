// What the subcommands of lbu share: its settings, and the medium that overlays are saved to.
import { Errno } from "../abi/errno.ts";
import { O_CREAT, O_DIRECTORY, O_EXCL, O_RDONLY, O_WRONLY } from "../abi/fcntl.ts";
import { isSteps, type Steps } from "../abi/program.ts";
import { mountEntries } from "../libc/mntent.ts";
import { open, unlink } from "../libc/unistd.ts";
import type { Setup } from "./libalpine.ts";

/** Goes with alpine-conf's releases. */
export const VERSION = "3.18.1";
const SETTINGS = [
  "DEFAULT_CIPHER",
  "ENCRYPTION",
  "PASSWORD",
  "LBU_MEDIA",
  "LBU_BACKUPDIR",
  "BACKUP_LIMIT",
] as const;

/** One run of lbu. */
export class Lbu {
  readonly s: Setup;
  /** Names of files to save (+) and to leave out (-). */
  readonly listFile: string;
  readonly confDir: string;
  cipher = "aes-256-cbc";
  /** The cipher to encrypt with; empty: none. */
  encryption = "";
  password = "";
  media = "";
  backupDir = "";
  backupLimit = 0;
  dryRun = false;
  deleteOld = false;
  list = false;
  remove = false;
  all = false;
  readonly #unmount: string[] = [];
  readonly #readOnly: string[] = [];
  #tmp: string | undefined;

  constructor(s: Setup) {
    this.s = s;
    this.listFile = `${s.root}etc/apk/protected_paths.d/lbu.list`;
    this.confDir = `${s.root}etc/lbu`;
  }

  /** Settings of lbu.conf, else of the environment. */
  *configure(): Steps<void> {
    const conf = `${this.confDir}/lbu.conf`;
    const env = this.s.isFile(conf) ? yield* this.s.sourced(conf, SETTINGS) : this.s.p.env;
    this.cipher = env.get("DEFAULT_CIPHER") || this.cipher;
    this.encryption = env.get("ENCRYPTION") ?? "";
    this.password = env.get("PASSWORD") ?? "";
    this.media = env.get("LBU_MEDIA") ?? "";
    this.backupDir = env.get("LBU_BACKUPDIR") ?? "";
    this.backupLimit = Math.max(0, Number.parseInt(env.get("BACKUP_LIMIT") || "0", 10) || 0);
  }

  /** The overlay's name in a folder. */
  *overlay(dir: string): Steps<string> {
    return `${dir}/${yield* this.s.hostname()}.apkovl.tar.gz${this.encryption && `.${this.encryption}`}`;
  }

  /** Where overlays are, mounted: a medium or a folder; undefined when none is known. */
  *place(media: string | undefined, writable: boolean): Steps<string | undefined> {
    if (this.backupDir !== "") return this.backupDir;
    const name = media || this.media;
    if (name === "") return undefined;
    const dir = `/media/${name}`;
    if (!(yield* this.mountOnce(dir))) this.s.die(`failed to mount ${dir}`);
    if (writable && !(yield* this.#writable(dir))) {
      this.#readOnly.unshift(dir);
      if ((yield* this.s.run(["mount", "-o", "remount,rw", dir])) !== 0)
        this.s.die(`failed to mount ${dir}`);
    }
    return dir;
  }

  /** Mounts what fstab has for a folder unless it is mounted; `close` undoes it. */
  *mountOnce(dir: string): Steps<boolean> {
    const mounts = yield* mountEntries(this.s.sys);
    if (mounts.some((mount) => mount.dir === dir)) return true;
    if ((yield* this.s.run(["mount", dir])) !== 0) return false;
    this.#unmount.unshift(dir);
    return true;
  }

  *#writable(dir: string): Steps<boolean> {
    const probe = `${dir}/.lbu.${this.s.sys.getpid()}`;
    try {
      const call = open(this.s.sys, probe, O_WRONLY | O_CREAT | O_EXCL);
      this.s.sys.close(isSteps(call) ? yield* call : call);
      unlink(this.s.sys, probe);
      return true;
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      return false;
    }
  }

  /** A folder of our own below /tmp. */
  *tmp(): Steps<string> {
    this.#tmp ??= yield* this.s.output(["mktemp", "-d", "/tmp/lbu-XXXXXXXXXX"]);
    if (this.#tmp === "") this.s.die("Failed to create tmp dir");
    return this.#tmp;
  }

  /** Is there an openssl that knows our cipher? */
  *checkOpenssl(): Steps<void> {
    if (this.encryption === "") return;
    if (!this.s.installed("openssl")) this.s.die("openssl was not found");
    const known = yield* this.s.output(["openssl", "list", "-1", "-cipher-commands"]);
    if (!known.split("\n").includes(this.encryption))
      this.s.die(`Cipher ${this.encryption} is not supported`);
  }

  /** What is in the file reaches the disk. */
  *fsync(path: string, directory = false): Steps<void> {
    const { sys } = this.s;
    const call = open(sys, path, O_RDONLY | (directory ? O_DIRECTORY : 0));
    const fd = isSteps(call) ? yield* call : call;
    try {
      const sync = sys.fsync(fd);
      if (isSteps(sync)) yield* sync;
    } catch (e) {
      // Not every file system has it for folders.
      if (!(e instanceof Errno) || !directory) throw e;
    } finally {
      sys.close(fd);
    }
  }

  /** Puts mounts back as they were. */
  *close(): Steps<void> {
    this.s.forgetSignals();
    if (this.#tmp !== undefined) yield* this.s.run(["rm", "-rf", this.#tmp]);
    this.#tmp = undefined;
    for (const dir of this.#readOnly.splice(0))
      yield* this.s.run(["mount", "-o", "remount,ro", dir]);
    for (const dir of this.#unmount.splice(0)) yield* this.s.run(["umount", dir]);
  }
}
