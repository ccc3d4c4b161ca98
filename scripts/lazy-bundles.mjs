// Bundles most applets, and the programs beside BusyBox, apart from the command line, in files that are loaded when
// one of them first runs: what a command does not use should not cost it time to start.
//
// Three passes: the command line with tables of stubs, to see which modules it has; the other bundles, which take
// those modules from it; the command line again, with what they want of it (`shared`).
import { readFileSync, rmSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const TABLE = "src/busybox/applets.ts";
const PROGRAMS = "src/machine/programs.ts";
/** Bundled with the command line: the shell and what nearly every script calls. */
const EAGER = new Set(["ash", "sh", "true", "false", "echo", "cat", "ls", "mkdir", "rm", "test"]);

/** The applets by the names under which applets.ts imports them: [import name, file, applet]. */
async function readTable(options, root, dist) {
  const source = readFileSync(root + TABLE, "utf8");
  const imports = [...source.matchAll(/^import \{([^}]+)\} from "\.(\/[^"]+)";/gm)].flatMap(
    ([, names, file]) => names.split(",").map((name) => [name.trim(), `src/busybox${file}`]),
  );
  const outfile = `${dist}/applets-build.mjs`;
  const lines = imports.map(([name, file]) => `export { ${name} } from "./${file}";`);
  await build({
    ...options,
    stdin: { contents: lines.join("\n"), resolveDir: root, loader: "ts" },
    platform: "node",
    format: "esm",
    outfile,
  });
  const values = await import(pathToFileURL(outfile).href);
  rmSync(outfile);
  return imports.map(([name, file]) => ({ name, file, applet: values[name] }));
}

/** Code that imports what a bundle takes from this one, and the function `load` that brings the bundle. */
function loader(bundle, wanted, load = "load") {
  const byModule = new Map();
  for (const [file, name] of wanted) byModule.set(file, [...(byModule.get(file) ?? []), name]);
  const modules = [...byModule];
  const imports = modules.map(
    ([file, names], i) =>
      `import { ${names.map((name) => `${name} as ${load}${i}_${name}`).join(", ")} } from "../../${file}";`,
  );
  const rows = modules.map(
    ([file, names], i) =>
      `    ${JSON.stringify(file)}: { ${names.map((name) => `${name}: ${load}${i}_${name}`).join(", ")} },`,
  );
  return `
${imports.join("\n")}
let ${load}ed;
function ${load}() {
  if (${load}ed !== undefined) return ${load}ed;
  const shared = {
${rows.join("\n")}
  };
  ${load}ed = __load("${bundle}")((file, name) => shared[file][name]);
  return ${load}ed;
}
`;
}

/** Replaces applets.ts. `wanted`: [module, name] pairs that the other bundle takes from this one. */
function appletTable(entries, wanted) {
  const eager = entries.filter(({ applet }) => EAGER.has(applet.name));
  const rows = entries
    .filter(({ applet }) => !EAGER.has(applet.name))
    .map(({ applet }) => [applet.name, applet.path, applet.noHelp === true, applet.suid === true]);
  return `
${eager.map(({ name, file }) => `import { ${name} } from "./${file.slice("src/busybox/".length)}";`).join("\n")}
${loader("applets", wanted)}
class Stub {
  constructor([name, path, noHelp, suid]) {
    this.name = name;
    this.path = path;
    this.noHelp = noHelp;
    this.suid = suid;
  }
  get usage() {
    return load()[this.name].usage;
  }
  get main() {
    return load()[this.name].main;
  }
}
export function allApplets() {
  const rows = ${JSON.stringify(rows)};
  return [${eager.map(({ name }) => name).join(", ")}, ...rows.map((row) => new Stub(row))];
}
`;
}

/** The programs by the names under which programs.ts imports them. */
async function readPrograms(options, root, dist) {
  const source = readFileSync(root + PROGRAMS, "utf8");
  const found = source.matchAll(/^import \{ (\w+) \} from "\.\.\/([^"]+)";/gm);
  const imports = Array.from(found, ([, name, file]) => ({ name, file: `src/${file}` }));
  const outfile = `${dist}/programs-build.mjs`;
  await build({
    ...options,
    entryPoints: [root + PROGRAMS],
    platform: "node",
    format: "esm",
    outfile,
  });
  const { basePrograms } = await import(pathToFileURL(outfile).href);
  rmSync(outfile);
  const names = [...basePrograms().keys()].filter((name) => name !== "busybox");
  return { names, imports: imports.filter(({ name }) => name !== "busybox") };
}

/** Replaces programs.ts. `groups`: for each bundle its name, its programs' names, and what it takes. */
function programTable(groups) {
  const loads = groups.map(([bundle], i) => [`load${bundle}`, i]);
  return `
import { busybox } from "../busybox/busybox.ts";
${groups.map(([bundle, , wanted], i) => loader(bundle, wanted, loads[i][0])).join("\n")}
function add(programs, load, names) {
  for (const name of names)
    programs.set(name, (sys, argv, envp) => load().get(name)(sys, argv, envp));
}
export function basePrograms() {
  const programs = new Map([["busybox", busybox()]]);
${groups.map(([, names], i) => `  add(programs, ${loads[i][0]}, ${JSON.stringify(names)});`).join("\n")}
  return programs;
}
`;
}

/** `tables`: contents by the path of the module they replace. */
function tablePlugin(root, tables) {
  return {
    name: "table",
    setup(each) {
      each.onLoad({ filter: /(applets|programs)\.ts$/ }, ({ path }) => {
        const contents = tables[path.slice(root.length).replaceAll("\\", "/")];
        return contents === undefined ? undefined : { contents, loader: "ts" };
      });
    },
  };
}

/** What each module exports at run time. */
async function exportsOf(options, files) {
  const { metafile } = await build({
    ...options,
    entryPoints: files,
    bundle: false,
    format: "esm",
    outdir: "unused",
    outbase: ".",
    metafile: true,
    write: false,
  });
  return new Map(Object.values(metafile.outputs).map((out) => [out.entryPoint, out.exports]));
}

/** Modules that the command line has come from it. */
function sharedPlugin(root, exported) {
  return {
    name: "shared",
    setup(each) {
      each.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const file = path.slice(root.length).replaceAll("\\", "/");
        const names = exported.get(file);
        if (names === undefined) return undefined;
        const value = (name) => `/* @__PURE__ */ __shared(${JSON.stringify(file)}, "${name}")`;
        return {
          contents: names.map((name) => `export const ${name} = ${value(name)};`).join("\n"),
        };
      });
    },
  };
}

/** Builds a bundle that takes from the command line what that has; answers what it takes: [module, name] pairs. */
async function buildBundle(cli, root, dist, bundle, contents, exported) {
  await build({
    ...cli,
    entryPoints: undefined,
    stdin: { contents, resolveDir: root, loader: "ts" },
    plugins: [sharedPlugin(root, exported)],
    format: "iife",
    globalName: "bundle",
    banner: { js: "(function (__shared) {" },
    footer: { js: "return bundle.content; })" },
    outfile: `${dist}/${bundle}.cjs`,
  });
  const text = readFileSync(`${dist}/${bundle}.cjs`, "utf8");
  const pairs = [...text.matchAll(/__shared\("([^"]+)",\s*"([^"]+)"\)/g)];
  return pairs.map((pair) => [pair[1], pair[2]]);
}

/** Builds dist/cli.cjs and the bundles that it loads when they are needed. `cli` are its options. */
export async function buildCommandLine(options, cli, root, dist) {
  const entries = await readTable(options, root, dist);
  const programs = await readPrograms(options, root, dist);
  // apk is started often and by itself.
  const isApk = (name) => name === "apk";
  const split = [
    [
      "apk",
      programs.names.filter(isApk),
      programs.imports.filter(({ file }) => file.includes("/apk-tools/")),
    ],
    [
      "programs",
      programs.names.filter((name) => !isApk(name)),
      programs.imports.filter(({ file }) => !file.includes("/apk-tools/")),
    ],
  ];
  const tables = (applets, wanted) =>
    tablePlugin(root, {
      [TABLE]: appletTable(entries, applets),
      [PROGRAMS]: programTable(split.map(([bundle, names], i) => [bundle, names, wanted[i] ?? []])),
    });
  const first = await build({ ...cli, plugins: [tables([], [])], metafile: true, write: false });
  const inCli = Object.keys(first.metafile.inputs).filter(
    (file) => file !== TABLE && file !== PROGRAMS,
  );
  const exported = await exportsOf(options, inCli);
  const lazy = entries.filter(({ applet }) => !EAGER.has(applet.name));
  const applets = [
    ...lazy.map(({ name, file }) => `import { ${name} } from "./${file}";`),
    `export const content = { ${lazy.map(({ name, applet }) => `${JSON.stringify(applet.name)}: ${name}`).join(", ")} };`,
  ];
  // A room's programs are a function that lists them; a program alone is itself.
  const programBundle = (imports) => [
    ...imports.map(({ name, file }) => `import { ${name} } from "./${file}";`),
    `export const content = new Map([${imports
      .map(({ name, file }) =>
        file.endsWith("/programs.ts") ? `...${name}()` : `[${JSON.stringify(name)}, ${name}]`,
      )
      .join(", ")}]);`,
  ];
  const bundle = (name, lines) => buildBundle(cli, root, dist, name, lines.join("\n"), exported);
  const wanted = [];
  for (const [name, , imports] of split) wanted.push(await bundle(name, programBundle(imports)));
  await build({ ...cli, plugins: [tables(await bundle("applets", applets), wanted)] });
}
