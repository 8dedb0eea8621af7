/**
 * What happens during a login, as values; `login --json` prints some of them, people read sentences made of them.
 *
 * @module
 */

/** Something a watcher of a login may want to show. */
export type LoginEvent =
  /** There is an address to open. `url` holds no secret but the one-time state. */
  | {
      readonly event: "authorize";
      readonly url: string;
      readonly redirectUri: string;
      readonly expiresAt: Date;
      /** Whether somebody listens at `redirectUri`. */
      readonly listening: boolean;
      /** The port that is listened on. */
      readonly port?: number | undefined;
    }
  /** A code to enter on another device (RFC 8628 section 3.3). */
  | {
      readonly event: "device";
      readonly verificationUri: string;
      readonly verificationUriComplete?: string;
      readonly userCode: string;
      /** When the wait for it ends. */
      readonly expiresAt: Date;
      /** Whether that is before the code itself is over. */
      readonly isCutShort: boolean;
    }
  /** A browser was to open, and did not: the person has to open the address. */
  | { readonly event: "unopened"; readonly reason: string }
  /** Nobody listens any more for the answer that the browser brings: it has to be pasted. */
  | { readonly event: "unheard"; readonly reason: string }
  /** A sentence worth reading; nothing failed. */
  | { readonly event: "notice"; readonly text: string }
  /** A pasted answer was not good; the wait goes on. */
  | { readonly event: "rejected"; readonly reason: string; readonly hint?: string }
  /** An answer came, and is being exchanged. */
  | { readonly event: "answered"; readonly via: "callback" | "paste" | "device" };

/** Watches a login. */
export type Report = (event: LoginEvent) => void;
