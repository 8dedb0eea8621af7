/**
 * The page that reads an answer from the fragment, which no browser sends to a server (`response_mode=fragment`).
 *
 * @module
 */
import { escaped, layout } from "./page.ts";

/**
 * Empties the address bar, then posts the fragment's parameters to the same path. Tokens in a fragment are the implicit
 * flow, which is refused (RFC 9700 section 2.1.2), so they are not even sent.
 */
export const FRAGMENT_SCRIPT = `
(function () {
  var parameters = new URLSearchParams(location.hash.slice(1));
  history.replaceState(null, "", location.pathname);
  function show(id) {
    document.getElementById("wait").hidden = true;
    document.getElementById(id).hidden = false;
  }
  if (parameters.has("access_token") || parameters.has("id_token")) return show("tokens");
  if (!parameters.has("code") && !parameters.has("error")) return show("nothing");
  var form = document.createElement("form");
  form.method = "post";
  form.action = location.pathname;
  parameters.forEach(function (value, name) {
    var field = document.createElement("input");
    field.type = "hidden";
    field.name = name;
    field.value = value;
    form.appendChild(field);
  });
  document.body.appendChild(form);
  HTMLFormElement.prototype.submit.call(form);
})();
`;

/** The page, with the script at its end. */
export function fragmentPage(providerName: string): string {
  const name = escaped(providerName);
  return layout({
    title: "One moment",
    mark: "calm",
    body:
      `<p id="wait">Passing the answer of ${name} to the terminal.</p>` +
      `<p id="tokens" hidden>${name} sent tokens through the browser, which is not safe: they were not used.</p>` +
      `<p id="nothing" hidden>No answer of ${name} stands in this address. The login still waits in the terminal.</p>` +
      `<noscript><p>Without JavaScript, copy the whole address of this page and paste it into the terminal.</p></noscript>`,
    tail: `<script>${FRAGMENT_SCRIPT}</script>\n`,
  });
}
