/**
 * The part of the OpenID server that a person meets: signing in, and allowing the client.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import type { Grant, default as Provider } from "oidc-provider";
import { consentPage, signInPage } from "./pages.ts";
import { ALICE } from "./person.ts";

type Interaction = Awaited<ReturnType<Provider["interactionDetails"]>>;

/** Shows the page that the interaction waits for, or takes what the person said. */
export async function interact(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const interaction = await provider.interactionDetails(request, response);
    if (request.method === "POST") await decide(provider, interaction, request, response);
    else show(interaction, response);
  } catch (error) {
    response.writeHead(400, { "content-type": "text/plain" }).end(String(error));
  }
}

function show({ prompt, params, uid }: Interaction, response: ServerResponse, problem?: string): void {
  const action = `/interaction/${uid}`;
  const page =
    prompt.name === "login"
      ? signInPage({ action, ...(problem === undefined ? {} : { problem }) })
      : consentPage({
          action,
          client: String(params["client_id"]),
          scopes: String(params["scope"]).split(" "),
        });
  response
    .writeHead(200, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" })
    .end(page);
}

async function decide(
  provider: Provider,
  interaction: Interaction,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const form = new URLSearchParams(await text(request));
  if (form.get("decision") === "deny") {
    const refusal = { error: "access_denied", error_description: "The person said no" };
    return await provider.interactionFinished(request, response, refusal);
  }
  if (interaction.prompt.name === "consent") {
    const consent = { grantId: await allow(provider, interaction) };
    return await provider.interactionFinished(
      request,
      response,
      { consent },
      { mergeWithLastSubmission: true },
    );
  }
  if (form.get("password") !== ALICE.password) return show(interaction, response, "Wrong name or password");
  await provider.interactionFinished(request, response, { login: { accountId: form.get("login") ?? "" } });
}

async function allow(provider: Provider, { session, params, prompt, grantId }: Interaction): Promise<string> {
  const grant = await findGrant(provider, grantId, {
    accountId: session?.accountId ?? "",
    clientId: String(params["client_id"]),
  });
  const details = prompt.details as { missingOIDCScope?: string[]; missingOIDCClaims?: string[] };
  if (details.missingOIDCScope !== undefined) grant.addOIDCScope(details.missingOIDCScope.join(" "));
  if (details.missingOIDCClaims !== undefined) grant.addOIDCClaims(details.missingOIDCClaims);
  return await grant.save();
}

async function findGrant(
  provider: Provider,
  grantId: string | undefined,
  owner: { accountId: string; clientId: string },
): Promise<Grant> {
  const known = grantId === undefined ? undefined : await provider.Grant.find(grantId);
  return known ?? new provider.Grant(owner);
}
