#!/usr/bin/env node
// Runs dist/cli.cjs. V8's compiled form of it is kept beside it: compiling anew would double the time to start.
"use strict";
const fs = require("node:fs");
const vm = require("node:vm");
// Shells run many functions a little: V8 should wait until one is truly hot before it optimizes it.
require("node:v8").setFlagsFromString("--interrupt-budget=300000");
const dist = require("node:path").join(__dirname, "..", "dist");

/** Evaluates a bundle: a function expression. */
function load(name) {
  const filename = `${dist}/${name}.cjs`;
  const { mtimeMs } = fs.statSync(filename);
  const cache = `${filename}.${process.versions.v8}-${process.arch}-${mtimeMs.toString(36)}.cache`;
  const source = fs.readFileSync(filename, "latin1");
  let cachedData;
  try {
    cachedData = fs.readFileSync(cache);
  } catch {
    // The first run with this Node: see below.
  }
  const script = new vm.Script(source, { filename, cachedData });
  if (cachedData === undefined) process.on("exit", () => keep(script, cache));
  return script.runInThisContext();
}

/** Writes down what has been compiled so far, whole or not at all. */
function keep(script, cache) {
  try {
    const part = `${cache}.${process.pid}`;
    fs.writeFileSync(part, script.createCachedData());
    fs.renameSync(part, cache);
  } catch {
    // Not ours to write: every run compiles.
  }
}

if (fs.existsSync(`${dist}/cli.cjs`)) load("cli")(require, dist, load);
else {
  process.stderr.write("bivy: dist/cli.cjs is not there: run `npm run build` first\n");
  process.exitCode = 125;
}
