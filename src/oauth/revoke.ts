/**
 * Ends a login at the provider (RFC 7009, or the entry's `revoke` step).
 *
 * @module
 */
import { Failed } from "../errors.ts";
import { secretsOf } from "./concealment.ts";
import { APP, keptValues } from "./placeholders.ts";
import { rawAnswer, readAnswer } from "./provider_answer.ts";
import { sendStep } from "./step.ts";
import { authenticate } from "./step_authentication.ts";
import type { TokenContext } from "./token_request.ts";
import type { Tokens } from "./tokens.ts";

/**
 * Revokes the refresh token, else the access token (STANDARDS 55). Returns false where the provider offers no way.
 *
 * @throws {Unavailable} when the provider cannot answer now
 * @throws {Failed} when the provider refuses
 */
export async function revoke(
  context: TokenContext,
  session: { readonly tokens: Tokens; readonly kept: Readonly<Record<string, string>> },
  signal?: AbortSignal,
): Promise<boolean> {
  const { exchange, client, fetch } = context;
  const { provider } = exchange;
  const step = provider.revoke;
  const endpoint = step?.endpoint ?? provider.revocation_endpoint;
  if (endpoint === undefined) return false;
  const { accessToken, refreshToken } = session.tokens;
  const token = refreshToken ?? accessToken;
  const parameters = {
    token,
    token_type_hint: refreshToken === undefined ? "access_token" : "refresh_token",
  };
  const proof = await authenticate(step?.auth ?? client.authMethod, parameters, {
    exchange,
    client,
    accessToken,
  });
  const answer = await sendStep(
    {
      step,
      endpoint,
      parameters: proof.parameters,
      headers: proof.headers,
      values: {
        ...keptValues(session.kept),
        app: APP,
        client_id: client.id,
        access_token: accessToken,
        refresh_token: refreshToken,
      },
      hosts: provider.hosts,
      signal,
    },
    fetch,
  );
  const read = readAnswer(rawAnswer(answer), step?.response, [
    accessToken,
    refreshToken,
    ...secretsOf(client),
  ]);
  if (read.ok) return true;
  throw new Failed(`Cannot revoke at "${provider.id}": it says ${read.error}`, {
    code: "revocation_refused",
    hint: "revoke it by hand in the provider's account settings",
  });
}
