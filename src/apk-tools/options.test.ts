import { expect, test } from "vitest";
import { add } from "./app_add.ts";
import { mkpkg } from "./app_mkpkg.ts";
import { search } from "./app_search.ts";
import type { Applet } from "./applet.ts";
import { applyConfig } from "./config.ts";
import type { Settings } from "./context.ts";
import { parseCommandLine } from "./options.ts";
import { defaultSettings } from "./settings.ts";

/** What differs from the default after a command line. */
function parse(args: string, applet?: Applet): unknown {
  const settings = defaultSettings();
  const line = parseCommandLine(args.split(" "), applet, settings);
  if (line.error !== undefined) return line.error;
  const usual = defaultSettings() as unknown as Record<string, unknown>;
  const changed = Object.entries(settings).filter(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(usual[key]),
  );
  return { ...Object.fromEntries(changed), ...Object.fromEntries(line.options), _: line.operands };
}

test("options before, behind and among the operands", () => {
  expect(parse("-q add -t .x --no-network a -- -b", add)).toEqual({
    verbosity: 0,
    network: false,
    virtual: [".x"],
    _: ["add", "a", "-b"],
  });
  expect(parse("-proot -Xr -X s -vv add", add)).toEqual({
    root: "root",
    repositories: ["r", "s"],
    verbosity: 3,
    _: ["add"],
  });
  expect(parse("search -xd a", search)).toMatchObject({ exact: [""], description: [""] });
});

test("switches take yes, no and auto", () => {
  expect(parse("--cache=no --no-scripts a", add)).toEqual({
    cache: false,
    scripts: false,
    _: ["a"],
  });
  expect(parse("--no-network --network=yes --progress=no a")).toEqual({
    progress: false,
    _: ["a"],
  });
  expect(parse("--interactive=auto a")).toEqual({ interactive: "auto", _: ["a"] });
  expect(parse("--cache=auto")).toBe("invalid argument for option 'cache': 'auto'");
});

test("names may be cut short while they are unambiguous", () => {
  expect(parse("--allow a")).toEqual({ allowUntrusted: true, _: ["a"] });
  expect(parse("--repository-c x a")).toEqual({ repositoryConfig: ["x"], _: ["a"] });
  expect(parse("--force-")).toBe("ambiguous option 'force-'");
  expect(parse("--no-")).toBe("ambiguous option 'no-'");
});

test("what is wrong is told", () => {
  expect(parse("--nope")).toBe("unrecognized option: nope");
  expect(parse("-qZ")).toBe("unrecognized option: Z");
  expect(parse("--virtual x")).toBe("unrecognized option: virtual");
  expect(parse("--no-cache=foo")).toBe("option 'no-cache' does not expect argument");
  expect(parse("--root")).toBe("option 'root' expects an argument");
  expect(parse("-X")).toBe("option 'X' expects an argument");
  expect(parse("-c zstd:23", mkpkg)).toBe("invalid argument for option 'compression': 'zstd:23'");
});

test("compression", () => {
  expect(parse("-c deflate:9 --sign-key k", mkpkg)).toEqual({
    compression: { algorithm: "deflate", level: 9 },
    signKeys: ["k"],
    _: [],
  });
});

test("configuration", () => {
  const settings: Settings = defaultSettings();
  const text = "# comment\n\nno-cache\n  timeout 120\n--legacy-output=no\nrepository=r s\n";
  expect(applyConfig(text, settings)).toEqual([]);
  const { cache, timeout, legacyOutput, repositories } = settings;
  expect({ cache, timeout, legacyOutput, repositories }).toEqual({
    cache: false,
    timeout: 120,
    legacyOutput: false,
    repositories: ["r s"],
  });
  expect(applyConfig("bogus\ncache=1\n", settings)).toEqual([
    "unrecognized option: bogus",
    "invalid argument for option 'cache': '1'",
  ]);
});
