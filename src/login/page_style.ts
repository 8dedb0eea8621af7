/**
 * How the pages look: one inline style, without any external asset, light and dark, down to a narrow phone.
 *
 * @module
 */

/** The text between `<style>` tags; its hash stands in the Content-Security-Policy. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --ground: #f5f4f1; --card: #ffffff; --ink: #1d1d1f; --soft: #5d5d66; --line: #e3e1dc;
  --good: #14703f; --good-ground: #e2f3e8; --bad: #a8231c; --bad-ground: #fbe7e5; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #131315; --card: #1d1d20; --ink: #f1f1f3; --soft: #b0b0ba; --line: #323237;
    --good: #74d79c; --good-ground: #16301f; --bad: #ff9d94; --bad-ground: #3b1a18; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: flex; align-items: center; justify-content: center; padding: 1.25rem;
  background: var(--ground); color: var(--ink);
  font: 1.0625rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main { width: 100%; max-width: 30rem; padding: 2.25rem 2rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 1rem; text-align: center; overflow-wrap: anywhere; text-wrap: balance; }
.mark { width: 3.5rem; height: 3.5rem; margin: 0 auto 1.25rem; border-radius: 50%; display: flex; align-items: center;
  justify-content: center; }
.mark svg { width: 1.75rem; height: 1.75rem; fill: none; stroke: currentColor; stroke-width: 2.5; stroke-linecap: round;
  stroke-linejoin: round; }
.good { color: var(--good); background: var(--good-ground); }
.bad { color: var(--bad); background: var(--bad-ground); }
.calm { color: var(--soft); background: var(--ground); }
h1 { margin: 0 0 .75rem; font-size: 1.5rem; line-height: 1.25; font-weight: 650; }
p { margin: .75rem 0 0; }
.soft { color: var(--soft); }
.next { margin-top: 1.5rem; padding-top: 1.25rem; border-top: 1px solid var(--line); }
code { font: .9375em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
@media (max-width: 24rem) { main { padding: 1.75rem 1.25rem; } }
`;
