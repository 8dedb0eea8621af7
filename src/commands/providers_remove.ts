/**
 * `keyfob providers remove`: takes a provider out of the user's registry.
 *
 * @module
 */
import { type Removed, removeProvider } from "../accounts/provider_remove.ts";
import type { Context } from "./context.ts";
import { jsonLine } from "./json.ts";

/** Parsed flags of `keyfob providers remove`. */
export interface RemoveFlags {
  readonly id: string;
  /** Whether logins there are no obstacle. */
  readonly force: boolean;
  readonly json: boolean;
}

/** Runs the command. */
export async function run(context: Context, flags: RemoveFlags): Promise<void> {
  const removed = await removeProvider(context.services, context.paths, flags);
  context.registryChanged();
  if (flags.json) return context.terminal.data(jsonLine(document(removed)));
  await say(context, removed);
}

async function say({ terminal, services }: Context, { id, file, hadSecret }: Removed): Promise<void> {
  if (file !== undefined) terminal.say(`Removed "${id}" from "${file}"`, "good");
  if (hadSecret) terminal.say(`Forgot the client secret of "${id}"`, "good");
  const registry = await services.registry();
  if (!registry.has(id)) return;
  const other = registry.filesOf(id).at(-1);
  const place = other === undefined ? "as it is built in" : `as "${other}" says`;
  terminal.say(`"${id}" is still known, ${place}`, "quiet");
}

function document({ id, file, hadSecret }: Removed): object {
  return { id, file: file ?? null, client_secret: hadSecret ? "forgotten" : null };
}
