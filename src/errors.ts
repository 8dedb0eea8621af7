/**
 * Every way keyfob can fail, each with a stable code, an exit status and a hint.
 *
 * @module
 */

/** What an error carries besides its message. */
export interface FailureOptions extends ErrorOptions {
  /** Stable machine-readable name, snake_case. Defaults to the class's own. */
  code?: string;
  /** The next step, as a sentence or a command to run. */
  hint?: string;
  /** Further fields of the failure's JSON, where a program can use them. */
  details?: Readonly<Record<string, unknown>>;
}

/**
 * A failure that is understood: the message is fit to show to a person.
 * It never holds a token, code, verifier or secret. `cause` may, so it is never printed.
 */
export class KeyfobError extends Error {
  readonly code: string;
  readonly exitStatus: number;
  readonly hint: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(message: string, exitStatus: number, code: string, options: FailureOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.exitStatus = exitStatus;
    this.code = options.code ?? code;
    this.hint = options.hint;
    this.details = options.details ?? {};
    if (options.cause !== undefined) Object.defineProperty(this, "cause", { enumerable: false });
  }
}

/** Exit 1: it failed, and trying the same again will not help. */
export class Failed extends KeyfobError {
  constructor(message: string, options?: FailureOptions) {
    super(message, 1, "failed", options);
  }
}

/** Exit 2: the command line is wrong. */
export class UsageError extends KeyfobError {
  constructor(message: string, options?: FailureOptions) {
    super(message, 2, "usage", options);
  }
}

/** Exit 2: a registry, configuration, key or store is not as it must be. */
export class ConfigurationError extends KeyfobError {
  constructor(message: string, options?: FailureOptions) {
    super(message, 2, "configuration", options);
  }
}

/** Exit 3: the network or the provider failed for now; nothing was lost, try again. */
export class Unavailable extends KeyfobError {
  /** Whether the request may have reached the provider before it failed. */
  readonly sent: boolean;
  /** Seconds the provider asked us to wait (`Retry-After`), where it did. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    message: string,
    options: FailureOptions & { sent?: boolean; retryAfterSeconds?: number | undefined } = {},
  ) {
    super(message, 3, "unavailable", options);
    this.sent = options.sent ?? false;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** Exit 4: a person has to log in. */
export class LoginRequired extends KeyfobError {
  constructor(message: string, options?: FailureOptions) {
    super(message, 4, "login_required", options);
  }
}

/** Exit 5: the person or the provider said no. */
export class Refused extends KeyfobError {
  constructor(message: string, options?: FailureOptions) {
    super(message, 5, "refused", options);
  }
}

/** Exit 124: nobody answered in time (the status that `timeout(1)` uses). */
export class TimedOut extends KeyfobError {
  constructor(message: string, options?: FailureOptions) {
    super(message, 124, "timed_out", options);
  }
}

/** Exit 128 + signal number: the person or the system ended the program. */
export class Interrupted extends KeyfobError {
  constructor(signal: "SIGINT" | "SIGTERM" | "SIGHUP") {
    const status = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal];
    super("Interrupted", status, "interrupted");
  }
}

/** Exit 127 or 126: the program that was to be run is not there, or cannot be started (as shells say it). */
export class CannotStart extends KeyfobError {
  constructor(message: string, exitStatus: 126 | 127, options?: FailureOptions) {
    super(message, exitStatus, "cannot_start", options);
  }
}
