// Wireless networks for setup-interfaces: those in reach, and wpa_supplicant's configuration.
import type { Steps } from "../abi/program.ts";
import { linesOf, type Setup } from "./libalpine.ts";

interface Network {
  ssid: string;
  auth: string;
}

/** Networks in what `iw dev IFACE scan` prints, but those that we cannot join. */
export function networksOf(scan: string): Network[] {
  const found = new Map<string, Network>();
  let ssid = "";
  let auth = "";
  for (const line of [...linesOf(scan), "BSS"]) {
    if (line.startsWith("BSS")) {
      const text = `${ssid}/${auth}`;
      if (ssid !== "" && !/802.1x|\\x00/.test(text)) found.set(text, { ssid, auth });
      ssid = "";
      auth = "";
      continue;
    }
    const colon = line.indexOf(": ");
    if (colon < 0) continue;
    const key = line.slice(0, colon);
    const value = line.slice(colon + 2).split(": ")[0] as string;
    if (/^\s*SSID$/.test(key)) ssid = value;
    if (key.includes("Authentication suites")) auth = value;
  }
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, network]) => network);
}

function* writeConf(s: Setup, iface: string, network: Network, psk: string): Steps<void> {
  const dir = `${s.root}/etc/wpa_supplicant`;
  const conf = `${dir}/wpa_supplicant.conf`;
  s.mkdirs(dir);
  if (network.auth === "WPA-PSK") {
    const text = yield* s.output(["wpa_passphrase", network.ssid, psk]);
    const kept = linesOf(text).filter((line) => !line.startsWith("\t#psk="));
    const mask = s.sys.umask(0o077);
    yield* s.append(conf, kept.map((line) => `${line}\n`).join(""));
    s.sys.umask(mask);
  } else
    yield* s.append(conf, `network={\n\tssid="${network.ssid}"\n\tkey_mgmt=${network.auth}\n}\n`);
  const settings = `${s.root}/etc/conf.d/wpa_supplicant`;
  s.mkdirs(`${s.root}/etc/conf.d`);
  const lines = yield* s.lines(settings);
  const at = lines.findIndex((line) => line.startsWith("wpa_supplicant_args="));
  if (at < 0) lines.push(`wpa_supplicant_args="-i${iface}"`);
  else lines[at] = `wpa_supplicant_args="-i ${iface}"`;
  yield* s.write(settings, lines.map((line) => `${line}\n`).join(""));
  yield* s.run(["rc-update", "--quiet", "add", "wpa_supplicant", "boot"]);
  yield* s.run(["rc-service", "wpa_supplicant", "start"]);
}

/** Asks for a network to join; false when there is none or the user gives up. */
export function* configureWifi(s: Setup, iface: string): Steps<boolean> {
  const packages = ["apk", "add", "--quiet", "--no-progress", "iw", "wpa_supplicant"];
  if ((yield* s.run(packages)) !== 0) return false;
  for (;;) {
    yield* s.echo("Available wireless networks (scanning):");
    yield* s.mocked(["ip", "link", "set", "dev", iface, "up"]);
    const networks = networksOf(yield* s.output(["iw", "dev", iface, "scan"]));
    if (networks.length === 0) {
      yield* s.print("\nNo available wireless networks\n");
      return false;
    }
    for (const [i, { ssid }] of networks.entries()) yield* s.echo(`${i + 1}) ${ssid}`);
    const answer = yield* s.ask("Type the wireless network name to connect to:");
    const byNumber = /^\d+$/.test(answer) ? networks[Number(answer) - 1] : undefined;
    const network = networks.find(({ ssid }) => ssid === answer) ?? byNumber;
    if (network === undefined) {
      if (["", "done", "abort"].includes(answer)) {
        yield* s.echo(`Aborting ${iface} setup`);
        return false;
      }
      yield* s.echo(`Invalid SSID: ${answer}`);
      continue;
    }
    const { ssid } = network;
    const auth = networks.some((n) => n.ssid === ssid && /\bPSK\b/.test(n.auth))
      ? "WPA-PSK"
      : "NONE";
    const question = `Type the "${ssid}" network Pre-Shared Key (will not echo):`;
    const psk = auth === "WPA-PSK" ? yield* s.askpass(question) : "";
    yield* writeConf(s, iface, { ssid, auth }, psk);
    return true;
  }
}
