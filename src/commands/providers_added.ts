/**
 * What `keyfob providers add` says when it is done.
 *
 * @module
 */
import type { Added } from "../accounts/provider_add.ts";
import type { Context } from "./context.ts";
import { jsonLine } from "./json.ts";

/** Says what was added and what to do next, and where another file of the person speaks over it. */
export async function showAdded(
  context: Context,
  added: Added,
  { json }: { readonly json: boolean },
): Promise<void> {
  const { terminal } = context;
  const { id, file, fields, hasSecret } = added;
  await sayOverruled(context, added);
  if (json)
    return terminal.data(jsonLine({ id, file, entry: fields, client_secret: hasSecret ? "sealed" : null }));
  const isWritten = Object.keys(fields).length > 0;
  if (isWritten) terminal.say(`Added "${id}" to "${file}"`, "good");
  if (hasSecret) terminal.say("The client secret is sealed in the vault", "quiet");
  terminal.say(`  next: keyfob login ${id}`);
}

/** A file of `providers.d` comes later than the one that was written to. */
async function sayOverruled({ services }: Context, { id, fields }: Added): Promise<void> {
  const written = fields["client_id"];
  const registry = await services.registry();
  if (written === undefined || registry.preview(id, {}).client_id === written) return;
  services.notice(`Another registry file overrules this client of "${id}": keyfob providers show ${id}`);
}
