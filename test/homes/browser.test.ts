// The library in headless Chromium: the same Machine, in a worker.
import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

const CHROMIUM = "/usr/bin/chromium";
const root = fileURLToPath(new URL("../..", import.meta.url));

const PAGE = "<!doctype html><title>Bivy</title>";
const WORKER = `
import { Machine } from "/browser.js";
const image = new Uint8Array(await (await fetch("/rootfs.img")).arrayBuffer());
const machine = Machine.boot({ image });
self.onmessage = async ({ data }) => {
  const { status, stdout, stderr } = await machine.exec(data);
  self.postMessage({ status, stdout, stderr });
};
self.postMessage("ready");
`;

const FILES: Record<string, [type: string, body: () => string | Uint8Array]> = {
  "/": ["text/html", () => PAGE],
  "/worker.js": ["text/javascript", () => WORKER],
  "/browser.js": ["text/javascript", () => readFileSync(`${root}/dist/browser.js`)],
  "/rootfs.img": ["application/octet-stream", () => readFileSync(`${root}/dist/rootfs.img`)],
};

let server: Server;

beforeAll(async () => {
  server = createServer((request, response) => {
    const file = FILES[request.url ?? ""];
    if (file === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": file[0] }).end(file[1]());
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
});

afterAll(() => {
  server.close();
});

test.skipIf(!existsSync(CHROMIUM))(
  "a script with a pipe and a file runs in a worker of Chromium",
  { timeout: 60_000 },
  async () => {
    const browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    });
    try {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      const result = await page.evaluate(
        () =>
          new Promise((resolve, reject) => {
            const worker = new Worker("/worker.js", { type: "module" });
            worker.onerror = (event) => reject(new Error(event.message));
            worker.onmessage = ({ data }) => {
              if (data === "ready")
                worker.postMessage("echo b >/tmp/f; echo a >>/tmp/f; sort /tmp/f | tr a-z A-Z");
              else resolve(data);
            };
          }),
      );
      expect(result).toEqual({ status: 0, stdout: "A\nB\n", stderr: "" });
    } finally {
      await browser.close();
    }
  },
);
