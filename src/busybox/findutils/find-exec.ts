// -exec of find, with ";" for a command a file and with "+" for many files at once.
import type { Steps } from "../../abi/program.ts";
import { die, type Process } from "../../libc/process.ts";
import { waitpid } from "../../libc/spawn.ts";
import { strerror } from "../../libc/strerror.ts";
import { startChild } from "../libbb/child.ts";
import type { FoundFile } from "./find-file.ts";

/** Room for names in one command line, each with its NUL and its pointer. */
const ROOM = 131072 - 2048;
const POINTER_SIZE = 8;

/** A command of -exec. */
export class ExecAction {
  /** Takes many files at once. */
  readonly batched: boolean;
  readonly #p: Process;
  readonly #argv: readonly string[];
  /** Where the names go when batched. */
  readonly #slot: number;
  readonly #envp: readonly string[];
  #paths: string[] = [];
  #size = 0;

  constructor(p: Process, argv: readonly string[], batched: boolean) {
    this.#p = p;
    this.#argv = argv;
    this.batched = batched;
    this.#envp = p.environ();
    this.#slot = argv.findIndex((arg) => arg.includes("{}"));
    const count = argv.reduce((n, arg) => n + arg.split("{}").length - 1, 0);
    if (batched && count !== 1) die("only one '{}' allowed for -exec +");
  }

  *#run(argv: readonly string[]): Steps<boolean> {
    const child = yield* startChild(this.#p, argv, this.#envp);
    const status = yield* waitpid(this.#p.sys, child.pid);
    if (child.failure === undefined) return status === 0;
    yield* this.#p.warnx(`${argv[0]}: ${strerror(child.failure)}`);
    return false;
  }

  /** For one file: did the command succeed? */
  one(file: FoundFile): Steps<boolean> {
    return this.#run(this.#argv.map((arg) => arg.replaceAll("{}", () => file.path)));
  }

  /** Keeps a file for later; true when it is time to `flush`. */
  add(file: FoundFile): boolean {
    this.#paths.push(file.path);
    this.#size += file.path.length + 1 + POINTER_SIZE;
    return this.#size >= ROOM;
  }

  /** Runs the command for the files that were kept: did it succeed? */
  *flush(): Steps<boolean> {
    if (this.#paths.length === 0) return true;
    const around = this.#argv[this.#slot] ?? "";
    const names = this.#paths.map((path) => around.replace("{}", () => path));
    this.#paths = [];
    this.#size = 0;
    return yield* this.#run([
      ...this.#argv.slice(0, this.#slot),
      ...names,
      ...this.#argv.slice(this.#slot + 1),
    ]);
  }
}
