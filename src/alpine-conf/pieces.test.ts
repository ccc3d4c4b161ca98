// What the setup programs work out from texts.
import { expect, test } from "vitest";
import { yesno } from "./libalpine.ts";
import { parseOptions } from "./options.ts";
import { branchOf } from "./setup-apkrepos.ts";
import { hostnameFault } from "./setup-hostname.ts";
import { columnsOf } from "./setup-keymap.ts";
import { mountOptions } from "./setup-lbu.ts";
import { suggestion } from "./setup-user.ts";
import { keysUrl, sshKeys } from "./ssh-keys.ts";
import { networksOf } from "./wifi.ts";

test("options, as the shell's getopts reads them", () => {
  const cases: [args: string, expected: unknown][] = [
    ["-n x y", { options: [["n", "x"]], operands: ["y"] }],
    [
      "-hnx -- -y",
      {
        options: [
          ["h", ""],
          ["n", "x"],
        ],
        operands: ["-y"],
      },
    ],
    ["a -h", { options: [], operands: ["a", "-h"] }],
    ["-h -", { options: [["h", ""]], operands: ["-"] }],
    ["-hx", { options: [["h", ""]], operands: [], wrong: "Illegal option -x" }],
    ["-h -n", { options: [["h", ""]], operands: [], wrong: "No arg for -n option" }],
    ["-:", { options: [], operands: [], wrong: "Illegal option -:" }],
  ];
  expect(cases.map(([args]) => parseOptions(args.split(" "), "hn:"))).toEqual(
    cases.map(([, expected]) => expected),
  );
});

test("names of hosts", () => {
  const names = ["alpine", "a.b-c", "a_b", "-a", ".a", "a".repeat(255), "a".repeat(256)];
  expect(names.map((name) => hostnameFault(name)?.slice(0, 26))).toEqual([
    undefined,
    undefined,
    "Hostname must only contain",
    "Hostname must not start wi",
    "Hostname must not start wi",
    undefined,
    "Hostname 'aaaaaaaaaaaaaaaa",
  ]);
});

test("branches of versions", () => {
  const versions = ["3.20.3", "v3.19", "3.21.0_alpha20240923", "edge", "", "3.20"];
  expect(versions.map(branchOf)).toEqual(["v3.20", "v3.19", "edge", "edge", "edge", "edge"]);
});

test("small ones", () => {
  expect(["y", "YES", "n", "yeah"].map(yesno)).toEqual([true, true, false, false]);
  expect(["Joe Q User", "Madonna"].map(suggestion)).toEqual(["juser", "madonna"]);
  expect(mountOptions("noauto,ro")).toEqual(["noauto", "ro"]);
  expect(columnsOf(["de", "us", "dvorak"], 15)).toBe("de     us     \ndvorak \n");
  expect([keysUrl("gh", "joe"), keysUrl("xx", "joe")]).toEqual([
    "https://github.com/joe.keys",
    undefined,
  ]);
  const keys = [
    "ssh-ed25519 AAAA a",
    'from="x" ssh-rsa B',
    "# ssh-rsa",
    "text",
    "sk-ssh-ed25519@o C",
  ];
  expect(sshKeys(keys.join("\n"))).toEqual([keys[0], keys[1], keys[2], keys[4]]);
});

test("wireless networks of a scan", () => {
  const scan = `BSS 98:77:e7:e6:75:2f(on wlan0)
	SSID: home
	RSN:	 * Version: 1
		 * Authentication suites: PSK
BSS 98:77:e7:e6:75:30(on wlan0)
	SSID: cafe
BSS 98:77:e7:e6:75:31(on wlan0)
	SSID: office
		 * Authentication suites: IEEE 802.1x
BSS 98:77:e7:e6:75:32(on wlan0)
	SSID: home
		 * Authentication suites: PSK
`;
  expect(networksOf(scan)).toEqual([
    { ssid: "cafe", auth: "" },
    { ssid: "home", auth: "PSK" },
  ]);
});
