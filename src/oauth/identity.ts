/**
 * Who is logged in: from the id_token, the token answer, `whoami` or userinfo.
 *
 * @module
 */
import { Failed, KeyfobError } from "../errors.ts";
import { harmless } from "../hostile_text.ts";
import type { Provider } from "../registry/provider.ts";
import { secretsOf } from "./concealment.ts";
import { find, findText, type Pointers } from "./json_pointer.ts";
import { APP, keptValues } from "./placeholders.ts";
import { rawAnswer, readAnswer } from "./provider_answer.ts";
import { calledIn } from "./server.ts";
import { sendStep } from "./step.ts";
import { authenticate } from "./step_authentication.ts";
import type { Grant } from "./grant.ts";
import type { TokenContext } from "./token_request.ts";

/** A person: `subject` never changes, `display` is for people. Null where the provider does not say. */
export interface Identity {
  readonly subject: string | null;
  readonly display: string | null;
}

const USUAL_SUBJECT = ["/sub", "/id", "/user_id", "/data/id"];
const USUAL_LABEL = [
  "/email",
  "/preferred_username",
  "/login",
  "/username",
  "/name",
  "/nickname",
  "/data/name",
];
const NOBODY: Identity = { subject: null, display: null };

/**
 * Finds out who the tokens belong to, asking the provider only where the tokens do not say.
 *
 * @throws {Unavailable} when the provider cannot answer now
 * @throws {Failed} when the provider refuses the token, or its userinfo speaks of another person
 */
export async function identify(context: TokenContext, grant: Grant, signal?: AbortSignal): Promise<Identity> {
  const { provider } = context.exchange;
  const fromClaims = point(
    grant.claims,
    provider.identity?.id_token ?? { subject: "/sub", label: USUAL_LABEL },
  );
  const fromToken =
    provider.identity?.token === undefined ? NOBODY : point(grant.fields, provider.identity.token);
  const fromPayload = fromAccessToken(provider, grant.tokens.accessToken);
  const known = {
    subject: fromClaims.subject ?? fromToken.subject ?? fromPayload.subject,
    display: fromClaims.display ?? fromToken.display ?? fromPayload.display,
  };
  const asks = provider.whoami?.endpoint ?? provider.userinfo_endpoint;
  if (asks === undefined || (known.subject !== null && known.display !== null)) return known;
  const told = await askUnlessKnown(context, asks, grant, { known, signal });
  const isUserinfo = provider.whoami === undefined && told !== known;
  if (isUserinfo && grant.claims !== undefined && told.subject !== grant.claims["sub"]) {
    throw new Failed(
      `Cannot log in to "${calledIn(context.exchange)}": userinfo speaks of another person than the id_token`,
      {
        code: "subject_mismatch",
      },
    );
  }
  return { subject: known.subject ?? told.subject, display: known.display ?? told.display };
}

/** Where the tokens say who it is already, a provider that will not add a name takes nothing away. */
async function askUnlessKnown(
  context: TokenContext,
  endpoint: string,
  grant: Grant,
  { known, signal }: { readonly known: Identity; readonly signal: AbortSignal | undefined },
): Promise<Identity> {
  try {
    return await ask(context, endpoint, grant, signal);
  } catch (failure) {
    if (!(failure instanceof KeyfobError) || known.subject === null || signal?.aborted === true)
      throw failure;
    return known;
  }
}

/** The access token came from the provider itself over TLS, so what it says of the person is the provider's word. */
function fromAccessToken({ identity }: Provider, accessToken: string): Identity {
  if (identity?.access_token === undefined) return NOBODY;
  try {
    const payload = Buffer.from(accessToken.split(".")[1] ?? "", "base64url").toString();
    return point(JSON.parse(payload), identity.access_token);
  } catch {
    return NOBODY;
  }
}

async function ask(
  context: TokenContext,
  endpoint: string,
  grant: Grant,
  signal: AbortSignal | undefined,
): Promise<Identity> {
  const { exchange, client, fetch } = context;
  const step = exchange.provider.whoami;
  const { accessToken } = grant.tokens;
  const proof = await authenticate(step?.auth ?? "bearer", {}, { exchange, client, accessToken });
  const answer = await sendStep(
    {
      step,
      endpoint,
      method: "GET",
      parameters: proof.parameters,
      headers: proof.headers,
      values: { app: APP, client_id: client.id, access_token: accessToken, ...keptValues(grant.kept) },
      hosts: exchange.provider.hosts,
      signal,
    },
    fetch,
  );
  const read = readAnswer(rawAnswer(answer), step?.response, [accessToken, ...secretsOf(client)]);
  if (!read.ok) {
    throw new Failed(`Cannot ask "${exchange.provider.id}" who is logged in: it says ${read.error}`, {
      code: "whoami",
    });
  }
  const mapped = step?.response?.map;
  return point(read.fields, {
    subject: mapped?.["subject"] === undefined ? USUAL_SUBJECT : "/subject",
    label: mapped?.["label"] === undefined ? USUAL_LABEL : "/label",
  });
}

function point(
  document: unknown,
  pointers: { subject?: Pointers | undefined; label?: Pointers | undefined },
): Identity {
  if (find(document, "") === undefined) return NOBODY;
  const label = findText(document, pointers.label ?? USUAL_LABEL);
  return {
    subject: findText(document, pointers.subject ?? USUAL_SUBJECT) ?? null,
    display: label === undefined ? null : harmless(label, 120),
  };
}
