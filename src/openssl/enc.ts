// openssl enc: files encrypted under a password (openssl-enc(1)), those ciphers that lbu uses.
import type { Steps } from "../abi/program.ts";
import { Base64Decoder, Base64Encoder } from "../lib/base64.ts";
import { bytesOf, concat } from "../lib/bytes.ts";
import { type EncOptions, encDecrypt, encEncrypt } from "../lib/evp-bytes.ts";
import { FormatError } from "../lib/format-error.ts";
import type { Process } from "../libc/process.ts";
import { Arguments, askPassword, compute, fail, input, passwordFrom, result } from "./command.ts";

/** The ciphers there are. */
export const CIPHERS: readonly EncOptions["cipher"][] = [
  "aes-128-cbc",
  "aes-192-cbc",
  "aes-256-cbc",
  "des-ede3-cbc",
];
const ALIASES: Readonly<Record<string, EncOptions["cipher"]>> = {
  aes128: "aes-128-cbc",
  aes192: "aes-192-cbc",
  aes256: "aes-256-cbc",
  des3: "des-ede3-cbc",
};
const DIGESTS = ["md5", "sha1", "sha256", "sha512"] as const;

/** The cipher that a word stands for. */
export function cipherNamed(name: string): EncOptions["cipher"] | undefined {
  const lower = name.toLowerCase();
  return Object.hasOwn(ALIASES, lower)
    ? ALIASES[lower]
    : CIPHERS.find((cipher) => cipher === lower);
}

export function* enc(p: Process, args: readonly string[], named?: string): Steps<number> {
  let cipher = named === undefined ? undefined : cipherNamed(named);
  const given = new Arguments(
    "enc",
    args,
    {
      flags: ["e", "d", "salt", "a", "base64", "A", "pbkdf2", "help", "list", "ciphers"],
      values: ["in", "out", "pass", "k", "kfile", "md", "iter", "cipher"],
    },
    (name) => {
      cipher = cipherNamed(name) ?? cipher;
      return cipherNamed(name) !== undefined;
    },
  );
  const { flags, values } = given;
  if (flags.has("help") || flags.has("list") || flags.has("ciphers")) {
    const usage = "Usage: enc [-e|-d] -CIPHER [-in FILE] [-out FILE] [-pass SOURCE] [-k WORD]\n";
    const more = "           [-md DIGEST] [-pbkdf2] [-iter N] [-salt] [-a [-A]]\n";
    const list = `Supported ciphers:\n${CIPHERS.map((name) => `-${name}\n`).join("")}`;
    const w = p.stdout.puts(flags.has("help") ? usage + more : list);
    if (w) yield* w;
    return 0;
  }
  if (given.operands.length > 0) fail("Extra arguments given.\nenc: Use -help for summary.");
  cipher = cipherNamed(values.get("cipher") ?? "") ?? cipher;
  if (cipher === undefined) return fail("enc: no cipher given that is supported here");
  const decrypt = flags.has("d");
  const iter = values.get("iter");
  if (iter !== undefined && !/^[1-9]\d{0,7}$/.test(iter))
    fail(`enc: bad number of iterations: ${iter}`);
  const md = DIGESTS.find((name) => name === (values.get("md") ?? "sha256").toLowerCase());
  if (md === undefined) return fail(`enc: Unknown option or message digest: ${values.get("md")}`);
  const password = yield* passwordOf(p, given, cipher, decrypt);
  const text = yield* input(p, values.get("in"));
  const options: EncOptions = { cipher, password: bytesOf(password), md };
  const derived = iter !== undefined || flags.has("pbkdf2");
  if (!derived) {
    const w = p.stderr.puts(
      "*** WARNING : deprecated key derivation used.\nUsing -iter or -pbkdf2 would be better.\n",
    );
    if (w) yield* w;
  }
  const all: EncOptions = derived ? { ...options, iterations: Number(iter ?? 10000) } : options;
  const armour = flags.has("a") || flags.has("base64");
  try {
    if (decrypt) {
      const plain = yield* compute(p, encDecrypt(armour ? dearmour(text) : text, all));
      yield* result(p, values.get("out"), plain);
    } else {
      const salt = p.sys.getrandom(8);
      const bytes = yield* compute(p, encEncrypt(text, all, salt));
      const encoder = new Base64Encoder(flags.has("A") ? 0 : 64);
      yield* result(
        p,
        values.get("out"),
        armour ? concat([encoder.encode(bytes), encoder.end()]) : bytes,
      );
    }
    return 0;
  } catch (e) {
    if (!(e instanceof FormatError)) throw e;
    return fail(e.code === "magic" || e.code === "eof" ? e.message : "bad decrypt");
  }
}

function dearmour(text: Uint8Array): Uint8Array {
  const decoder = new Base64Decoder();
  const bytes = decoder.decode(text);
  decoder.end();
  return bytes;
}

function* passwordOf(
  p: Process,
  { values }: Arguments,
  cipher: string,
  decrypt: boolean,
): Steps<string> {
  const source = values.get("pass");
  if (source !== undefined) return yield* passwordFrom(p, source);
  const word = values.get("k");
  if (word !== undefined) return word;
  const file = values.get("kfile");
  if (file !== undefined) return yield* passwordFrom(p, `file:${file}`);
  const what = `${cipher.toUpperCase()} ${decrypt ? "decryption" : "encryption"}`;
  return yield* askPassword(p, what, !decrypt);
}
