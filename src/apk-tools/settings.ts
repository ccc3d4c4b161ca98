// The global options and those of the groups, and the settings they make (apk(8)).
import type { OptionSpec } from "./applet.ts";
import type { Settings } from "./context.ts";

/** What holds when neither command line nor configuration say otherwise. */
export function defaultSettings(): Settings {
  return {
    root: "/",
    arch: [],
    repositories: [],
    repositoryConfig: [],
    repositoriesFile: undefined,
    keysDir: undefined,
    cacheDir: undefined,
    cacheMaxAge: 4 * 60 * 60,
    wait: 0,
    timeout: 60,
    verbosity: 1,
    interactive: undefined,
    progress: "auto",
    progressFd: -1,
    prettyPrint: "auto",
    allowUntrusted: false,
    network: true,
    cache: true,
    cachePackages: false,
    cachePredownload: false,
    checkCertificate: true,
    purge: false,
    initdb: false,
    simulate: false,
    testWorld: undefined,
    cleanProtected: false,
    overlayFromStdin: false,
    scripts: true,
    commitHooks: true,
    chown: true,
    usermode: false,
    preserveEnv: false,
    preupgradeDepends: undefined,
    uvolManager: undefined,
    sync: "auto",
    rootTmpfs: "auto",
    logfile: true,
    forceBinaryStdout: false,
    forceBrokenWorld: false,
    forceMissingRepositories: false,
    forceNoChroot: false,
    forceNonRepository: false,
    forceOldApk: false,
    forceOverwrite: false,
    forceRefresh: false,
    legacyOutput: true,
    legacyInfo: true,
    from: "system",
    compression: undefined,
    signKeys: [],
  };
}

/** An option that changes settings: `set` answers false for a value that makes no sense. */
export interface SettingSpec extends OptionSpec {
  set(settings: Settings, value: string): boolean;
}

type BoolKey = {
  [K in keyof Settings]: boolean extends Settings[K] ? K : never;
}[keyof Settings];

/** A switch of yes and no (and auto). */
function bool(
  name: string,
  key: BoolKey,
  help: string,
  more: Partial<SettingSpec> = {},
): SettingSpec {
  const set = (settings: Settings, value: string): boolean => {
    (settings as unknown as Record<string, unknown>)[key] =
      value === "auto" ? value : value !== "no";
    return true;
  };
  return { name, help, bool: true, set, ...more };
}

/** A switch that only turns on. */
function on(
  name: string,
  help: string,
  act: (settings: Settings) => void,
  letter?: string,
): SettingSpec {
  const set = (settings: Settings): boolean => {
    act(settings);
    return true;
  };
  return letter === undefined ? { name, help, set } : { name, letter, help, set };
}

/** An option with a value that is taken as it is. */
function text(
  name: string,
  value: string,
  help: string,
  act: (settings: Settings, value: string) => void,
  letter?: string,
): SettingSpec {
  const set = (settings: Settings, given: string): boolean => {
    act(settings, given);
    return true;
  };
  return letter === undefined ? { name, value, help, set } : { name, letter, value, help, set };
}

/** As atoi(3): what is no number is 0. */
function atoi(value: string): number {
  const n = Number.parseInt(value, 10);
  return Number.isNaN(n) ? 0 : n;
}

/** Options of every command, in the order help lists them. */
export function globalOptions(): SettingSpec[] {
  return [
    on(
      "force",
      "Turn on the usual ones of the --force-* switches (old way)",
      (s) => {
        s.forceOverwrite = true;
        s.forceOldApk = true;
        s.forceBrokenWorld = true;
        s.forceNonRepository = true;
        s.forceBinaryStdout = true;
      },
      "f",
    ),
    bool("interactive", "interactive", "Ask before something is changed", {
      letter: "i",
      bool: "auto",
    }),
    text("root", "ROOT", "Work on the system below ROOT", (s, v) => (s.root = v), "p"),
    on("quiet", "Say less", (s) => (s.verbosity -= 1), "q"),
    on(
      "update-cache",
      "Fetch indexes anew: --cache-max-age 1 (with --legacy-output=no 0)",
      (s) => (s.cacheMaxAge = s.legacyOutput ? 60 : 0),
      "U",
    ),
    on("verbose", "Say more (twice: more yet)", (s) => (s.verbosity += 1), "v"),
    { name: "version", letter: "V", help: "Tell the program's version and end", set: () => true },
    { name: "help", letter: "h", help: "Show help and end", set: () => true },
    text(
      "repository",
      "REPO",
      "Use this repository as well",
      (s, v) => void s.repositories.push(v),
      "X",
    ),
    bool("allow-untrusted", "allowUntrusted", "Take packages without a trusted signature", {}),
    text("arch", "ARCH", "Work for this architecture", (s, v) => void s.arch.push(v)),
    bool("cache", "cache", "Use the cache (no: keep and take nothing there)"),
    text("cache-dir", "CACHEDIR", "Where the cache is, below ROOT", (s, v) => (s.cacheDir = v)),
    text(
      "cache-max-age",
      "AGE",
      "Minutes after which an index is asked for again",
      (s, v) => (s.cacheMaxAge = atoi(v) * 60),
    ),
    bool("cache-packages", "cachePackages", "Keep a copy of each installed package in the cache"),
    bool(
      "cache-predownload",
      "cachePredownload",
      "Download all packages to the cache before anything is changed",
    ),
    bool("check-certificate", "checkCertificate", "Check the certificates of HTTPS servers"),
    bool("force-binary-stdout", "forceBinaryStdout", "Write binary data to a terminal too"),
    bool(
      "force-broken-world",
      "forceBrokenWorld",
      "DANGEROUS: give up constraints of world until the rest can be met",
    ),
    bool(
      "force-missing-repositories",
      "forceMissingRepositories",
      "Go on though indexes of repositories are missing",
    ),
    bool("force-no-chroot", "forceNoChroot", "Run scripts without chroot into ROOT"),
    bool(
      "force-non-repository",
      "forceNonRepository",
      "Go on though packages may be gone after a reboot",
    ),
    bool("force-old-apk", "forceOldApk", "Go on though packages ask for a newer apk"),
    bool("force-overwrite", "forceOverwrite", "Overwrite files that other packages own"),
    bool("force-refresh", "forceRefresh", "Take no file from the cache or a proxy's memory"),
    text("keys-dir", "KEYSDIR", "Take trusted keys from here only", (s, v) => (s.keysDir = v)),
    bool("legacy-info", "legacyInfo", "apk info writes as ever, not as apk query does"),
    bool(
      "legacy-output",
      "legacyOutput",
      "Messages and sizes as apk-tools 2.14 words them (no: as version 3)",
    ),
    bool("logfile", "logfile", "Write what is done to var/log/apk.log"),
    bool("network", "network", "Use the network"),
    bool("preserve-env", "preserveEnv", "Scripts get the environment of apk"),
    bool("pretty-print", "prettyPrint", "Write for people, not for programs", { bool: "auto" }),
    text("preupgrade-depends", "DEPS", "Packages to be upgraded before all others", (s, v) => {
      s.preupgradeDepends = [...(s.preupgradeDepends ?? []), v];
    }),
    { name: "print-arch", help: "Tell the architecture and end", set: () => true },
    bool("progress", "progress", "Show how far it is", { bool: "auto" }),
    text(
      "progress-fd",
      "FD",
      "Write how far it is to this descriptor",
      (s, v) => (s.progressFd = atoi(v)),
    ),
    bool("purge", "purge", "Delete changed configuration, and packages in the cache"),
    text(
      "repositories-file",
      "REPOFILE",
      "Take repositories from this file only",
      (s, v) => (s.repositoriesFile = v),
    ),
    text(
      "repository-config",
      "REPOCONFIG",
      "Read this as a line of etc/apk/repositories",
      (s, v) => void s.repositoryConfig.push(v),
    ),
    bool("root-tmpfs", "rootTmpfs", "ROOT is lost at the next boot", { bool: "auto" }),
    bool("sync", "sync", "Write file systems to their disks at the end", { bool: "auto" }),
    text("test-world", "WORLD", "", (s, v) => void (s.testWorld = v)),
    text(
      "timeout",
      "TIME",
      "Seconds a connection may stand still",
      (s, v) => (s.timeout = atoi(v)),
    ),
    text(
      "uvol-manager",
      "UVOL",
      "Program that manages OpenWrt's volumes (which are not supported)",
      (s, v) => {
        s.uvolManager = v;
      },
    ),
    text("wait", "TIME", "Seconds to wait for another apk to end", (s, v) => (s.wait = atoi(v))),
  ];
}

/** Options of commands that change what is installed. */
export function commitOptions(): SettingSpec[] {
  return [
    bool("simulate", "simulate", "Only show what would be done", { letter: "s" }),
    bool("clean-protected", "cleanProtected", "Make no .apk-new files in protected directories"),
    bool("overlay-from-stdin", "overlayFromStdin", "Read names of an overlay's files from stdin"),
    bool("scripts", "scripts", "Run the scripts of packages"),
    bool("commit-hooks", "commitHooks", "Run the hooks before and after (not packages' scripts)"),
    on("initramfs-diskless-boot", "What an initramfs needs that fills its root anew", (s) => {
      s.commitHooks = false;
      s.forceOverwrite = true;
      s.forceOldApk = true;
      s.forceBrokenWorld = true;
      s.forceNonRepository = true;
      s.initdb = true;
    }),
  ];
}

/** Where packages are looked for. */
export function sourceOptions(): SettingSpec[] {
  return [
    {
      name: "from",
      value: "FROMSPEC",
      help:
        "Look for packages in: system (all), repositories (not what is installed), " +
        "installed (not the configured repositories) or none (only repositories given here)",
      set: (settings, value) => {
        if (!/^(?:system|repositories|installed|none)$/.test(value)) return false;
        settings.from = value as Settings["from"];
        return true;
      },
    },
  ];
}

/** Options of commands that make files of version 3. */
export function generationOptions(): SettingSpec[] {
  return [
    {
      name: "compression",
      letter: "c",
      value: "ALGORITHM[:LEVEL]",
      help: "Compress with none, deflate (levels 1 to 9) or zstd (1 to 22)",
      set: (settings, value) => {
        const match = /^(none|deflate|zstd)(?::(\d{1,2}))?$/.exec(value);
        if (match === null) return false;
        const algorithm = match[1] as "none" | "deflate" | "zstd";
        const most = algorithm === "none" ? 0 : algorithm === "deflate" ? 9 : 22;
        const level = match[2] === undefined ? 0 : Number(match[2]);
        if (level > most || (match[2] !== undefined && level < 1)) return false;
        settings.compression = { algorithm, level };
        return true;
      },
    },
    text(
      "sign-key",
      "KEYFILE",
      "Sign with the private key in this file",
      (s, v) => void s.signKeys.push(v),
    ),
  ];
}

/** Options of commands that choose packages by queries; the commands read them (apk-query(8)). */
export function queryOptions(): OptionSpec[] {
  return [
    { name: "all-matches", help: "Take all packages that match, not the best only" },
    { name: "available", help: "Of these, those that repositories have" },
    { name: "fields", value: "FIELDS[:REVERSE_FIELD]", help: "Fields to show, between commas" },
    { name: "format", value: "FORMATSPEC", help: "default, yaml or json" },
    { name: "installed", help: "Of these, those that are installed" },
    { name: "match", value: "FIELDS", help: "Fields that the query is compared with" },
    { name: "recursive", help: "Take what the solver would install for the constraints given" },
    {
      name: "summarize",
      value: "FIELD[:REVERSE_FIELD]",
      help: "Only list the different values of one field",
    },
    { name: "upgradable", help: "Of these, those with a newer version in a repository" },
    { name: "world", help: "With what world asks for; means --recursive" },
    { name: "orphaned", help: "Of these, installed ones that no repository has any more" },
  ];
}
