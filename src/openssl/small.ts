// openssl passwd, rand, list, version and help (openssl-passwd(1), openssl-rand(1), openssl-list(1)).
import type { Steps } from "../abi/program.ts";
import { Base64Encoder } from "../lib/base64.ts";
import { bytesOf, concat } from "../lib/bytes.ts";
import { ITOA64 } from "../lib/crypt/alphabet.ts";
import { crypt } from "../lib/crypt/crypt.ts";
import type { Process } from "../libc/process.ts";
import { Arguments, askPassword, compute, fail, input, result } from "./command.ts";
import { DIGESTS } from "./dgst.ts";
import { CIPHERS } from "./enc.ts";

/** The commands there are. */
export const COMMANDS: readonly string[] = [
  "dgst",
  "enc",
  "help",
  "list",
  "passwd",
  "rand",
  "version",
];

function* print(p: Process, text: string): Steps<number> {
  const w = p.stdout.puts(text);
  if (w) yield* w;
  return 0;
}

export function* passwd(p: Process, args: readonly string[]): Steps<number> {
  const { flags, values, operands } = new Arguments("passwd", args, {
    flags: ["1", "5", "6", "stdin", "noverify", "quiet"],
    values: ["salt", "in"],
  });
  const method = flags.has("6") ? "6" : flags.has("5") ? "5" : "1";
  let words = operands;
  if (flags.has("stdin") || values.has("in")) {
    const text = yield* input(p, values.get("in"));
    words = String.fromCharCode(...text.subarray(0, 65536)).split("\n");
    if (words.at(-1) === "") words.pop();
  } else if (words.length === 0) words = [yield* askPassword(p, "", !flags.has("noverify"))];
  for (const word of words) {
    const random = p.sys.getrandom(method === "1" ? 8 : 16);
    const salt = values.get("salt") ?? Array.from(random, (b) => ITOA64.charAt(b & 63)).join("");
    const hash = yield* compute(p, crypt(bytesOf(word), `$${method}$${salt}$`));
    yield* print(p, `${hash}\n`);
  }
  return 0;
}

export function* rand(p: Process, args: readonly string[]): Steps<number> {
  const { flags, values, operands } = new Arguments("rand", args, {
    flags: ["hex", "base64"],
    values: ["out"],
  });
  const count = operands[0] ?? "";
  if (!/^\d{1,8}$/.test(count) || Number(count) > 0x200_0000)
    fail(`rand: invalid number of bytes: ${count}\nrand: Use -help for summary.`);
  const pieces: Uint8Array[] = [];
  for (let left = Number(count); left > 0; left -= 256)
    pieces.push(p.sys.getrandom(Math.min(left, 256)));
  let bytes = concat(pieces);
  if (flags.has("hex")) {
    const text = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    bytes = bytesOf(`${text}\n`);
  } else if (flags.has("base64")) {
    const encoder = new Base64Encoder(64);
    bytes = concat([encoder.encode(bytes), encoder.end()]);
  }
  yield* result(p, values.get("out"), bytes);
  return 0;
}

export function* list(p: Process, args: readonly string[]): Steps<number> {
  const kinds: Readonly<Record<string, readonly string[]>> = {
    commands: COMMANDS,
    "cipher-commands": CIPHERS,
    "cipher-algorithms": CIPHERS,
    "digest-commands": DIGESTS,
    "digest-algorithms": DIGESTS,
  };
  const { flags } = new Arguments("list", args, {
    flags: ["1", ...Object.keys(kinds)],
    values: [],
  });
  const kind = [...flags].find((flag) => flag !== "1") ?? "commands";
  const names = kinds[kind] ?? [];
  if (flags.has("1")) return yield* print(p, names.map((name) => `${name}\n`).join(""));
  return yield* print(
    p,
    `${names
      .map((name) => name.padEnd(18))
      .join("")
      .trimEnd()}\n`,
  );
}

export function* version(p: Process): Steps<number> {
  return yield* print(p, "OpenSSL 3.3.2 3 Sep 2024 (Bivy: enc, dgst, passwd and rand)\n");
}

export function* help(p: Process): Steps<number> {
  const text = `Commands: ${COMMANDS.join(" ")}\nDigests:  ${DIGESTS.join(" ")}\nCiphers:  ${CIPHERS.join(" ")}\n`;
  return yield* print(p, text);
}
