// abuild-keygen: makes the pair of keys that packages are signed with (abuild-keygen in Alpine's abuild).
import { Errno } from "../abi/errno.ts";
import { type Program, type Steps, settle } from "../abi/program.ts";
import { formatPrivateKeyPem, formatPublicKeyPem } from "../lib/key.ts";
import { generateRsaKey, type RsaPrivateKey } from "../lib/rsa.ts";
import { getopt } from "../libc/getopt.ts";
import { die, dieErrno, Process, runMain } from "../libc/process.ts";
import { run } from "../libc/spawn.ts";
import { LineReader } from "../libc/stdio.ts";
import { chmod, mkdir, readText, tryStat, writeFile } from "../libc/unistd.ts";
import { userDir } from "./key-file.ts";

const USAGE = `usage: abuild-keygen [-a|--append] [-i|--install] [-n] [-b BITS]

Options:
  -a, --append    Set PACKAGER_PRIVKEY in abuild.conf
  -b, --bits N    Size of the key (4096)
  -i, --install   Put the public key among those that apk trusts
  -n              Ask nothing
  -q, --quiet     Say less
  --kernel        Make a key for kernel modules
  -h, --help      This help
`;

function* say(p: Process, text: string): Steps<void> {
  const w = p.stderr.puts(text);
  if (w) yield* w;
}

/** Generation hands the processor on between its tries. */
function* generate(p: Process, bits: number): Steps<RsaPrivateKey> {
  const steps = generateRsaKey(bits, (length) => p.sys.getrandom(length));
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    yield* p.sys.sched_yield();
  }
}

/** "user@example.com" of `PACKAGER`, of git's settings or of who and where one is. */
function* emailOf(p: Process): Steps<string> {
  const packager = p.env.get("PACKAGER") ?? "";
  const given = /<([^<>\s]+@[^<>\s]+)>/.exec(packager)?.[1];
  if (given !== undefined) return given;
  const conf = (yield* readText(p.sys, `${userDir(p)}/abuild.conf`, 1 << 16)) ?? "";
  return /^PACKAGER=.*<([^<>\s]+@[^<>\s]+)>/m.exec(conf)?.[1] ?? p.env.get("USER") ?? "root";
}

function* setting(p: Process, name: string, value: string): Steps<void> {
  const path = `${userDir(p)}/abuild.conf`;
  const old = (yield* readText(p.sys, path, 1 << 16)) ?? "";
  const rest = old
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith(`${name}=`))
    .map((line) => `${line}\n`);
  yield* writeFile(p.sys, path, `${rest.join("")}${name}="${value}"\n`);
}

/** Copies the public key to /etc/apk/keys as root, by $SUDO, doas or sudo where one is not root. */
function* install(p: Process, publicKey: string): Steps<void> {
  const dir = `${p.env.get("abuild_keygen_install_root") ?? ""}/etc/apk/keys`;
  const given = p.env.get("SUDO");
  const doas = (p.env.get("PATH") ?? "")
    .split(":")
    .map((each) => `${each}/doas`)
    .find((each) => tryStat(p.sys, each) !== undefined);
  const prefix = given ?? doas ?? (p.sys.getuid() === 0 ? "" : "sudo");
  yield* say(p, `Installing ${publicKey} to ${dir}...\n`);
  const asRoot = prefix === "" ? [] : [prefix];
  for (const command of [
    ["mkdir", "-p", dir],
    ["cp", "-i", publicKey, `${dir}/`],
  ]) {
    const status = yield* run(p, [...asRoot, ...command]);
    if (status !== 0) die(`could not install ${publicKey}`);
  }
}

function* main(p: Process): Steps<number> {
  p.usage = USAGE;
  const opt = getopt(p, "ab:hinq", {
    long: { append: "a", bits: "b:", install: "i", quiet: "q", kernel: "kernel", help: "h" },
  });
  if (opt.has("h")) {
    const w = p.stdout.puts(USAGE);
    if (w) yield* w;
    return 0;
  }
  if (opt.operands.length > 0) p.usageError(undefined, 2);
  const bits = opt.get("b") ?? "4096";
  if (!/^\d{3,5}$/.test(bits)) die(`${bits}: no size of a key`);
  const dir = userDir(p);
  if (tryStat(p.sys, dir) === undefined) yield* makeDir(p, dir);
  const kernel = opt.has("kernel");
  const seconds = p.sys.clock_gettime(0).sec.toString(16).padStart(8, "0");
  let path = kernel
    ? `${dir}/kernel_signing_key.pem`
    : `${dir}/${yield* emailOf(p)}-${seconds}.rsa`;
  if (!kernel && !opt.has("n")) {
    const w = p.stdout.puts(`Enter file in which to save the key [${path}]: `);
    if (w) yield* w;
    const f = p.stdout.flush();
    if (f) yield* f;
    const line = yield* settle(new LineReader(p.stdin).next());
    if (line !== undefined && line.trim() !== "") path = line.trim();
  }
  if (!opt.has("q")) yield* say(p, `Generating RSA key of ${bits} bits\n`);
  const key = yield* generate(p, Number(bits));
  try {
    const old = p.sys.umask(0o077);
    yield* writeFile(p.sys, path, formatPrivateKeyPem(key), 0o600);
    p.sys.umask(old);
    yield* writeFile(p.sys, `${path}.pub`, formatPublicKeyPem(key.publicKey), 0o644);
    chmod(p.sys, `${path}.pub`, 0o644);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    dieErrno(path, e);
  }
  if (kernel) {
    yield* say(p, `A signing key was created: ${path}\n`);
    yield* setting(p, "KERNEL_SIGNING_KEY", path);
    yield* say(p, `KERNEL_SIGNING_KEY=${path} was added to ${dir}/abuild.conf\n`);
    return 0;
  }
  if (opt.has("i")) yield* install(p, `${path}.pub`);
  else if (!opt.has("q"))
    yield* say(p, `Put ${path}.pub into /etc/apk/keys to trust packages that it signs.\n`);
  if (opt.has("a")) yield* setting(p, "PACKAGER_PRIVKEY", path);
  else if (!opt.has("q")) yield* say(p, `Set PACKAGER_PRIVKEY="${path}" in ${dir}/abuild.conf.\n`);
  return 0;
}

function* makeDir(p: Process, dir: string): Steps<void> {
  try {
    mkdir(p.sys, dir, 0o755);
  } catch (e) {
    dieErrno(dir, e);
  }
}

/** The program. */
export const abuildKeygen: Program = (sys, argv, envp) =>
  runMain(new Process(sys, argv, envp), main);
