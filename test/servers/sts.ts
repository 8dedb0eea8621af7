/**
 * A stand-in for AWS's Security Token Service that checks the web identity token for real.
 *
 * @module
 */
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose";
import { type OidcServer, PUBLIC_CLIENT } from "./oidc.ts";

/** A running service. */
export interface TokenService extends AsyncDisposable {
  readonly origin: string;
  /** Parameters of every request, oldest first. */
  readonly seen: Readonly<Record<string, string>>[];
  /** In place of the next answers: status and body. */
  readonly answers: (readonly [status: number, body: string])[];
}

/** The role that everybody known to the authorization server may take on. */
export const ROLE = "arn:aws:iam::123456789012:role/keyfob-test";

/** Starts a service that trusts `authorization` and its public client. */
export function startTokenService(authorization: OidcServer): TokenService {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (request) => {
      const parameters = Object.fromEntries(new URLSearchParams(await request.text()));
      service.seen.push(parameters);
      const [status, body] = service.answers.shift() ?? (await answer(authorization, parameters));
      return new Response(body, { status, headers: { "Content-Type": "text/xml" } });
    },
  });
  const service: TokenService = {
    origin: `http://127.0.0.1:${server.port}`,
    seen: [],
    answers: [],
    [Symbol.asyncDispose]: () => server.stop(true),
  };
  return service;
}

async function answer(
  { issuer }: OidcServer,
  parameters: Readonly<Record<string, string>>,
): Promise<readonly [number, string]> {
  if (parameters["Action"] !== "AssumeRoleWithWebIdentity" || parameters["Version"] !== "2011-06-15") {
    return [400, problem("InvalidAction", "no such action")];
  }
  if (parameters["RoleArn"] !== ROLE) return [403, problem("AccessDenied", "Not authorized to perform")];
  const response = await fetch(`${issuer}/jwks`);
  const keys = createLocalJWKSet((await response.json()) as JSONWebKeySet);
  try {
    const token = parameters["WebIdentityToken"] ?? "";
    const { payload } = await jwtVerify(token, keys, { issuer, audience: PUBLIC_CLIENT });
    return [200, credentials(payload.sub ?? "", parameters["RoleSessionName"] ?? "")];
  } catch {
    return [400, problem("InvalidIdentityToken", "The ID Token provided is not a valid JWT.")];
  }
}

/** In the shape and order of the real service (AWS STS API reference, AssumeRoleWithWebIdentity). */
function credentials(subject: string, session: string): string {
  const expiration = new Date(Date.now() + 3_600_000).toISOString();
  return `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult>
    <SubjectFromWebIdentityToken>${subject}</SubjectFromWebIdentityToken>
    <AssumedRoleUser>
      <Arn>arn:aws:sts::123456789012:assumed-role/keyfob-test/${session}</Arn>
      <AssumedRoleId>AROACLKWSDQRAOEXAMPLE:${session}</AssumedRoleId>
    </AssumedRoleUser>
    <Credentials>
      <SessionToken>AQoDYXdzEE0a8ANXXXXXXXXNO1ewxE5TijQyp+IEXAMPLE==</SessionToken>
      <SecretAccessKey>wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY</SecretAccessKey>
      <Expiration>${expiration}</Expiration>
      <AccessKeyId>ASgeIAIOSFODNN7EXAMPLE</AccessKeyId>
    </Credentials>
  </AssumeRoleWithWebIdentityResult>
  <ResponseMetadata><RequestId>ad4156e9-bce1-11e2-82e6-6b6efEXAMPLE</RequestId></ResponseMetadata>
</AssumeRoleWithWebIdentityResponse>`;
}

/** An error in the shape of the real service. */
export function problem(code: string, message: string): string {
  return `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>
  <RequestId>c6104cbe-af31-11e0-8154-cbc7ccf896c7</RequestId>
</ErrorResponse>`;
}
