/**
 * What a person asks of a login, and who is there while it waits.
 *
 * @module
 */
import type { KeyfobError } from "../errors.ts";
import type { Report } from "../login/event.ts";
import type { PastedTexts } from "../login/flow.ts";
import type { ProviderChoices } from "../oauth/attempt.ts";
import type { AccountName } from "../vault/account.ts";
import type { PreparedProvider } from "./prepared_provider.ts";
import type { Services } from "./services.ts";

/** By an address to open here or elsewhere, or by a code to enter on another device. */
export type LoginWay = "address" | "device";

/** What the person asked for. */
export interface LogInRequest {
  readonly name: AccountName;
  readonly choices: ProviderChoices;
  /** `ask`: whatever the person prefers, where the provider leaves the choice. */
  readonly way: LoginWay | "ask";
  /** Whether to listen for the callback. */
  readonly listen: boolean;
  readonly port?: number | undefined;
  /** Address to listen on besides loopback, where the person insists. */
  readonly bind?: string | undefined;
  /** Our data folder, by which logins at work at the same time know each other. */
  readonly dataFolder?: string | undefined;
  readonly timeoutSeconds: number;
  /** Whether the person chose the time-out; else a device code is waited for as long as it lives. */
  readonly isTimeoutGiven: boolean;
  /** The time-out as the person wrote it. */
  readonly patience: string;
  readonly maySwitchPerson: boolean;
}

/** Who watches, and which further ways the answer may come. */
export interface LogInCompany {
  readonly report: Report;
  /** Texts from a prompt or a pipe; absent where there is neither. */
  readonly pasted?: PastedTexts | undefined;
  /** Bad pastes after which no more are read; undefined where a person gives them, who may err as often as they like. */
  readonly mostBadPastes?: number | undefined;
  /** Shows the address to the person, as by opening a browser. Never throws, never waits. */
  readonly present?: ((url: string) => void) | undefined;
  /** Asks which way the person prefers. Absent where nobody can be asked. */
  readonly chooseWay?: (() => Promise<LoginWay>) | undefined;
  /** Keeps the person company while a device code waits. Absent where nobody is there. */
  readonly deviceScreen?: DeviceScreen | undefined;
  readonly signal: AbortSignal;
}

/** Keeps the person company while a code waits to be entered. */
export interface DeviceScreen {
  /** Waits until `signal` aborts; `openAddress` opens the other way besides, where there is one. */
  readonly wait: (screen: {
    readonly until: Date;
    readonly signal: AbortSignal;
    readonly openAddress: (() => void) | undefined;
  }) => Promise<void>;
  /** Whether to go on by an address, now that the code has failed. */
  readonly goOnByAddress: (failure: KeyfobError) => Promise<boolean>;
}

/** What is being logged in to, and with whom. */
export interface LoginUnderWay {
  readonly services: Services;
  readonly prepared: PreparedProvider;
  readonly request: LogInRequest;
  readonly company: LogInCompany;
}
