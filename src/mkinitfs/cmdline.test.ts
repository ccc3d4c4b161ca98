import { expect, test } from "vitest";
import { BootParameters } from "./cmdline.ts";

test("words, values, and no in front", () => {
  const p = new BootParameters(
    "BOOT_IMAGE=/boot/vmlinuz modules=loop,squashfs quiet nosplash root=UUID=1-2 console=tty0 console=ttyS0,115200 ip=dhcp s\n",
  );
  expect([p.get("modules"), p.get("quiet"), p.get("splash"), p.get("root"), p.get("ip")]).toEqual([
    "loop,squashfs",
    "yes",
    "no",
    "UUID=1-2",
    "dhcp",
  ]);
  expect([p.has("quiet"), p.has("splash"), p.has("apkovl"), p.single]).toEqual([
    true,
    false,
    false,
    true,
  ]);
  expect(p.consoles).toEqual(["tty0", "ttyS0,115200"]);
});
