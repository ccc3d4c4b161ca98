// abuild-sign: puts a signature before an index or a package (abuild-sign in Alpine's abuild).
import { Errno } from "../abi/errno.ts";
import { R_OK } from "../abi/fcntl.ts";
import type { Program, Steps } from "../abi/program.ts";
import { concat } from "../lib/bytes.ts";
import { getopt } from "../libc/getopt.ts";
import { die, dieErrno, Process, runMain } from "../libc/process.ts";
import { access, readFile, rename, writeFile } from "../libc/unistd.ts";
import { signatureStream } from "./archive.ts";
import { privateKeyPath, readPrivateKey, type SigningKey } from "./key-file.ts";

const USAGE = `Usage: abuild-sign [-hqei] [-k PRIVKEY] [-p PUBKEY] [-t TYPE] FILE...

Options:
  -e, --installed     Check that there are a private and a public key, and end
  -k, --private KEY   Sign with this private key
  -p, --public KEY    Name of the public key that will be asked for
  -q, --quiet         Say nothing
  -t, --type TYPE     Kind of signature: RSA (SHA-1) or RSA256
  -h, --help          This help
`;

/** Both halves are there? */
function* checkInstalled(
  p: Process,
  privateKey: string | undefined,
  publicKey: string,
): Steps<void> {
  const path = privateKey ?? (yield* privateKeyPath(p));
  if (path === undefined) die("No private key found. Use 'abuild-keygen' to generate the keys.");
  const other = publicKey === "" ? `${path}.pub` : publicKey;
  for (const file of [path, other]) if (!access(p.sys, file, R_OK)) die(`${file}: File not found`);
}

function* sign(
  p: Process,
  file: string,
  key: SigningKey,
  publicName: string,
  type: "RSA" | "RSA256",
): Steps<void> {
  try {
    const bytes = yield* readFile(p.sys, file);
    const time = Number(p.env.get("SOURCE_DATE_EPOCH") ?? p.sys.clock_gettime(0).sec);
    const stream = signatureStream(bytes, key.key, publicName, type, time);
    yield* writeFile(p.sys, `${file}.new`, concat([stream, bytes]), 0o644);
    rename(p.sys, `${file}.new`, file);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    dieErrno(file, e);
  }
}

function* main(p: Process): Steps<number> {
  p.usage = USAGE;
  p.errorStatus = 2;
  const opt = getopt(p, "ehik:p:qt:", {
    long: { installed: "e", private: "k:", public: "p:", quiet: "q", type: "t:", help: "h" },
  });
  if (opt.has("h")) {
    const w = p.stdout.puts(USAGE);
    if (w) yield* w;
    return 0;
  }
  p.errorStatus = 1;
  const type = opt.get("t") ?? "RSA";
  if (type !== "RSA" && type !== "RSA256") die("supported types are RSA and RSA256");
  const publicKey = opt.get("p") ?? "";
  if (opt.has("e") || opt.has("i")) {
    yield* checkInstalled(p, opt.get("k"), publicKey);
    return 0;
  }
  if (opt.operands.length === 0) p.usageError(undefined, 2);
  const key = yield* readPrivateKey(p, opt.get("k"));
  const path = publicKey === "" ? `${key.path}.pub` : publicKey;
  const name = path.slice(path.lastIndexOf("/") + 1);
  for (const file of opt.operands) {
    yield* sign(p, file, key, name, type);
    if (opt.has("q")) continue;
    const w = p.stderr.puts(`Signed ${file}\n`);
    if (w) yield* w;
  }
  return 0;
}

/** The program. */
export const abuildSign: Program = (sys, argv, envp) => runMain(new Process(sys, argv, envp), main);
