// What every part of a running apk shares: options, streams, the root it works on.
import type { Sys } from "../abi/program.ts";
import type { HttpConnections } from "../libc/http-connection.ts";
import type { Process } from "../libc/process.ts";
import type { TlsOptions } from "../libc/tls.ts";
import type { Print } from "./print.ts";
import { RootDir } from "./root-dir.ts";

/** Global, commit and source options, as given by command line and configuration. */
export interface Settings {
  root: string;
  /** Of --arch; empty: etc/apk/arch, else the machine's. */
  arch: string[];
  /** -X, as given. */
  repositories: string[];
  /** --repository-config: lines as in etc/apk/repositories. */
  repositoryConfig: string[];
  repositoriesFile: string | undefined;
  keysDir: string | undefined;
  cacheDir: string | undefined;
  /** Seconds an index in the cache stays fresh. */
  cacheMaxAge: number;
  /** Seconds to wait for the lock. */
  wait: number;
  /** Seconds without progress on a connection. */
  timeout: number;
  verbosity: number;
  /** undefined: as etc/apk/interactive says. */
  interactive: boolean | "auto" | undefined;
  progress: boolean | "auto";
  /** -1: none. */
  progressFd: number;
  prettyPrint: boolean | "auto";
  allowUntrusted: boolean;
  network: boolean;
  cache: boolean;
  cachePackages: boolean;
  cachePredownload: boolean;
  checkCertificate: boolean;
  purge: boolean;
  /** A database is made where there is none. */
  initdb: boolean;
  simulate: boolean;
  /** --test-world, for tests: the world, and simulated changes count. */
  testWorld: string | undefined;
  cleanProtected: boolean;
  overlayFromStdin: boolean;
  scripts: boolean;
  commitHooks: boolean;
  chown: boolean;
  usermode: boolean;
  preserveEnv: boolean;
  /** --preupgrade-depends, as given; undefined: "apk-tools". */
  preupgradeDepends: string[] | undefined;
  uvolManager: string | undefined;
  sync: boolean | "auto";
  rootTmpfs: boolean | "auto";
  logfile: boolean;
  forceBinaryStdout: boolean;
  forceBrokenWorld: boolean;
  forceMissingRepositories: boolean;
  forceNoChroot: boolean;
  forceNonRepository: boolean;
  forceOldApk: boolean;
  forceOverwrite: boolean;
  forceRefresh: boolean;
  /** Wording of messages and sizes: apk-tools 2.14's, or version 3's with --legacy-output=no. */
  legacyOutput: boolean;
  legacyInfo: boolean;
  /** --from: which sources are loaded. */
  from: "system" | "repositories" | "installed" | "none";
  /** Of files that are made (version 3); undefined: the format's own choice. */
  compression: { algorithm: "none" | "deflate" | "zstd"; level: number } | undefined;
  signKeys: string[];
}

/** A running apk. */
export class Context {
  readonly p: Process;
  readonly sys: Sys;
  readonly settings: Settings;
  readonly print: Print;
  /** The command's own options, long names without dashes to their values ("" for switches). */
  readonly options: ReadonlyMap<string, readonly string[]>;
  /** Connections of source.ts that are kept, and how it makes sure of servers. */
  connections: HttpConnections | undefined;
  tls: TlsOptions | undefined;
  #root: RootDir | undefined;

  constructor(
    p: Process,
    settings: Settings,
    print: Print,
    options: ReadonlyMap<string, readonly string[]>,
  ) {
    this.p = p;
    this.sys = p.sys;
    this.settings = settings;
    this.print = print;
    this.options = options;
  }

  /** Was this switch of the command given, and not turned off again? */
  flag(name: string): boolean {
    const last = this.options.get(name)?.at(-1);
    return last !== undefined && last !== "no";
  }

  /** The last value of an option of the command. */
  value(name: string): string | undefined {
    return this.options.get(name)?.at(-1);
  }

  /** All its values, in order. */
  values(name: string): readonly string[] {
    return this.options.get(name) ?? [];
  }

  /** What is below --root; opened when first asked for. Throws Errno when it is not there. */
  get root(): RootDir {
    this.#root ??= RootDir.open(this.sys, this.settings.root);
    return this.#root;
  }
}
