/**
 * The pages a person sees in the browser after approving: values in, HTML out.
 *
 * @module
 */
import { harmless } from "../hostile_text.ts";
import { PAGE_STYLE } from "./page_style.ts";

/** How a login ended, as far as a browser may know. */
export type PageOutcome =
  | { readonly ok: true; readonly who: string | null; readonly account: string }
  | { readonly ok: false; readonly reason: string; readonly hint?: string };

/** What stands on a page. Every text is untrusted. */
interface PageContent {
  readonly title: string;
  readonly mark: keyof typeof MARKS;
  /** Ready-made HTML. */
  readonly body: string;
  /** Ready-made HTML after the body. */
  readonly tail?: string;
}

const MARKS = {
  good: '<path d="M5 12.5l4.5 4.5L19 7.5"/>',
  bad: '<path d="M12 6v7.5M12 17.6v.1"/>',
  calm: '<path d="M6 12h.1M12 12h.1M18 12h.1"/>',
} as const;

/** A key, so that the browser asks for no icon. */
const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' fill='none' stroke='%23808088' " +
  "stroke-width='2.5'%3E%3Ccircle cx='8' cy='12' r='4.5'/%3E%3Cpath d='M12.5 12H22v4'/%3E%3C/svg%3E";

/** The page after the exchange: the truth, and what to do next (STANDARDS 75). */
export function donePage(providerName: string, outcome: PageOutcome): string {
  return outcome.ok ? successPage(providerName, outcome) : failurePage(providerName, outcome);
}

/** The page for a request that is not the answer this login waits for. */
export function strayPage(providerName: string): string {
  return layout({
    title: "This is not the answer keyfob waits for",
    mark: "calm",
    body:
      `<p>The address belongs to an older login, or something is missing in it. Nothing was changed, and the login to ` +
      `${escaped(providerName)} still waits.</p>` +
      next("Go on in the tab where you signed in, or open the address from the terminal again."),
  });
}

/** A page around ready-made HTML. */
export function layout({ title, mark, body, tail = "" }: PageContent): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escaped(title)}</title>
<link rel="icon" href="${ICON}">
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
<div class="mark ${mark}" aria-hidden="true"><svg viewBox="0 0 24 24">${MARKS[mark]}</svg></div>
<div role="${mark === "bad" ? "alert" : "status"}">
<h1>${escaped(title)}</h1>
${body}
</div>
</main>
${tail}</body>
</html>
`;
}

/** `text` as HTML text or attribute value: harmless characters only, every special one escaped. */
export function escaped(text: string): string {
  return harmless(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function successPage(providerName: string, outcome: PageOutcome & { ok: true }): string {
  const who = outcome.who === null ? "" : `<p>Signed in as <strong>${escaped(outcome.who)}</strong></p>`;
  return layout({
    title: `You are logged in to ${harmless(providerName, 60)}`,
    mark: "good",
    body:
      `${who}<p class="soft">Kept on the machine that asked, as <code>${escaped(outcome.account)}</code></p>` +
      next("You can close this tab and return to the terminal."),
  });
}

function failurePage(providerName: string, outcome: PageOutcome & { ok: false }): string {
  const hint = outcome.hint === undefined ? "" : `<p>What to do: ${escaped(outcome.hint)}</p>`;
  return layout({
    title: `The login to ${harmless(providerName, 60)} did not work`,
    mark: "bad",
    body:
      `<p>${escaped(outcome.reason)}</p>${hint}` +
      next("You can close this tab and return to the terminal, where you can try again."),
  });
}

function next(text: string): string {
  return `<p class="next soft">${text}</p>`;
}
