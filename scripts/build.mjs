// Builds dist/: the command line, the library for Node and for browsers, and the images.
//
//     node scripts/build.mjs              everything but type declarations (`npm run build` adds those)
//     node scripts/build.mjs --if-stale   only when a source is newer than what is there
import { spawnSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { buildCommandLine } from "./lazy-bundles.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = `${root}dist`;

/** What the cache of compiled code is to hold: the functions that this script calls. `/mnt` is a folder of the host. */
const WARM_UP = readFileSync(`${root}scripts/warm-up.sh`, "latin1");

function newest(path) {
  const stat = lstatSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  let latest = stat.mtimeMs;
  for (const name of readdirSync(path)) {
    if (!name.endsWith(".test.ts")) latest = Math.max(latest, newest(`${path}/${name}`));
  }
  return latest;
}

function isStale() {
  const made = `${dist}/cli.cjs`;
  if (!existsSync(made) || !existsSync(`${dist}/rootfs.img`)) return true;
  const sources = ["src", "aports", "scripts", "package.json"];
  return sources.some((each) => newest(root + each) > statSync(made).mtimeMs);
}

const common = {
  absWorkingDir: root,
  bundle: true,
  target: "es2023",
  legalComments: "none",
  logLevel: "warning",
};

/** The root image, the packages, and what computers start from: made by the system itself. */
async function buildImages() {
  const script = `${dist}/system-build.mjs`;
  await build({
    ...common,
    entryPoints: ["scripts/system.ts"],
    platform: "node",
    format: "esm",
    outfile: script,
  });
  const { buildSystem } = await import(pathToFileURL(script).href);
  const images = await buildSystem(root);
  for (const [name, bytes] of Object.entries(images)) writeFileSync(`${dist}/${name}.img`, bytes);
  rmSync(script);
}

function buildCli() {
  const cli = {
    ...common,
    entryPoints: ["src/cli/main.ts"],
    platform: "node",
    format: "cjs",
    minifyWhitespace: true,
    minifySyntax: true,
    // bin/bivy.cjs calls it.
    banner: { js: "(function (require, __dirname, __load) {" },
    footer: { js: "})" },
    outfile: `${dist}/cli.cjs`,
  };
  return buildCommandLine(common, cli, root, dist);
}

async function buildLibrary(entry, outfile, platform) {
  if (!existsSync(root + entry)) return;
  await build({
    ...common,
    entryPoints: [entry],
    platform,
    format: "esm",
    sourcemap: true,
    outfile: `${dist}/${outfile}`,
  });
}

/** The first run of the command line leaves V8's compiled code beside it. */
function warmUp() {
  for (const name of readdirSync(dist)) if (name.endsWith(".cache")) rmSync(`${dist}/${name}`);
  const folder = mkdtempSync(`${tmpdir()}/bivy-`);
  const command = ["run", "-v", `${folder}:/mnt`, "alpine", "sh", "-c", WARM_UP];
  const { status, stderr } = spawnSync(process.execPath, [`${root}bin/bivy.cjs`, ...command], {
    encoding: "utf8",
    timeout: 60_000,
  });
  rmSync(folder, { recursive: true });
  if (status !== 0) throw new Error(`the command line that was built does not work:\n${stderr}`);
}

if (!process.argv.includes("--if-stale") || isStale()) {
  mkdirSync(dist, { recursive: true });
  await Promise.all([
    buildImages(),
    buildCli(),
    buildLibrary("src/index.ts", "index.js", "node"),
    buildLibrary("src/browser.ts", "browser.js", "browser"),
  ]);
  warmUp();
}
