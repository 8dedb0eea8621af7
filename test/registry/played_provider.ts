/**
 * Takes one provider through its whole life by the real use cases; somebody else plays the provider.
 *
 * @module
 */
import { logIn } from "../../src/accounts/log_in.ts";
import type { LogInCompany } from "../../src/accounts/login_request.ts";
import { type LoggedOut, logOut } from "../../src/accounts/log_out.ts";
import type { Services } from "../../src/accounts/services.ts";
import type { LoggedIn } from "../../src/accounts/settle.ts";
import { freshToken } from "../../src/accounts/token.ts";
import type { ProviderChoices } from "../../src/oauth/attempt.ts";
import type { Provider } from "../../src/registry/provider.ts";
import type { AccountName, Session } from "../../src/vault/account.ts";
import type { Redirected } from "../servers/simulated_authorization.ts";

/** Whoever plays a provider: where requests go, and what becomes of an address that the person opens and approves. */
export interface Player {
  readonly services: Services;
  readonly approve: (url: string) => Promise<Redirected>;
}

/** One provider that somebody plays, and the use cases on it. */
export class PlayedProvider {
  readonly provider: Provider;
  readonly #player: Player;
  readonly #choices: ProviderChoices;
  readonly #name: AccountName;
  /** The authorization address that was opened last. */
  opened: string | undefined;
  /** Why pasted answers were not taken. */
  readonly rejected: string[] = [];

  constructor(player: Player, provider: Provider, choices: ProviderChoices) {
    this.#player = player;
    this.provider = provider;
    this.#choices = choices;
    this.#name = { provider: provider.id, label: "default" };
  }

  /** Logs in: the person opens the address, approves, and pastes what came back or lets the browser follow it. */
  logIn(
    way: "address" | "device",
    options: { readonly listen: boolean; readonly pastes?: "bare code" },
  ): Promise<LoggedIn> {
    const answer = Promise.withResolvers<string>();
    const company: LogInCompany = {
      report: (event) => {
        if (event.event === "rejected") this.rejected.push(event.reason);
      },
      signal: AbortSignal.timeout(10_000),
      present: (url) => {
        this.opened = url;
        void this.#player.approve(url).then((redirected) => {
          if (options.listen && redirected.address.protocol === "http:") return follow(redirected);
          const address = addressWith(redirected);
          return answer.resolve(
            options.pastes === undefined ? address : (new URL(address).searchParams.get("code") ?? ""),
          );
        }, answer.reject);
      },
      pasted: async function* paste() {
        yield await answer.promise;
      },
    };
    return logIn(
      this.#player.services,
      {
        name: this.#name,
        choices: this.#choices,
        way,
        listen: options.listen,
        port: undefined,
        timeoutSeconds: 10,
        isTimeoutGiven: false,
        patience: "10s",
        maySwitchPerson: false,
      },
      company,
    );
  }

  /** Refreshes, whatever is left of the stored token. */
  async refresh(): Promise<string> {
    const { tokens } = await freshToken(this.#player.services, {
      name: this.#name,
      minValidSeconds: 60,
      isMinValidAsked: true,
      force: true,
    });
    return tokens.accessToken;
  }

  async session(): Promise<Session | undefined> {
    const vault = await this.#player.services.vault();
    return (await vault.find(this.#name))?.session;
  }

  logOut(): Promise<LoggedOut> {
    return logOut(this.#player.services, this.#name, { localOnly: false });
  }

  async forget(): Promise<void> {
    const vault = await this.#player.services.vault();
    await vault.forget(this.#name);
  }
}

/** The browser goes where the provider sent it. */
async function follow(redirected: Redirected): Promise<void> {
  await fetch(addressWith(redirected), { headers: { connection: "close" } });
}

/** The address in the browser's address bar; what came by a form stands in it too, as a page may show it. */
function addressWith({ address, parameters }: Redirected): string {
  const url = new URL(address);
  for (const [name, value] of parameters) url.searchParams.set(name, value);
  return url.href;
}
