// Names in archives: made harmless, and chosen by patterns.
import type { Steps } from "../../abi/program.ts";
import { FNM_LEADING_DIR, FNM_PATHNAME, fnmatch } from "../../libc/fnmatch.ts";
import type { Process } from "../../libc/process.ts";

/** Where the harmless part begins: after the last "../" and the slashes that follow. */
function unsafePrefix(name: string): number {
  let at = 0;
  for (const m of name.matchAll(/(?<=^|\/)\.\.\//g)) at = m.index + m[0].length;
  while (name[at] === "/") at++;
  return at;
}

/** Takes from names what leads out of the directory; says so the first time. */
export class SafeNames {
  readonly #p: Process;
  #told = false;

  constructor(p: Process) {
    this.#p = p;
  }

  *strip(name: string): Steps<string> {
    const at = unsafePrefix(name);
    if (at === 0) return name;
    if (!this.#told) {
      this.#told = true;
      yield* this.#p.warnx(`removing leading '${name.slice(0, at)}' from member names`);
    }
    return name.slice(at);
  }
}

const FLAGS = FNM_LEADING_DIR | FNM_PATHNAME;

function trimmed(pattern: string): string {
  return pattern.length > 1 ? pattern.replace(/(?<=.)\/+$/s, "") : pattern;
}

/** Which members are wanted. A pattern that names a directory also means what is below it. */
export class MemberFilter {
  readonly #accept: string[];
  readonly #reject: readonly string[];
  /** Patterns of `accept` that have met a member of just that name. */
  readonly #found = new Set<string>();

  constructor(accept: readonly string[], reject: readonly string[]) {
    this.#accept = accept.map(trimmed);
    this.#reject = [...reject];
  }

  /** `name` of a directory ends in a slash, which patterns can meet. */
  wanted(name: string): boolean {
    let wanted = this.#accept.length === 0;
    for (const pattern of this.#accept) {
      if (!fnmatch(pattern, name, FLAGS, false)) continue;
      wanted = true;
      // As the original has it, a pattern with wildcards is never found. What is rejected is found all the same.
      if (pattern === trimmed(name)) this.#found.add(pattern);
    }
    return wanted && !this.#reject.some((pattern) => fnmatch(pattern, name, FLAGS, false));
  }

  /** Patterns that no member had. */
  get missing(): string[] {
    return this.#accept.filter((pattern) => !this.#found.has(pattern));
  }
}
