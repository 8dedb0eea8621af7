/**
 * The flow with a real callback server, an attempt that never ends the test, and everything written down.
 *
 * @module
 */
import { type CallbackServer, listen } from "../../src/login/callback.ts";
import type { LoginEvent } from "../../src/login/event.ts";
import { type FlowOptions, receive } from "../../src/login/flow.ts";
import type { Answer } from "../../src/oauth/answer.ts";
import type { Attempt } from "../../src/oauth/attempt.ts";

export const STATE = "state-of-this-login-which-is-long-enough";

/** How an answer is settled in these tests. */
export type Settle = FlowOptions<string>["settle"];

/** One login to race for. */
export class FlowBench {
  readonly events: LoginEvent[] = [];
  readonly settled: Answer[] = [];
  readonly callback: CallbackServer;

  constructor(callback: CallbackServer) {
    this.callback = callback;
  }

  static async open(): Promise<FlowBench> {
    const callback = await listen({
      state: STATE,
      host: "127.0.0.1",
      ports: "any",
      path: "/callback",
      responseMode: "query",
      providerName: "Acme",
    });
    return new FlowBench(callback);
  }

  attempt(more: Partial<Attempt> = {}): Attempt {
    return {
      provider: "acme",
      label: "default",
      url: "https://id.example/authorize",
      state: STATE,
      redirectUri: this.callback.redirectUri,
      codeVerifier: "verifier",
      scope: [],
      expiresAt: new Date(Date.now() + 5000),
      choices: {},
      client: { authMethod: "none", origins: [] },
      ...more,
    };
  }

  run(options: Partial<FlowOptions<string>> = {}): Promise<string> {
    return receive({
      attempt: this.attempt(),
      callback: this.callback,
      settle: async (answer) => {
        this.settled.push(answer);
        return `token for ${answer.parameters["code"]}`;
      },
      describe: (who) => ({ ok: true, who, account: "acme" }),
      report: (event) => void this.events.push(event),
      signal: new AbortController().signal,
      patience: "5m",
      ...options,
    });
  }

  addressWith(code: string): string {
    return `${this.callback.redirectUri}?code=${code}&state=${STATE}`;
  }

  /** Calls back as a browser does, and gives the page at the end. */
  async callBack(code = "called-back"): Promise<string> {
    return (await fetch(this.addressWith(code))).text();
  }

  portIsFree(): Promise<boolean> {
    return fetch(this.callback.redirectUri).then(
      () => false,
      () => true,
    );
  }

  rejections(): string[] {
    return this.events.flatMap((event) => (event.event === "rejected" ? [event.reason] : []));
  }
}

/** Pastes that come one after the other, then nothing until the flow ends the wait. */
export function pasting(...texts: readonly string[]) {
  const paste = { endedBy: undefined as string | undefined, texts: read };
  async function* read(signal: AbortSignal): AsyncGenerator<string> {
    yield* texts;
    await new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    paste.endedBy = "the flow";
  }
  return paste;
}
