/**
 * The two pages a test server shows a person: sign in, then allow.
 *
 * @module
 */

/** What the sign-in page needs to know. */
interface SignInPage {
  /** Where the form goes. */
  readonly action: string;
  /** Why the page is shown again. */
  readonly problem?: string;
}

/** What the consent page needs to know. */
interface ConsentPage {
  readonly action: string;
  readonly client: string;
  readonly scopes: readonly string[];
}

/** A plain form for a login name and a password. */
export function signInPage({ action, problem }: SignInPage): string {
  return page(
    "Sign in",
    `${problem === undefined ? "" : `<p role="alert">${Bun.escapeHTML(problem)}</p>`}
    <form method="post" action="${Bun.escapeHTML(action)}">
      <p><label>Name <input name="login" autocomplete="username" required autofocus></label></p>
      <p><label>Password <input name="password" type="password" required></label></p>
      <p><button type="submit" name="decision" value="sign-in">Sign in</button></p>
    </form>`,
  );
}

/** Asks whether `client` may have `scopes`. */
export function consentPage({ action, client, scopes }: ConsentPage): string {
  const items = scopes.map((scope) => `<li>${Bun.escapeHTML(scope)}</li>`).join("");
  return page(
    `Allow ${client}?`,
    `<ul>${items}</ul>
    <form method="post" action="${Bun.escapeHTML(action)}">
      <button type="submit" name="decision" value="allow" autofocus>Allow</button>
      <button type="submit" name="decision" value="deny">Deny</button>
    </form>`,
  );
}

function page(title: string, body: string): string {
  const safe = Bun.escapeHTML(title);
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${safe}</title>
  <meta name="viewport" content="width=device-width"><style>body{font:16px sans-serif;max-width:24rem;margin:3rem auto}</style>
  </head><body><h1>${safe}</h1>${body}</body></html>`;
}
