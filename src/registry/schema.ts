/**
 * What a registry file may say about a provider, as zod schemas with a description on every field.
 *
 * @module
 */
import { z } from "zod";
import { AuthorizeStep, Endpoint, Pointers, Step, Text } from "./step_schema.ts";

export { Step } from "./step_schema.ts";

/** Letters a provider id may have. Lower case alone, so that two ids never differ by case only. */
export const PROVIDER_ID = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/;

/** A secret, or where to find it. */
export const SecretSource = z
  .union([
    z.string().min(1),
    z.strictObject({ env: z.string().min(1).describe("Environment variable that holds the secret") }),
    z.strictObject({ file: z.string().min(1).describe("File that holds the secret") }),
    z.strictObject({
      command: z
        .array(z.string())
        .min(1)
        .describe("Program and arguments whose standard output is the secret; no shell; 10 seconds"),
    }),
  ])
  .describe("The client secret, or where to find it");

/** One declared variable of an entry. */
const Variable = z
  .strictObject({
    default: Text.optional().describe("Value where none is given"),
    prompt: Text.optional().describe("Question for a person where no value is given"),
    pattern: Text.optional().describe("Regular expression that the whole value must match"),
    description: Text.optional().describe("What the variable means"),
  })
  .describe("A value that differs between people or installations");

const Device = z
  .strictObject({
    request: Step.optional().describe("Asks for a device code"),
    poll: Step.optional().describe("Asks whether the person has approved"),
    yields: z
      .enum(["token", "code"])
      .optional()
      .describe("What an approved poll brings: tokens, or a code and verifier to exchange"),
    pending_status: z
      .array(z.number().int().min(100).max(599))
      .optional()
      .describe("HTTP statuses that mean: not approved yet"),
    verification_uri: Endpoint.optional().describe(
      "Where the person enters the code, if the answer does not say",
    ),
    redirect_uri: Text.optional().describe("redirect_uri of the code exchange after an approved poll"),
    scopes: z.array(z.string()).optional().describe("Scopes for device codes, where they differ"),
    pkce: z
      .boolean()
      .optional()
      .describe("Whether the request carries a code_challenge and the poll its code_verifier (RFC 7636)"),
    client_secret_use: z
      .enum(["none"])
      .optional()
      .describe("`none`: device codes need no secret, where other logins do"),
    expires_in: z
      .number()
      .int()
      .positive()
      .optional()
      .describe("Seconds a code lives, if the answer does not say"),
    offered: z
      .boolean()
      .optional()
      .describe("false: never offered unasked, as where device codes need a client of another kind"),
    disabled_status: z
      .array(z.number().int().min(100).max(599))
      .optional()
      .describe("HTTP statuses of the request that mean: device codes are switched off for this account"),
  })
  .describe("The device flow (RFC 8628) and its deviations");

const Port = z.number().int().min(1).max(65_535);

const Redirect = z
  .strictObject({
    host: z
      .enum(["127.0.0.1", "localhost", "[::1]"])
      .optional()
      .describe("Loopback host of the redirect address (RFC 8252 section 7.3)"),
    port: z
      .union([z.literal("any"), z.literal("registered"), Port, z.array(Port).min(1)])
      .optional()
      .describe(
        "Any free port, one registered with the provider (8976 unless --port), or exactly these in order",
      ),
    path: z
      .string()
      .regex(/^\//, { error: 'must start with "/"' })
      .optional()
      .describe("Path of the redirect address"),
    uri: Text.optional().describe('A whole address that forwards here or shows the code; "omit" sends none'),
    https_only: z
      .boolean()
      .optional()
      .describe("Whether the provider redirects to https alone, so that the person must name an address"),
  })
  .describe("Where the provider sends the browser back to");

const IdToken = z
  .strictObject({
    alg: z
      .string()
      .optional()
      .describe("Signature algorithm, where metadata does not say and it is not RS256"),
    issuer: Text.optional().describe("Expected `iss`, where it differs from `issuer`; {claims.NAME} allowed"),
    nonce: z.boolean().optional().describe("Whether the provider returns the nonce; false sends none"),
    required: z.boolean().optional().describe("Whether a login without an id_token fails"),
    validation: z
      .enum(["signature", "tls"])
      .optional()
      .describe("`tls`: trust the TLS connection to the token endpoint alone (OIDC Core 3.1.3.7 item 6)"),
    keep: z.record(z.string(), Pointers).optional().describe("Claims kept with the account, as {kept.NAME}"),
  })
  .describe("How the id_token deviates");

const IdentityPointers = z.strictObject({
  subject: Pointers.optional().describe("Where the immutable id of the person stands"),
  label: Pointers.optional().describe("Where a name for people stands"),
});

/** Names that every shell and system takes. */
export const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Printable, and without the colon that ends a name in HTTP Basic (RFC 7617 section 2). */
const Username = z.string().regex(/^[\x21-\x39\x3b-\x7e]{1,255}$/, {
  error: "must be printable ASCII without spaces and colons",
});

/** What stands beside the access token where a protocol wants a user name too. */
export const Usernames = z
  .strictObject({
    git: Username.optional().describe("Over https, as in x-access-token"),
    docker: Username.optional().describe("At a container registry, as in oauth2accesstoken"),
  })
  .describe("User names that programs must send along with the access token as password");

/** Everything an entry may say. Names follow RFC 8414 and RFC 7591 wherever one exists. */
export const Entry = z
  .strictObject({
    name: Text.optional().describe("Name for people"),
    docs: z
      .union([Text, z.array(Text)])
      .optional()
      .describe("Where the provider documents its OAuth"),
    register_url: Text.optional().describe("Where a person creates a client"),
    register_hint: Text.optional().describe(
      "What to create there, as the object of a sentence: an OAuth client ID of type Desktop app",
    ),
    notice: Text.optional().describe("Said before logging in"),
    extends: z.string().optional().describe("Provider whose entry this one builds on"),
    tier: z
      .enum(["verified", "unverified"])
      .optional()
      .describe("Whether two sources or more agree on the authorization and token endpoints"),
    unverified_endpoints: z
      .array(z.enum(["device_authorization_endpoint", "revocation_endpoint", "userinfo_endpoint"]))
      .optional()
      .describe("Endpoints that no source confirms, by the name they have in metadata; also those of steps"),
    variables: z
      .record(z.string().regex(/^[a-z][a-z0-9_]*$/), Variable)
      .optional()
      .describe("Declared {variables}"),
    hosts: z
      .record(z.string(), z.array(z.string()).min(1))
      .optional()
      .describe("Closed lists of hosts that {callback.*}, {device.*} or {kept.*} may choose from"),

    issuer: Endpoint.optional().describe("Issuer identifier (RFC 8414)"),
    discovery: z
      .enum(["fill", "off"])
      .optional()
      .describe("Whether metadata fills what the entry leaves out"),
    authorization_endpoint: Endpoint.optional(),
    token_endpoint: Endpoint.optional(),
    device_authorization_endpoint: Endpoint.optional(),
    revocation_endpoint: Endpoint.optional(),
    introspection_endpoint: Endpoint.optional(),
    userinfo_endpoint: Endpoint.optional(),
    registration_endpoint: Endpoint.optional(),
    jwks_uri: Endpoint.optional(),
    pushed_authorization_request_endpoint: Endpoint.optional(),

    client_id: Text.min(1).optional().describe("Client identifier; public"),
    client_secret: SecretSource.optional(),
    client_secret_use: z
      .enum(["none", "optional", "required", "not_confidential"])
      .optional()
      .describe(
        "Whether a native client has a secret; `not_confidential`: required, but shipped with installed apps",
      ),
    token_endpoint_auth_methods_supported: z
      .array(z.string())
      .optional()
      .describe("How clients authenticate at the token endpoint, best first"),
    client_registration: z
      .enum(["dynamic", "manual"])
      .optional()
      .describe("Whether clients may register themselves (RFC 7591)"),
    empty_secret: z
      .boolean()
      .optional()
      .describe("Whether a client without a secret authenticates by HTTP Basic with an empty one"),
    basic_encoding: z
      .enum(["form", "raw"])
      .optional()
      .describe("How id and secret are encoded in HTTP Basic; `form` is RFC 6749 section 2.3.1"),

    scopes: z.array(z.string().min(1)).optional().describe("Scopes asked for by default"),
    scope_separator: z
      .string()
      .min(1)
      .max(3)
      .optional()
      .describe("What stands between scopes; a space by default"),
    pkce: z.enum(["required", "auto", "off"]).optional().describe("Proof Key for Code Exchange (RFC 7636)"),
    code_challenge_methods_supported: z
      .array(z.enum(["S256", "plain", "S256-hex"]))
      .optional()
      .describe("Code challenge methods; S256-hex is SHA-256 in hexadecimal"),
    response_mode: z
      .enum(["query", "form_post", "fragment"])
      .optional()
      .describe("How the answer comes back; sent to the provider where it is not `query`"),
    authorization_response_iss_parameter_supported: z
      .boolean()
      .optional()
      .describe("Whether every answer carries `iss` (RFC 9207)"),
    resources: z
      .array(Text)
      .optional()
      .describe("Origins that the token is meant for; helpers answer only for exactly these"),
    env: z
      .array(z.string().regex(VARIABLE_NAME, { error: "must be the name of an environment variable" }))
      .min(1)
      .optional()
      .describe("Environment variables in which tools look for this provider's access token"),
    usernames: Usernames.optional(),

    redirect: Redirect.optional(),
    callback: z
      .strictObject({
        keep: z.array(z.string()).optional().describe("Further callback parameters to keep"),
        scope: z.string().optional().describe("Callback parameter that names the scopes granted"),
      })
      .optional()
      .describe("What else the callback carries"),
    authorize: AuthorizeStep.optional().describe("The authorization address"),
    token: Step.optional().describe("Exchange of the code"),
    refresh: z
      .union([Step, z.literal(false)])
      .optional()
      .describe("Refresh; false where there is none"),
    device: Device.optional(),
    exchange: z.array(Step).optional().describe("Further requests after the code exchange, in order"),
    whoami: Step.optional().describe("Asks who is logged in; maps `subject` and `label`"),
    revoke: Step.optional().describe("Revocation, where it is not RFC 7009"),
    id_token: IdToken.optional(),
    identity: z
      .strictObject({
        id_token: IdentityPointers.optional().describe("In the claims of the id_token"),
        token: IdentityPointers.optional().describe("In the answer of the token endpoint"),
        access_token: IdentityPointers.optional().describe(
          "In the access token, where it is a JSON Web Token",
        ),
      })
      .optional()
      .describe("Where the person's id and name stand"),
  })
  .describe("A provider");

/** A whole registry file. */
export const RegistryFile = z
  .strictObject({
    $schema: z.string().optional().describe("JSON Schema of this file, for editors"),
    providers: z
      .record(
        z.string().regex(PROVIDER_ID, {
          error: "a provider id is 1 to 64 lower-case letters, digits, dots, dashes or underscores",
        }),
        Entry.nullable(),
      )
      .describe("Providers by id; null removes one of a lower layer"),
  })
  .describe("A keyfob registry: OAuth providers as data");

export type Entry = z.infer<typeof Entry>;
export type SecretSource = z.infer<typeof SecretSource>;
export type RegistryFile = z.infer<typeof RegistryFile>;
