/**
 * One provider, played for one client: what it has handed out, and what it makes of each request.
 *
 * @module
 */
import type { Provider } from "../../src/registry/provider.ts";
import type { Step } from "../../src/registry/schema.ts";
import {
  addressOf,
  type Arrived,
  CHALLENGE,
  differences,
  parametersOf,
  textOf,
  VERIFIER,
} from "./arrived_request.ts";
import { declaredAnswer, declaredError, declaredExpiry, type Fields, first } from "./declared_answer.ts";
import {
  type DeclaredRequest,
  declaredRequest,
  type Purpose,
  type SimulatedClient,
  stepFor,
} from "./declared_request.ts";
import { grantedScope, judgeAuthorization, type Redirected } from "./simulated_authorization.ts";
import { accessToken, bringsIdToken, canBeAsked, idToken, KEYS, LABEL, SUBJECT } from "./simulated_tokens.ts";

/** A request that was as it must be. */
export interface Accepted {
  readonly purpose: Purpose;
  readonly arrived: Arrived;
}

/** Plays an entry. A test ends with `violations` empty. */
export class Simulation {
  readonly violations: string[] = [];
  readonly accepted: Accepted[] = [];
  /** Whether the provider has ended the session. */
  isSessionOver = false;
  readonly provider: Provider;
  readonly client: SimulatedClient;
  readonly #values: Record<string, string | undefined>;
  #challenge: string | undefined;
  #foreignChallenge: string | undefined;
  #nonce: string | undefined;
  #scope: readonly string[];
  #serial = 0;
  #polls = 0;
  /** Further exchanges done since the last code or device code. */
  #exchanged = 0;

  constructor(provider: Provider, client: SimulatedClient) {
    this.provider = provider;
    this.client = client;
    this.#scope = provider.scopes;
    this.#values = { app: "keyfob", client_id: client.id };
  }

  /** What the person granted. */
  get scope(): readonly string[] {
    return this.#scope;
  }

  /** What placeholders stand for by now; `kept.*` is what an account must have kept. */
  get values(): Readonly<Record<string, string | undefined>> {
    return this.#values;
  }

  /** The person opens `url` and approves. */
  authorize(url: string): Redirected {
    this.#exchanged = 0;
    this.#scope = grantedScope(this.provider);
    const judged = judgeAuthorization(new URL(url), this.provider, this.client);
    this.violations.push(...judged.violations.map((violation) => `authorize: ${violation}`));
    this.#challenge = judged.challenge;
    this.#nonce = judged.nonce;
    Object.assign(this.#values, judged.values);
    const { uri } = this.provider.redirect;
    const usesPkce = judged.challenge !== undefined;
    this.#values["standard.code"] = judged.values["code"];
    this.#values["standard.redirect_uri"] = uri === "omit" ? undefined : judged.values["redirect_uri"];
    this.#values["standard.code_verifier"] = usesPkce ? (VERIFIER as unknown as string) : undefined;
    return judged.redirected;
  }

  /** Pretends that the person's browser brought another challenge. */
  expectChallenge(challenge: string): void {
    this.#foreignChallenge = challenge;
  }

  async answer(arrived: Arrived): Promise<Response> {
    const published = this.#published(arrived);
    if (published !== undefined) return Response.json(published);
    const declared = this.#recognise(arrived);
    if (declared === undefined) return Response.json({ error: "invalid_request" }, { status: 400 });
    this.accepted.push({ purpose: declared.purpose, arrived });
    return this.#perform(declared, arrived);
  }

  /** Metadata of the issuer, and its keys. */
  #published({ url }: Arrived): unknown {
    const { issuer } = this.provider;
    if (url.pathname === "/simulated/keys") return KEYS;
    if (issuer === undefined || !url.pathname.includes("/.well-known/")) return undefined;
    return { issuer, jwks_uri: `${new URL(issuer).origin}/simulated/keys` };
  }

  #recognise(arrived: Arrived): DeclaredRequest | undefined {
    const judged = this.#purposes()
      .map((purpose) => declaredRequest(purpose, this.provider, this.client, this.#valuesFor(purpose)))
      .filter((declared) => declared !== undefined)
      .filter(({ address }) => address === addressOf(arrived.url))
      .map((declared) => ({
        declared,
        wrong: differences(arrived, declared, this.#foreignChallenge ?? this.#challenge),
      }))
      .sort((one, other) => one.wrong.length - other.wrong.length);
    const [best] = judged;
    if (best?.wrong.length === 0) return best.declared;
    const why =
      best === undefined ? "no such address" : `as ${best.declared.purpose}: ${best.wrong.join("; ")}`;
    this.violations.push(`${arrived.method} ${addressOf(arrived.url)}: ${why}`);
    return undefined;
  }

  #purposes(): Purpose[] {
    const { exchange, refresh } = this.provider;
    const next: Purpose[] = this.#exchanged < (exchange?.length ?? 0) ? [`exchange.${this.#exchanged}`] : [];
    return [
      ...next,
      "token",
      ...(refresh === false ? [] : (["refresh"] as const)),
      "device.request",
      "device.poll",
      "whoami",
      "revoke",
    ];
  }

  #valuesFor(purpose: Purpose): Record<string, string | undefined> {
    const refreshToken = this.#values["refresh_token"];
    const separator = this.provider.scope_separator;
    const deviceScope = (this.provider.device?.scopes ?? this.provider.scopes).join(separator);
    const challenge = this.provider.device?.pkce === true ? (CHALLENGE as unknown as string) : undefined;
    const isDevice = purpose.startsWith("device");
    return {
      ...this.#values,
      scope: isDevice ? deviceScope : this.#scope.join(separator),
      "standard.scope": deviceScope,
      "standard.code_challenge": challenge,
      "standard.device_code": this.#values["device.device_code"],
      "standard.refresh_token": refreshToken,
      "standard.token": refreshToken ?? this.#values["access_token"],
      "standard.token_type_hint": refreshToken === undefined ? "access_token" : "refresh_token",
      ...(purpose === "device.poll" && challenge === undefined
        ? { "standard.code_verifier": undefined }
        : {}),
      ...(purpose === "device.poll" && challenge !== undefined
        ? { "standard.code_verifier": VERIFIER as unknown as string }
        : {}),
    };
  }

  async #perform(declared: DeclaredRequest, arrived: Arrived): Promise<Response> {
    const { purpose } = declared;
    const shape = stepFor(purpose, this.provider)?.response;
    if (purpose === "device.request")
      return this.#issueDeviceCode(shape, parametersOf(arrived, declared.body));
    if (purpose === "device.poll") return this.#answerPoll(shape);
    if (purpose === "whoami") return Response.json(this.#person(shape));
    if (purpose === "revoke") return Response.json(declaredAnswer({}, shape));
    if (purpose === "refresh" && this.isSessionOver) {
      const { status, document } = declaredError("invalid_grant", shape);
      return Response.json(document, { status });
    }
    if (purpose === "token") this.#values["standard.code"] = "spent";
    this.#exchanged = purpose.startsWith("exchange") ? this.#exchanged + 1 : this.#exchanged;
    return Response.json(await this.#grant(purpose, shape));
  }

  #issueDeviceCode(shape: Step["response"], parameters: Record<string, unknown>): Response {
    this.#exchanged = 0;
    const uri = this.provider.device?.verification_uri;
    this.#scope = this.provider.device?.scopes ?? this.provider.scopes;
    this.#challenge =
      parameters["code_challenge"] === undefined ? undefined : textOf(parameters["code_challenge"]);
    const fields: Fields = {
      device_code: "device-code-1",
      user_code: "ABCD-EFGH",
      verification_uri: uri === undefined ? "https://device.example/enter" : undefined,
      expires_in: 600,
      interval: 1,
    };
    for (const [name, value] of Object.entries(fields)) this.#values[`device.${name}`] = String(value);
    return Response.json(declaredAnswer(fields, shape));
  }

  /** Not approved yet; then approved. */
  async #answerPoll(shape: Step["response"]): Promise<Response> {
    const { device } = this.provider;
    this.#polls += 1;
    if (this.#polls === 1) {
      const [status] = device?.pending_status ?? [];
      if (status !== undefined) return Response.json({}, { status });
      const pending = declaredError("authorization_pending", shape);
      return Response.json(pending.document, { status: pending.status });
    }
    this.#nonce = undefined;
    if (device?.yields !== "code") return Response.json(await this.#grant("device.poll", shape));
    const verifier = "v".repeat(43);
    this.#values["standard.code"] = this.#values["code"] = "device-authorization-code";
    this.#values["standard.redirect_uri"] = device.redirect_uri;
    this.#values["standard.code_verifier"] = verifier;
    return Response.json(
      declaredAnswer({ code: "device-authorization-code", code_verifier: verifier }, shape),
    );
  }

  #person(shape: Step["response"]): unknown {
    const names = shape?.map?.["subject"] === undefined ? { sub: SUBJECT } : { subject: SUBJECT };
    const labels = shape?.map?.["label"] === undefined ? { email: LABEL } : { label: LABEL };
    return declaredAnswer({ ...labels, ...names }, shape); // the id wins where one field is both
  }

  /** Tokens as the entry declares them, or what a further exchange brings. */
  async #grant(purpose: Purpose, shape: Step["response"]): Promise<unknown> {
    const isExchange = purpose.startsWith("exchange");
    const kept = this.#keep(shape);
    if (isExchange && shape?.map?.["access_token"] === undefined) return declaredAnswer({}, shape, { kept });
    this.#serial += 1;
    const token = accessToken(this.provider, this.#serial);
    const refreshToken = this.#refreshTokenFor(purpose, shape, token);
    this.#values["access_token"] = token;
    if (refreshToken !== undefined) this.#values["refresh_token"] = refreshToken;
    const fields: Fields = {
      access_token: token,
      token_type: "Bearer",
      expires_in: declaredExpiry(3600, shape, new Date()),
      refresh_token: refreshToken === token ? undefined : refreshToken,
      scope:
        this.provider.callback?.scope === undefined
          ? this.#scope.join(this.provider.scope_separator) || undefined
          : undefined,
      id_token: isExchange ? undefined : await this.#idToken(token, purpose),
    };
    return declaredAnswer(fields, shape, { kept, placed: this.#identity() });
  }

  /** A new one each time, unless the entry reads it elsewhere or a later exchange brings it. */
  #refreshTokenFor(purpose: Purpose, shape: Step["response"], token: string): string | undefined {
    const { refresh, exchange } = this.provider;
    if (refresh === false) return undefined;
    const mapped = shape?.map?.["refresh_token"];
    if (mapped !== undefined && first(mapped) === first(shape?.map?.["access_token"] ?? "/access_token"))
      return token;
    const isBroughtLater =
      exchange?.some(({ response }) => response?.map?.["refresh_token"] !== undefined) === true;
    return isBroughtLater || purpose.startsWith("exchange") ? undefined : `refresh-${this.#serial}`;
  }

  async #idToken(token: string, purpose: Purpose): Promise<string | undefined> {
    if (!bringsIdToken(this.provider, this.#scope)) return undefined;
    const nonce = purpose === "token" ? this.#nonce : undefined;
    return idToken(this.provider, this.client, { accessToken: token, nonce });
  }

  #identity(): Fields {
    const pointers = this.provider.identity?.token;
    if (pointers === undefined) return {};
    const label =
      pointers.label === undefined || canBeAsked(this.provider) ? {} : { [first(pointers.label)]: LABEL };
    return { ...label, ...(pointers.subject === undefined ? {} : { [first(pointers.subject)]: SUBJECT }) };
  }

  /** Values that the answer carries for later; a host is the last of its list. */
  #keep(shape: Step["response"]): Record<string, string> {
    const kept: Record<string, string> = {};
    const person = first(this.provider.identity?.token?.subject ?? "");
    for (const [name, pointers] of Object.entries(shape?.keep ?? {})) {
      const usual = first(pointers) === person ? SUBJECT : `kept-${name}`;
      kept[name] = this.provider.hosts[`kept.${name}`]?.at(-1) ?? usual;
      this.#values[`kept.${name}`] = kept[name];
    }
    return kept;
  }
}
