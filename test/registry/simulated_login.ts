/**
 * One installation whose requests all reach the simulator.
 *
 * @module
 */
import type { Services } from "../../src/accounts/services.ts";
import type { ProviderChoices } from "../../src/oauth/attempt.ts";
import type { Provider } from "../../src/registry/provider.ts";
import { openRegistry } from "../../src/registry/registry.ts";
import type { SimulatedClient } from "../servers/declared_request.ts";
import type { Simulation } from "../servers/simulation.ts";
import { type Simulator, startSimulator } from "../servers/simulator.ts";
import { Home } from "../vault/fixtures.ts";
import { PlayedProvider } from "./played_provider.ts";

/** What a person would have to give for each entry that asks. */
export const ASKED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  okta: { domain: "dev-1.okta.com" },
  "okta-org": { domain: "dev-1.okta.com" },
  auth0: { domain: "dev.eu.auth0.com", audience: "https://api.example" },
  keycloak: { host: "id.example.com", realm: "main" },
  cognito: { domain: "example.auth.eu-west-1.amazoncognito.com" },
  authentik: { host: "id.example.com", application: "keyfob" },
  workos: { provider: "authkit" },
  pingone: { environment: "11111111-2222-3333-4444-555555555555" },
  zendesk: { subdomain: "example" },
  shopify: { shop: "example" },
  ebay: { ru_name: "Example_Inc-Example-keyfob-abcde" },
  snowflake: { account: "example-org" },
  servicenow: { instance: "dev12345" },
};

/** An address that a person has registered where only https will do. */
const HTTPS_REDIRECT = "https://person.example/keyfob";

/** One installation whose requests all reach the simulator. */
export class SimulatedHome implements AsyncDisposable {
  readonly #home: Home;
  readonly #simulator: Simulator;
  readonly #vault: Awaited<ReturnType<Home["open"]>>;
  readonly services: Services;

  private constructor(simulator: Simulator, vault: Awaited<ReturnType<Home["open"]>>, home: Home) {
    this.#home = home;
    this.#home = home;
    this.#simulator = simulator;
    this.#vault = vault;
    const registry = openRegistry({ paths: home.paths, systemFile: `${home.folder}/none.json` });
    this.services = {
      registry: () => registry,
      vault: () => Promise.resolve(vault),
      configuration: () => Promise.resolve({}),
      fetch: simulator.fetch,
      environment: {},
      now: () => new Date(),
      notice: (text) => {
        throw new Error(`unexpected notice: ${text}`);
      },
      seeThrough: (_what, work) => work(),
    };
  }

  static async open(): Promise<SimulatedHome> {
    const home = new Home();
    return new SimulatedHome(startSimulator(), await home.open(), home);
  }

  /**
   * Makes the simulator play `id` for a client with or without a secret; `rules` replace those of the entry.
   * Where only https will do, the person has registered `redirectUri`; an empty one is none.
   */
  async play(
    id: string,
    isConfidential: boolean,
    rules: Partial<Provider> = {},
    redirectUri: string | undefined = HTTPS_REDIRECT,
  ): Promise<SimulatedProvider> {
    const registry = await this.services.registry();
    const entry = registry.preview(id, { set: ASKED[id] ?? {} });
    const client: SimulatedClient = {
      id: entry.authorize?.omit?.includes("client_id") === true ? undefined : "client-1",
      secret: isConfidential ? "secret-1~x" : undefined,
    };
    const choices: ProviderChoices = {
      set: ASKED[id] ?? {},
      ...(client.id === undefined || entry.client_id !== undefined ? {} : { clientId: client.id }),
      ...(client.secret === undefined ? {} : { clientSecret: client.secret }),
      ...(entry.redirect.https_only === true && redirectUri !== "" ? { redirectUri } : {}),
    };
    const provider = registry.resolve(id, choices);
    const simulation = this.#simulator.play({ ...provider, ...rules }, { ...client, id: provider.client_id });
    return new SimulatedProvider(this.services, provider, choices, simulation);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#vault.close();
    this.#home[Symbol.dispose]();
    await this.#simulator[Symbol.asyncDispose]();
  }
}

/** One provider played by the simulator. */
export class SimulatedProvider extends PlayedProvider {
  readonly simulation: Simulation;

  constructor(services: Services, provider: Provider, choices: ProviderChoices, simulation: Simulation) {
    super({ services, approve: (url) => Promise.resolve(simulation.authorize(url)) }, provider, choices);
    this.simulation = simulation;
  }
}
