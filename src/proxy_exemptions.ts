/**
 * What is reached without a proxy: this machine, and what a list such as NO_PROXY names.
 *
 * @module
 */

/** Hosts that mean this machine, as `URL.hostname` has them. */
const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "[::1]", "localhost"]);

/** Whether `url` is on this machine, or named in a list such as `localhost, .example.com, host:8443, 10.0.0.0/8`. */
export function isExempt(url: URL, list: string): boolean {
  if (LOOPBACK.has(url.hostname)) return true;
  const host = plainName(url.hostname.replace(/^\[|\]$/g, ""));
  const port = url.port || (url.protocol === "http:" ? "80" : "443");
  return list.split(/[\s,]+/).some((entry) => entry === "*" || names(entry, host, port));
}

/** Whether one entry names the host: by its name, by a domain above it, or by a network it is in. */
function names(entry: string, host: string, port: string): boolean {
  if (entry.includes("/")) return isInNetwork(host, entry);
  const bare = plainName(entry.replace(/^\*?\./, ""));
  const [, name = "", wanted] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(bare) ?? [];
  // An address of IPv6 without brackets looks as if it ended in a port.
  if (name === "" || (wanted !== undefined && wanted !== port)) return bare === host;
  const domain = plainName(name);
  return host === domain || host.endsWith(`.${domain}`);
}

/** DNS knows neither upper case nor a difference between `host` and `host.`. */
function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

/** Whether the address `host` lies in `network`, such as `10.0.0.0/8`. */
function isInNetwork(host: string, network: string): boolean {
  // Loaded on demand: few lists have networks.
  const { BlockList, isIP } = process.getBuiltinModule("node:net");
  const [address = "", bits = ""] = network.split("/");
  const version = isIP(address);
  const isNetwork = version !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128);
  if (!isNetwork || isIP(host) !== version) return false;
  const family = version === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(address, Number(bits), family);
  return list.check(host, family);
}
