// The container of format 2 (apk-v2(5)): gzip members that read as one tar archive, the first of them with signatures
// of what follows. Read as a stream: hashes are made of the compressed bytes as they pass.
import type { Steps } from "../abi/program.ts";
import { InputBuffer } from "../lib/decoder.ts";
import { FormatError } from "../lib/format-error.ts";
import { Gunzip } from "../lib/gzip.ts";
import { Sha1 } from "../lib/sha1.ts";
import { Sha256 } from "../lib/sha256.ts";
import { Sha512 } from "../lib/sha512.ts";
import { type TarFile, TarReader } from "../lib/tar.ts";
import { ApkError, badArchive, badSignature, untrusted } from "./errors.ts";
import type { Source } from "./source.ts";
import { SIGNATURE_PREFIX, type Signature, type Trust } from "./trust.ts";

/** Longest contents that are gathered in one: a signature, PKGINFO, a script. */
const SIGNATURE_MAX = 1 << 14;

/** Digests of the compressed bytes of one member. */
export interface MemberDigests {
  readonly sha1: Uint8Array;
  readonly sha256: Uint8Array;
  readonly sha512: Uint8Array | undefined;
}

class MemberHash {
  readonly #sha1 = new Sha1();
  readonly #sha256 = new Sha256();
  readonly #sha512: Sha512 | undefined;

  constructor(sha512: boolean) {
    this.#sha512 = sha512 ? new Sha512() : undefined;
  }

  update(bytes: Uint8Array): void {
    this.#sha1.update(bytes);
    this.#sha256.update(bytes);
    this.#sha512?.update(bytes);
  }

  digests(): MemberDigests {
    return {
      sha1: this.#sha1.digest(),
      sha256: this.#sha256.digest(),
      sha512: this.#sha512?.digest(),
    };
  }
}

/** Reads such a file. `ended` is told when a member has ended, before anything of the next can be had. */
export class SignedTar {
  readonly #source: Source;
  readonly #input = new InputBuffer();
  readonly #gunzip = new Gunzip(this.#input);
  readonly #tar = new TarReader();
  readonly #trust: Trust;
  readonly #ended: (member: number, digests: MemberDigests) => void;
  /** Compressed bytes that have not gone into a hash, and where they begin in the file. */
  #raw: Uint8Array[] = [];
  #rawAt = 0;
  #member = 0;
  #memberStart = 0;
  #hash: MemberHash = new MemberHash(false);
  #over = false;
  /** The signature by a trusted key, once it has been read. */
  signature: Signature | undefined;

  constructor(
    source: Source,
    trust: Trust,
    ended: (member: number, digests: MemberDigests) => void,
  ) {
    this.#source = source;
    this.#trust = trust;
    this.#ended = ended;
  }

  /** The next file that is no signature; undefined at the end. */
  *next(): Steps<TarFile | undefined> {
    for (;;) {
      const file = yield* this.#find();
      if (file === undefined || !file.name.startsWith(SIGNATURE_PREFIX)) return file;
      if (this.#member > 0) continue;
      const signature = this.#trust.signatureOf(file.name);
      if (signature === undefined || this.signature !== undefined) continue;
      if (file.size > SIGNATURE_MAX) throw badSignature();
      signature.bytes = yield* this.whole(file, SIGNATURE_MAX);
      this.signature = signature;
    }
  }

  *#find(): Steps<TarFile | undefined> {
    for (;;) {
      const file = this.#tar.next();
      if (this.#tar.malformed) throw badArchive();
      if (file !== undefined) return file;
      if (!this.#tar.needsInput && this.#tar.done) {
        // What may follow the end of the archive in the member counts for its digest.
        while (yield* this.#fill(false));
        return undefined;
      }
      if (!(yield* this.#fill(true))) this.#tar.end();
    }
  }

  /** The next piece of the current file's contents; undefined at its end. */
  *data(): Steps<Uint8Array | undefined> {
    for (;;) {
      const piece = this.#tar.read();
      if (piece !== undefined) return piece;
      if (!this.#tar.needsInput) return undefined;
      if (!(yield* this.#fill(true))) this.#tar.end();
    }
  }

  /** All contents of the current file; more than `limit` bytes are a BAD archive. */
  *whole(file: TarFile, limit: number): Steps<Uint8Array> {
    if (file.size > limit) throw badArchive();
    const all = new Uint8Array(file.size);
    let at = 0;
    for (let piece = yield* this.data(); piece !== undefined; piece = yield* this.data()) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  }

  /** Unpacks a little more; false at the end of the file. */
  *#fill(wanted: boolean): Steps<boolean> {
    if (this.#over) return false;
    for (;;) {
      const block = this.#gunzip.read();
      if (this.#gunzip.memberStart !== this.#memberStart) {
        this.#hashUpTo(this.#gunzip.memberStart);
        this.#endMember();
        this.#memberStart = this.#gunzip.memberStart;
      }
      this.#hashUpTo(this.#input.offset);
      if (block !== undefined) {
        if (wanted) this.#tar.push(block);
        return true;
      }
      if (this.#gunzip.done) {
        this.#over = true;
        if (this.#gunzip.trailingGarbage) throw badArchive();
        this.#endMember();
        return false;
      }
      const chunk = yield* this.#source.read();
      if (chunk.length === 0) this.#gunzip.end();
      else {
        this.#raw.push(chunk);
        this.#gunzip.push(chunk);
      }
    }
  }

  #hashUpTo(offset: number): void {
    let n = offset - this.#rawAt;
    this.#rawAt = offset;
    while (n > 0) {
      const chunk = this.#raw[0] as Uint8Array;
      if (chunk.length <= n) {
        this.#hash.update(chunk);
        this.#raw.shift();
        n -= chunk.length;
      } else {
        this.#hash.update(chunk.subarray(0, n));
        this.#raw[0] = chunk.subarray(n);
        n = 0;
      }
    }
  }

  #endMember(): void {
    this.#ended(this.#member++, this.#hash.digests());
    this.#hash = new MemberHash(this.signature?.hash === "sha512");
  }
}

/** What decoders complain about in the words of apk; what is no complaint of theirs is answered as it is. */
export function archiveError(e: unknown): unknown {
  if (!(e instanceof FormatError)) return e;
  return e.code === "eof" || e.code === "magic" ? badArchive() : new ApkError("IO ERROR");
}

/** Finishes a generator whose decoders' errors become apk's. */
export function* withArchiveErrors<T>(steps: Steps<T>): Steps<T> {
  try {
    return yield* steps;
  } catch (e) {
    throw archiveError(e);
  }
}

/**
 * The files of an index (DESCRIPTION, APKINDEX), each at most `limit` bytes, when its signature has been verified.
 * Whatever follows the signature part must be signed, as one member.
 */
export function readSignedTar(
  source: Source,
  trust: Trust,
  limit: number,
): Steps<Map<string, Uint8Array>> {
  return withArchiveErrors(readFiles(source, trust, limit));
}

function* readFiles(source: Source, trust: Trust, limit: number): Steps<Map<string, Uint8Array>> {
  let verified = false;
  let contents = 0;
  const tar = new SignedTar(source, trust, (member, digests) => {
    if (member === 0 && tar.signature !== undefined) return;
    // One signed member, and nothing after it.
    if (contents++ > 0) verified = false;
    else if (tar.signature !== undefined) {
      if (!tar.signature.verify(digests)) throw badSignature();
      verified = true;
    }
  });
  const files = new Map<string, Uint8Array>();
  for (let file = yield* tar.next(); file !== undefined; file = yield* tar.next())
    if (file.type === "0") files.set(file.name, yield* tar.whole(file, limit));
  if (!verified && !trust.allowUntrusted) throw untrusted();
  return files;
}
