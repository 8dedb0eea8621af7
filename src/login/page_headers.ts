/**
 * What every answer to a browser forbids: caching, framing, referrers, foreign content (STANDARDS 73).
 *
 * @module
 */
import { PAGE_STYLE } from "./page_style.ts";

/** Response headers of a page; `script` is the exact text of its one inline script, if it has one. */
export function pageHeaders(script?: string): Record<string, string> {
  return {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": contentSecurityPolicy(script),
    ...plainHeaders(),
  };
}

/** Response headers of an answer without a page. */
export function plainHeaders(): Record<string, string> {
  return {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    Connection: "close",
  };
}

/** The `'sha256-…'` source of an inline style or script (CSP Level 3, section 6.7.3). */
export function hashSource(text: string): string {
  return `'sha256-${new Bun.CryptoHasher("sha256").update(text).digest("base64")}'`;
}

function contentSecurityPolicy(script: string | undefined): string {
  const directives = [
    "default-src 'none'",
    `style-src ${hashSource(PAGE_STYLE)}`,
    "img-src data:",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    `form-action ${script === undefined ? "'none'" : "'self'"}`,
  ];
  if (script !== undefined) directives.push(`script-src ${hashSource(script)}`);
  return directives.join("; ");
}
