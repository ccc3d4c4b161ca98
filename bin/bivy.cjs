#!/usr/bin/env node
// Runs dist/cli.cjs. V8's compiled form of it is kept beside it: compiling anew would double the time to start.
"use strict";
const fs = require("node:fs");
const vm = require("node:vm");
const dist = require("node:path").join(__dirname, "..", "dist");
const filename = `${dist}/cli.cjs`;

let source;
let cacheName;
try {
  const { mtimeMs } = fs.statSync(filename);
  cacheName = `${filename}.${process.versions.v8}-${process.arch}-${mtimeMs.toString(36)}.cache`;
  source = fs.readFileSync(filename, "latin1");
} catch {
  process.stderr.write("bivy: dist/cli.cjs is not there: run `npm run build` first\n");
  process.exit(125);
}
let cachedData;
try {
  cachedData = fs.readFileSync(cacheName);
} catch {
  // The first run with this Node: see below.
}
const script = new vm.Script(source, { filename, cachedData });
if (cachedData === undefined) {
  process.on("exit", () => {
    try {
      const part = `${cacheName}.${process.pid}`;
      fs.writeFileSync(part, script.createCachedData());
      fs.renameSync(part, cacheName);
    } catch {
      // Not ours to write: every run compiles.
    }
  });
}
script.runInThisContext()(require, dist);
