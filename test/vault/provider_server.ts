/**
 * A loopback token endpoint that counts, rotates, and revokes the family when a refresh token comes twice.
 *
 * @module
 */

export class ProviderServer implements AsyncDisposable {
  /** Refreshes that reached us. */
  requests = 0;
  /** Whether requests are to be left without an answer. */
  silent = false;
  /** Milliseconds before an answer. */
  delay = 0;
  /** Seconds the access tokens live. */
  lifetime = 3600;
  revoked = false;
  #serial = 1;
  readonly #server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 60,
    fetch: (request) => this.#answer(request),
  });

  get url(): string {
    return this.#server.url.href;
  }

  get currentRefreshToken(): string {
    return `refresh-${this.#serial}`;
  }

  async #answer(request: Request): Promise<Response> {
    const sent = new URLSearchParams(await request.text()).get("refresh_token");
    this.requests += 1;
    if (this.revoked || sent !== this.currentRefreshToken) {
      this.revoked = true;
      return Response.json({ error: "invalid_grant" }, { status: 400 });
    }
    this.#serial += 1;
    if (this.silent) return new Promise<Response>(() => {});
    await Bun.sleep(this.delay);
    return Response.json({
      access_token: `access-${this.#serial}`,
      refresh_token: this.currentRefreshToken,
      expires_in: this.lifetime,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop(true);
  }
}
