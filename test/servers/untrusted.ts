/**
 * An https server whose certificate nobody trusts: whoever completes a request to it checked nothing.
 *
 * @module
 */

/** Made for this test alone: self-signed, for 127.0.0.1, valid until 2126. */
const CERTIFICATE = `
-----BEGIN CERTIFICATE-----
MIIBxjCCAWugAwIBAgIUDheVYYvX2Y4C+NsdaHBRIJh80MYwCgYIKoZIzj0EAwIw
KTEnMCUGA1UEAwwea2V5Zm9iIHRlc3QsIHRydXN0ZWQgYnkgbm9ib2R5MCAXDTI2
MTEyMjE0NTIyMloYDzIxMjYxMDI5MTQ1MjIyWjApMScwJQYDVQQDDB5rZXlmb2Ig
dGVzdCwgdHJ1c3RlZCBieSBub2JvZHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AAS8XsNwVr3CvB4/H1e4xWCWI7Ep9NpvP8/NTCmX3t7Ai+HKX8uUhlqDGzqTHQEI
IKKI8PPz4wcKTasJy+s05Qk9o28wbTAdBgNVHQ4EFgQUWDaYx4NJ7rWuJqKjD6Pd
lIAX5GYwHwYDVR0jBBgwFoAUWDaYx4NJ7rWuJqKjD6PdlIAX5GYwDwYDVR0TAQH/
BAUwAwEB/zAaBgNVHREEEzARhwR/AAABgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
SQAwRgIhAJB9Zx9BC4PkBJEKBjrpvQw8EBfCsZ89UAke1f9n+61OAiEArOIZWQ9g
SJ7jm5Ky3/iPXNJIQFwcDS25YHG61DLTtmc=
-----END CERTIFICATE-----
`;
const KEY = `
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgJnLckF7tI0jPJhmH
imIg6kWuQQlnUF+i+2F5ACQMGxShRANCAAS8XsNwVr3CvB4/H1e4xWCWI7Ep9Npv
P8/NTCmX3t7Ai+HKX8uUhlqDGzqTHQEIIKKI8PPz4wcKTasJy+s05Qk9
-----END PRIVATE KEY-----
`;

/** A running server. */
export interface UntrustedServer extends AsyncDisposable {
  readonly origin: string;
  /** Requests that got through; a careful client sends none. */
  readonly requests: string[];
}

/** Starts the server on a free port of 127.0.0.1. */
export function startUntrustedServer(): UntrustedServer {
  const requests: string[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    tls: { cert: CERTIFICATE, key: KEY },
    fetch: (request) => {
      requests.push(request.url);
      return Response.json({});
    },
  });
  return {
    origin: `https://127.0.0.1:${server.port}`,
    requests,
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}
