// Bundles most applets apart from the command line, in a file that is loaded when one of them first runs:
// what a command does not use should not cost it time to start.
//
// Three passes: the command line with a table of stubs, to see which modules it has; the applets, which take
// those modules from it; the command line again, with what the applets want of it (`shared`).
import { readFileSync, rmSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const TABLE = "src/busybox/applets.ts";
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

/** Replaces applets.ts. `wanted`: [module, name] pairs that the other bundle takes from this one. */
function table(entries, wanted) {
  const eager = entries.filter(({ applet }) => EAGER.has(applet.name));
  const rows = entries
    .filter(({ applet }) => !EAGER.has(applet.name))
    .map(({ applet }) => [applet.name, applet.path, applet.noHelp === true, applet.suid === true]);
  const byModule = new Map();
  for (const [file, name] of wanted) byModule.set(file, [...(byModule.get(file) ?? []), name]);
  const modules = [...byModule];
  return `
${eager.map(({ name, file }) => `import { ${name} } from "./${file.slice("src/busybox/".length)}";`).join("\n")}
${modules
  .map(
    ([file, names], i) =>
      `import { ${names.map((name) => `${name} as m${i}_${name}`).join(", ")} } from "../../${file}";`,
  )
  .join("\n")}
let applets;
function load() {
  if (applets !== undefined) return applets;
  const shared = {
${modules
  .map(
    ([file, names], i) =>
      `    ${JSON.stringify(file)}: { ${names.map((name) => `${name}: m${i}_${name}`).join(", ")} },`,
  )
  .join("\n")}
  };
  applets = __load("applets")((file, name) => shared[file][name]);
  return applets;
}
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

function tablePlugin(contents) {
  return {
    name: "table",
    setup(each) {
      each.onLoad({ filter: /src\/busybox\/applets\.ts$/ }, () => ({ contents, loader: "ts" }));
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

/** Builds dist/cli.cjs and dist/applets.cjs. `cli` are the options of the former. */
export async function buildCommandLine(options, cli, root, dist) {
  const entries = await readTable(options, root, dist);
  const first = await build({
    ...cli,
    plugins: [tablePlugin(table(entries, []))],
    metafile: true,
    write: false,
  });
  const inCli = Object.keys(first.metafile.inputs).filter((file) => file !== TABLE);
  const exported = await exportsOf(options, inCli);
  const lazy = entries.filter(({ applet }) => !EAGER.has(applet.name));
  const lines = lazy.map(({ name, file }) => `import { ${name} } from "./${file}";`);
  const names = lazy.map(({ name, applet }) => `${JSON.stringify(applet.name)}: ${name}`);
  await build({
    ...cli,
    entryPoints: undefined,
    stdin: {
      contents: `${lines.join("\n")}\nexport const applets = { ${names.join(", ")} };`,
      resolveDir: root,
      loader: "ts",
    },
    plugins: [sharedPlugin(root, exported)],
    format: "iife",
    globalName: "bundle",
    banner: { js: "(function (__shared) {" },
    footer: { js: "return bundle.applets; })" },
    outfile: `${dist}/applets.cjs`,
  });
  const text = readFileSync(`${dist}/applets.cjs`, "utf8");
  const wanted = [...text.matchAll(/__shared\("([^"]+)",\s*"([^"]+)"\)/g)].map((m) => [m[1], m[2]]);
  await build({ ...cli, plugins: [tablePlugin(table(entries, wanted))] });
}
