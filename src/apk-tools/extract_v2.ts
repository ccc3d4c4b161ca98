// Packages of format 2 (apk-v2(5)): signature, control and data parts, verified as they are read.
import type { Steps } from "../abi/program.ts";
import { Base64Encoder } from "../lib/base64.ts";
import { concat, strOf } from "../lib/bytes.ts";
import type { TarFile } from "../lib/tar.ts";
import { badArchive, badSignature, untrusted } from "./errors.ts";
import { SCRIPT_TYPES, type ScriptType } from "./installed.ts";
import type { PackageInfo } from "./package.ts";
import { parsePkgInfo } from "./pkginfo.ts";
import { type MemberDigests, SignedTar, withArchiveErrors } from "./signed-tar.ts";
import type { Source } from "./source.ts";
import type { Trust } from "./trust.ts";

const PKGINFO_MAX = 1 << 20;
/** Of each script, and of all together. */
const SCRIPT_MAX = 1 << 22;
const SCRIPTS_MAX = 1 << 24;
const NAME_MAX = 4096;

/** The control part of a package, verified. */
export interface Control {
  readonly info: PackageInfo;
  readonly scripts: ReadonlyMap<ScriptType, Uint8Array>;
  readonly scriptTimes: ReadonlyMap<ScriptType, number>;
  /** SHA-256 of the data part in hexadecimal. */
  readonly datahash: string;
  /** A trusted key has signed it. */
  readonly signed: boolean;
}

/** "Q1" and the SHA-1 in base64. */
export function identityOf(sha1: Uint8Array): string {
  const encoder = new Base64Encoder();
  return `Q1${strOf(concat([encoder.encode(sha1), encoder.end()]))}`;
}

export function hex(bytes: Uint8Array): string {
  const digits = "0123456789abcdef";
  let text = "";
  for (const b of bytes) text += digits.charAt(b >> 4) + digits.charAt(b & 15);
  return text;
}

/** Reads a package from front to end. Throws ApkError for what is wrong with it. */
export class PackageReader {
  /** The data part is verified as a whole, at its end. */
  readonly verifiesFiles = false;
  readonly #tar: SignedTar;
  readonly #trust: Trust;
  readonly #identity: string;
  #info: PackageInfo | undefined;
  #datahash = "";
  #scripts = new Map<ScriptType, Uint8Array>();
  #scriptTimes = new Map<ScriptType, number>();
  #control: Control | undefined;
  #dataDigest = "";
  /** The first file of the data part, found while looking for the end of the control part. */
  #first: TarFile | undefined;

  /** `identity`: what an index says the package is; then no signature is needed. */
  constructor(source: Source, trust: Trust, identity = "") {
    this.#trust = trust;
    this.#identity = identity;
    this.#tar = new SignedTar(source, trust, (member, digests) => this.#ended(member, digests));
  }

  /** The control part. Must be called first. */
  control(): Steps<Control> {
    return withArchiveErrors(this.#readControl());
  }

  *#readControl(): Steps<Control> {
    let size = 0;
    for (;;) {
      const file = yield* this.#tar.next();
      if (file === undefined || !isMeta(file.name)) {
        if (this.#control === undefined) throw badArchive();
        this.#first = file;
        return this.#control;
      }
      if (this.#control !== undefined) continue;
      const type = SCRIPT_TYPES.find((each) => file.name === `.${each}`);
      if (file.name === ".PKGINFO") {
        const text = strOf(yield* this.#tar.whole(file, PKGINFO_MAX));
        const { info, datahash } = parsePkgInfo(text);
        this.#info = info;
        this.#datahash = datahash;
      } else if (type !== undefined) {
        size += file.size;
        if (size > SCRIPTS_MAX) throw badArchive();
        this.#scripts.set(type, yield* this.#tar.whole(file, SCRIPT_MAX));
        this.#scriptTimes.set(type, Math.floor(file.mtime));
      }
    }
  }

  #ended(_member: number, digests: MemberDigests): void {
    if (this.#info === undefined) return;
    if (this.#control !== undefined) {
      // The data part: one member, which datahash speaks for.
      if (this.#dataDigest !== "") throw badArchive();
      this.#dataDigest = hex(digests.sha256);
      return;
    }
    const { signature } = this.#tar;
    const identity = identityOf(digests.sha1);
    if (this.#identity !== "") {
      if (this.#identity !== identity) throw badSignature();
    } else if (signature !== undefined) {
      if (!signature.verify(digests)) throw badSignature();
    } else if (!this.#trust.allowUntrusted) throw untrusted();
    if (this.#info.name === "" || this.#info.version === "") throw badArchive();
    // Without it nothing would speak for the data part.
    if (this.#datahash === "") throw badSignature();
    this.#info.identity = identity;
    this.#control = {
      info: this.#info,
      scripts: this.#scripts,
      scriptTimes: this.#scriptTimes,
      datahash: this.#datahash,
      signed: signature !== undefined && this.#identity === "",
    };
  }

  /** The next file of the data part; undefined after the last, when all of it has been verified. */
  next(): Steps<TarFile | undefined> {
    return withArchiveErrors(this.#next());
  }

  *#next(): Steps<TarFile | undefined> {
    for (;;) {
      const file = this.#first ?? (yield* this.#tar.next());
      this.#first = undefined;
      if (file === undefined) {
        if (this.#dataDigest !== this.#control?.datahash) throw badSignature();
        return undefined;
      }
      // Names with a dot in front never are files of packages.
      if (!file.name.startsWith(".")) return file;
    }
  }

  /** The next piece of the current file's contents; undefined at its end. */
  data(): Steps<Uint8Array | undefined> {
    return withArchiveErrors(this.#tar.data());
  }
}

function isMeta(name: string): boolean {
  return name.startsWith(".") && !name.includes("/");
}

/**
 * The name of a file in a package as a path below the root, or undefined for what must not be there: absolute names,
 * empty parts, "." and "..", newlines (which would break the database), and names beyond all limits.
 */
export function safeName(name: string): string | undefined {
  const path = name.endsWith("/") ? name.slice(0, -1) : name;
  if (path === "" || path.length >= NAME_MAX || /[\n\0]/.test(path)) return undefined;
  for (const part of path.split("/"))
    if (part === "" || part === "." || part === ".." || part.length > 255) return undefined;
  return path;
}

/** The checksum that a file's header tells: "Q1…", or "" without one. */
export function checksumOf(file: TarFile): string {
  const text = file.pax.get("APK-TOOLS.checksum.SHA1");
  if (text === undefined || !/^[0-9a-fA-F]{40}$/.test(text)) return "";
  const bytes = new Uint8Array(20);
  for (let i = 0; i < 20; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return identityOf(bytes);
}
