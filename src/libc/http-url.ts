// URLs of HTTP (RFC 3986, RFC 9110 4.2) and the proxies that the environment names.
import { Base64Encoder } from "../lib/base64.ts";
import { bytesOf, strOf } from "../lib/bytes.ts";

/** A URL taken apart. */
export interface HttpUrl {
  scheme: "http" | "https";
  /** "user:password", decoded. */
  user: string | undefined;
  /** Without the brackets of an IPv6 address. */
  host: string;
  port: number;
  /** Path and query, as they are sent. */
  path: string;
}

const DEFAULT_PORT = { http: 80, https: 443 } as const;

function decodePercent(text: string): string {
  return text.replace(/%([0-9a-fA-F]{2})/g, (_, h: string) =>
    String.fromCharCode(Number.parseInt(h, 16)),
  );
}

/** Takes a URL apart; undefined for what is no URL of HTTP. */
export function parseHttpUrl(text: string): HttpUrl | undefined {
  const m = /^(https?):\/\/([^/?#]*)([^#]*)/i.exec(text);
  if (m === null) return undefined;
  const scheme = (m[1] as string).toLowerCase() as "http" | "https";
  const authority = m[2] as string;
  const at = authority.lastIndexOf("@");
  const place = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+))(?::([0-9]*))?$/.exec(authority.slice(at + 1));
  if (place === null) return undefined;
  const port = Number(place[3] || DEFAULT_PORT[scheme]);
  if (port < 1 || port > 65535) return undefined;
  const rest = m[3] as string;
  // What would end a line or the word must not get into the request.
  const path = (rest.startsWith("/") ? rest : `/${rest}`).replace(
    /[\0-\x20\x7f]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
  return {
    scheme,
    user: at < 0 ? undefined : decodePercent(authority.slice(0, at)),
    host: (place[1] ?? place[2]) as string,
    port,
    path,
  };
}

/** "host", or "host:port" where the port is not the usual one (or `always`). */
export function authorityOf(url: HttpUrl, always = false): string {
  const host = url.host.includes(":") ? `[${url.host}]` : url.host;
  return !always && url.port === DEFAULT_PORT[url.scheme] ? host : `${host}:${url.port}`;
}

/** The URL as text, without user and password. */
export function formatHttpUrl(url: HttpUrl): string {
  return `${url.scheme}://${authorityOf(url)}${url.path}`;
}

/** Where a Location header leads from a URL. */
export function resolveHttpUrl(base: HttpUrl, location: string): HttpUrl | undefined {
  if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(location)) return parseHttpUrl(location);
  if (location.startsWith("//")) return parseHttpUrl(`${base.scheme}:${location}`);
  const path = base.path.split("?", 1)[0] as string;
  let to = location;
  if (to.startsWith("?")) to = path + to;
  else if (!to.startsWith("/")) to = path.slice(0, path.lastIndexOf("/") + 1) + to;
  const parsed = parseHttpUrl(`${base.scheme}://${authorityOf(base)}${to}`);
  return parsed === undefined ? undefined : { ...parsed, user: base.user };
}

/** The value of an Authorization header for "user:password". */
export function basicAuth(user: string): string {
  const encoder = new Base64Encoder();
  return `Basic ${strOf(encoder.encode(bytesOf(user)))}${strOf(encoder.end())}`;
}

/** Is a host in a no_proxy list: itself, a domain that it is in, or "*"? */
export function bypassesProxy(host: string, list: string): boolean {
  const name = host.toLowerCase();
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .map((each) => each.replace(/^\*?\./, ""))
    .some((each) => each !== "" && (each === "*" || name === each || name.endsWith(`.${each}`)));
}

/**
 * The proxy that the environment names for a URL: http_proxy, https_proxy, all_proxy unless no_proxy
 * has the host; names in capitals count too. undefined: none, "invalid": a value that is no URL.
 */
export function proxyFor(
  url: HttpUrl,
  env: ReadonlyMap<string, string>,
): HttpUrl | "invalid" | undefined {
  const value = (name: string): string => env.get(name) || env.get(name.toUpperCase()) || "";
  const text = value(`${url.scheme}_proxy`) || value("all_proxy");
  if (text === "" || bypassesProxy(url.host, value("no_proxy"))) return undefined;
  return parseHttpUrl(text.includes("://") ? text : `http://${text}`) ?? "invalid";
}
