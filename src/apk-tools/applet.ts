// What a command of apk is: one file app_*.ts exports one Applet; main.ts lists them.
import type { Steps } from "../abi/program.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";

/** Which parts of the database a command wants opened before it runs. */
export interface OpenRequest {
  /** "write" takes the lock; "none": the command opens no database. */
  readonly access: "none" | "read" | "write";
  /** lib/apk/db/installed and triggers; to be written also scripts.tar. */
  readonly installed?: boolean;
  /** scripts.tar though nothing is to be written. */
  readonly scripts?: boolean;
  /** etc/apk/world. */
  readonly world?: boolean;
  /** Repositories and their indexes, fetched when stale if the network may be used. */
  readonly repositories?: boolean;
  /** Indexes are used as the cache has them, however old. */
  readonly noUpdate?: boolean;
  /** The cache may be written. */
  readonly cacheWrite?: boolean;
  /** A database is made if there is none (--initdb). */
  readonly create?: boolean;
}

/** An option of a command: what help prints, and how it is read. */
export interface OptionSpec {
  /** Long name without dashes. */
  readonly name: string;
  /** Letter, if it has one. */
  readonly letter?: string;
  /** Name of the value in help; undefined for a switch. */
  readonly value?: string;
  /** A switch that can be turned off as well: `--x`, `--no-x`, `--x=yes|no`; "auto": `--x=auto` too. */
  readonly bool?: true | "auto";
  /** More long names for the same thing. */
  readonly aliases?: readonly string[];
  /** One sentence, in our own words. "" hides it. */
  readonly help: string;
}

export interface Applet {
  readonly name: string;
  /** Of the list in `apk --help`. */
  readonly summary: string;
  /** Heading it stands under there. */
  readonly group: "install" | "system" | "query" | "repository" | "package" | "misc";
  /** Arguments in the usage line: "CONSTRAINTS...". */
  readonly arguments: string;
  readonly description: string;
  /** Besides the global options: commit options, source options, query options, generation options. */
  readonly optionGroups: readonly ("commit" | "source" | "query" | "generation")[];
  readonly options: readonly OptionSpec[];
  open(ctx: Context): OpenRequest;
  /** Exit status. `db` holds what `open` asked for. */
  run(ctx: Context, db: Database, args: readonly string[]): Steps<number>;
}
