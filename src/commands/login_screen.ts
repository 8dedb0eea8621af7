/**
 * What a person sees and can do while a login waits: sentences, an address to copy, a few keys.
 *
 * @module
 */
import { span } from "../duration.ts";
import type { LoginEvent, Report } from "../login/event.ts";
import type { KeyCommands } from "../login/key_commands.ts";
import { drawQrCode, type QrCode } from "../login/qr_code.ts";
import { forwardCommand } from "../login/ssh_forward.ts";
import { readUserName } from "../login/user_name.ts";
import { type AccountName, formatAccountName } from "../vault/account.ts";
import { copyText } from "./clipboard.ts";
import type { Style } from "../terminal.ts";
import type { Context } from "./context.ts";
import { wrapped } from "./wrapped_text.ts";

/** What a person without a browser here must know, or a successful login looks like a failed one. */
const EXPLANATION = [
  "After you approve, the browser may say that the site cannot be reached.",
  "That is expected: copy the whole address from the address bar and paste it here.",
];

/** Lines of talk around a code; a terminal with that many to spare shows the QR code unasked. */
const LINES_OF_TALK = 22;

/** Lines that the question for the answer takes below a code. */
const LINES_BELOW = 5;

type Authorize = LoginEvent & { event: "authorize" };
type Device = LoginEvent & { event: "device" };

/** Speaks to a person, and knows the address that the keys are about. */
export class LoginScreen {
  readonly #context: Context;
  readonly #account: string;
  readonly #opens: boolean;
  #address = "";
  /** Where the callback is listened for; undefined where it is not. */
  #port: number | undefined;
  #isExplained = false;

  /** `opens`: whether a browser is opened here. */
  constructor(context: Context, how: { readonly name: AccountName; readonly opens: boolean }) {
    this.#context = context;
    this.#account = formatAccountName(how.name);
    this.#opens = how.opens;
  }

  /** Says what happens. */
  readonly report: Report = (event) => {
    switch (event.event) {
      case "authorize":
        return this.#sayAddress(event);
      case "device":
        return this.#sayCode(event);
      case "unopened":
        return this.#goOnByHand(event.reason);
      case "unheard":
        return this.#goOnUnheard(event.reason);
      case "notice":
        return this.#tell(event.text, "warning");
      case "rejected":
        this.#tell(event.reason, "warning");
        if (event.hint !== undefined) this.#tell(`hint: ${event.hint}`);
        return;
      case "answered":
        return this.#tell("Got an answer, finishing the login…", "quiet");
    }
  };

  /** Keys that work while the login waits. */
  get keys(): KeyCommands {
    const picture = { q: () => this.#showQrCode() };
    if (!this.#context.terminal.canRedraw) return picture;
    const copy = (): void => {
      copyText(this.#context, this.#address);
      this.#tell("The address is in the clipboard, where your terminal allows that", "quiet");
    };
    return { ...picture, c: copy };
  }

  #sayAddress({ url, expiresAt, port, listening }: Authorize): void {
    this.#port = port;
    this.#isExplained = false;
    this.#tell(
      this.#opens
        ? `Opening your browser to log in to ${this.#account}. If none opens, go to:`
        : `To log in to ${this.#account}, open this address in a browser:`,
    );
    this.#showAddress(url);
    // Where nobody listens, the browser that opens cannot bring the answer either.
    if (!this.#opens || !listening) this.#explainPasting();
    this.#sayKeys("");
    this.#tell(`Waiting for ${this.#spanUntil(expiresAt)}; ctrl-C gives up.`, "quiet");
  }

  #sayCode(event: Device): void {
    const { terminal } = this.#context;
    const { verificationUri, verificationUriComplete: complete, userCode, expiresAt, isCutShort } = event;
    this.#tell(`To log in to ${this.#account}, open this address on any device:`);
    this.#showAddress(verificationUri);
    this.#tell("and enter this code:");
    terminal.say(`\n${userCode}\n`, "strong");
    if (complete !== undefined) {
      this.#tell("Or open this address, which holds the code already; check that it shows the same code:");
      this.#showAddress(complete);
    }
    const qrCode = drawQrCode(this.#address);
    if (qrCode !== undefined && this.#hasRoom(qrCode)) this.#draw(qrCode);
    this.#sayKeys(", p goes on by pasting");
    const time = isCutShort ? "Waiting for" : "The code is good for";
    this.#tell(`${time} ${this.#spanUntil(expiresAt)}; ctrl-C gives up.`, "quiet");
  }

  /** Alone on its line and unwrapped, so that it can be copied; to be clicked where the terminal can do that. */
  #showAddress(url: string): void {
    const { terminal } = this.#context;
    this.#address = url;
    terminal.say("");
    const isWhole = url.length <= terminal.columns;
    const isLink = isWhole && terminal.link(url, url);
    if (!isLink) terminal.say(url, "strong");
    terminal.say("");
    // Broken into lines an address is clicked in part; this one line is the whole.
    if (!isWhole && terminal.link("Click here to open it", url)) terminal.say("");
  }

  #sayKeys(more: string): void {
    const { terminal } = this.#context;
    if (!terminal.interactive) return;
    const copying = terminal.canRedraw
      ? "c copies the address, q shows it as a QR code"
      : "q shows a QR code";
    this.#tell(`Keys: ${copying}${more}.`, "quiet");
  }

  /** Says what it means that the browser is opened by hand, perhaps on another machine. */
  #goOnByHand(reason: string): void {
    this.#tell(`No browser could be opened: ${reason}`, "warning");
    this.#tell("Open the address above in a browser, here or on another machine.");
    this.#explainPasting();
  }

  /** Says what it means that the port is gone; it is of no use to forward it now. */
  #goOnUnheard(reason: string): void {
    this.#port = undefined;
    this.#tell(reason, "warning");
    this.#explainPasting();
  }

  #explainPasting(): void {
    if (this.#isExplained) return;
    this.#isExplained = true;
    for (const line of EXPLANATION) this.#tell(line);
    if (this.#port !== undefined) this.#sayForward(this.#port);
  }

  #sayForward(port: number): void {
    const { terminal, environment } = this.#context;
    const command = forwardCommand({ environment, user: readUserName(environment), port });
    if (command === undefined) return;
    this.#tell("Or run this on your own machine before you approve, and nothing needs to be pasted:");
    terminal.say(`\n${command}\n`);
  }

  #showQrCode(): void {
    const { terminal } = this.#context;
    const qrCode = drawQrCode(this.#address);
    if (qrCode === undefined) return this.#tell("This address is too long for a QR code", "warning");
    if (this.#fits(qrCode)) return this.#draw(qrCode);
    const needed = `${qrCode.width} columns and ${qrCode.lines.length + LINES_BELOW} lines`;
    const found = `${terminal.columns} and ${terminal.rows}`;
    this.#tell(
      `A QR code of this address needs ${needed}; this terminal has ${found}. Make the window larger, or its letters smaller, and press q again`,
      "warning",
    );
  }

  /** Whether the code can be shown unasked, with the talk around it still in sight. */
  #hasRoom(qrCode: QrCode): boolean {
    const { interactive, canRedraw, rows } = this.#context.terminal;
    return interactive && canRedraw && this.#fits(qrCode) && rows >= qrCode.lines.length + LINES_OF_TALK;
  }

  /** A camera reads a whole code or none, and what scrolled away is not on the screen. */
  #fits({ width, lines }: QrCode): boolean {
    const { columns, rows } = this.#context.terminal;
    return width <= columns && lines.length + LINES_BELOW <= rows;
  }

  #draw(qrCode: QrCode): void {
    this.#context.terminal.say(qrCode.lines.join("\n"), "picture");
  }

  /** A sentence, broken between words. */
  #tell(text: string, style?: Style): void {
    const { terminal } = this.#context;
    terminal.say(wrapped(text, terminal.interactive ? terminal.columns : Infinity), style);
  }

  #spanUntil(then: Date): string {
    const milliseconds = then.getTime() - this.#context.services.now().getTime();
    return span(Math.max(0, Math.round(milliseconds / 1000)));
  }
}
