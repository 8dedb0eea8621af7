/**
 * Control sequences that ask a terminal for more than text: links to click, and its clipboard.
 *
 * @module
 */

type Environment = Readonly<Record<string, string | undefined>>;

const ESCAPE = "\u001b";
/** String terminator (ECMA-48). */
const END = `${ESCAPE}\\`;

/** Bytes that GNU screen takes of one string it hands on. */
const SCREEN_STRING = 512;

/** Values of `TERM` that name a terminal which knows links; they survive SSH, which `TERM_PROGRAM` does not. */
const LINKING_TERMS = /^(?:xterm-kitty|xterm-ghostty|alacritty|foot|contour|wezterm)(?:-|$)/;
const LINKING_PROGRAMS = /^(?:iTerm\.app|WezTerm|vscode|ghostty|Hyper|rio|WarpTerminal|Tabby|zed)$/;
/** VTE knows them since 0.50 (GNOME Terminal, Tilix, xfce4-terminal); its number reads 5000. */
const LINKING_VTE = 5000;
/** tmux hands them on since 3.4. */
const LINKING_TMUX = 3.4;

/** `text` that opens `href` when clicked (OSC 8). Both must be printable ASCII. */
export function hyperlink(text: string, href: string): string {
  return `${ESCAPE}]8;;${href}${END}${text}${ESCAPE}]8;;${END}`;
}

/** Whether the terminal is known to show links. Others may print rubbish, so silence means no. */
export function showsHyperlinks(environment: Environment): boolean {
  const { TERM: term = "", TERM_PROGRAM: program = "" } = environment;
  if (term === "dumb" || term === "") return false;
  if (environment["TMUX"] || program === "tmux" || /^(?:tmux|screen)/.test(term)) {
    return (
      program === "tmux" && Number.parseFloat(environment["TERM_PROGRAM_VERSION"] ?? "0") >= LINKING_TMUX
    );
  }
  if (LINKING_TERMS.test(term) || LINKING_PROGRAMS.test(program)) return true;
  if (environment["WT_SESSION"] || environment["KONSOLE_VERSION"]) return true;
  return Number(environment["VTE_VERSION"] ?? 0) >= LINKING_VTE;
}

/** Puts `text` into the clipboard of the terminal a person sits at (OSC 52), through tmux or screen where they stand between. */
export function clipboardSequence(text: string, environment: Environment): string {
  const plain = `${ESCAPE}]52;c;${Buffer.from(text).toString("base64")}\u0007`;
  if (environment["TMUX"]) {
    // Taken by tmux itself with `set-clipboard on`, handed on with `allow-passthrough on`.
    return `${plain}${ESCAPE}Ptmux;${plain.replaceAll(ESCAPE, ESCAPE + ESCAPE)}${END}`;
  }
  if (environment["TERM"]?.startsWith("screen") !== true) return plain;
  const pieces = plain.match(new RegExp(`[^]{1,${SCREEN_STRING}}`, "g")) ?? [];
  return pieces.map((piece) => `${ESCAPE}P${piece}${END}`).join("");
}
