/**
 * What a registry file may say about one request to a provider, as zod schemas.
 *
 * @module
 */
import { z } from "zod";

/** RFC 6901: empty, or segments that start with a slash, `~` only as `~0` or `~1`. */
const JSON_POINTER = /^(?:\/(?:[^~/]|~[01])*)*$/;

/** Text of a length that a person would write. */
export const Text = z.string().max(4096);

const Pointer = z
  .string()
  .regex(JSON_POINTER, { error: 'must be a JSON Pointer such as "/data/id" (RFC 6901)' })
  .describe("JSON Pointer (RFC 6901) into the answer");

/** One place in an answer, or several to try. */
export const Pointers = z
  .union([Pointer, z.array(Pointer).min(1)])
  .describe("JSON Pointer, or several of which the first that finds something wins");

/** An address as its template. */
export const Endpoint = Text.min(1).describe(
  "Address of the endpoint: https, or http on a loopback host; {variables} allowed",
);

/** Ways to authenticate at an endpoint. `bearer` sends the access token. */
const Auth = z.enum(["none", "client_secret_basic", "client_secret_post", "bearer"]);

const AnswerShape = z
  .strictObject({
    map: z.record(z.string(), Pointers).optional().describe("Where each standard field stands in the answer"),
    error: z
      .strictObject({
        at: Pointer.optional().describe("Where a value says that the answer is an error"),
        unless: z
          .union([z.string(), z.number(), z.boolean()])
          .optional()
          .describe("The value at `at` that means success"),
        code: Pointers.optional().describe("Where the error code stands"),
        message: Pointers.optional().describe("Where the text for people stands"),
        as: z
          .record(z.string(), z.string())
          .optional()
          .describe("HTTP statuses and provider codes, mapped to RFC 6749 and RFC 8628 codes"),
      })
      .optional()
      .describe("How errors look where they do not follow RFC 6749"),
    expires: z
      .enum(["seconds", "milliseconds", "epoch", "iso"])
      .optional()
      .describe(
        "What `expires_in` holds: seconds from now, milliseconds from now, epoch seconds, or an ISO 8601 time",
      ),
    default_expires_in: z
      .number()
      .int()
      .positive()
      .optional()
      .describe("Seconds the token lives where the answer does not say"),
    keep: z
      .record(z.string(), Pointers)
      .optional()
      .describe("Values kept with the account, for later steps as {kept.NAME}"),
  })
  .describe("How to read the answer");

/** One request to the provider, and how to read its answer. */
export const Step = z
  .strictObject({
    endpoint: Endpoint.optional(),
    method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]).optional().describe("HTTP method"),
    body: z
      .enum(["form", "json", "query", "none"])
      .optional()
      .describe("Where the parameters go: a form, a JSON object, the query, or nowhere"),
    auth: Auth.optional().describe("How to authenticate this request"),
    headers: z.record(z.string(), Text).optional().describe("Further request headers"),
    params: z
      .record(z.string(), z.union([Text, z.number(), z.boolean(), z.array(z.string()), z.null()]))
      .optional()
      .describe("Further parameters; they replace the usual ones; empty after templating means not sent"),
    rename: z
      .record(z.string(), z.string())
      .optional()
      .describe("Standard parameter names to what this provider calls them"),
    omit: z.array(z.string()).optional().describe("Standard parameters that must not be sent"),
    response: AnswerShape.optional(),
  })
  .describe("One request and how to read its answer");

/** The authorization address: a request that the browser makes. */
export const AuthorizeStep = Step.extend({
  fragment: Text.optional().describe(
    "What stands after `#` in the address, where the provider's page wants it",
  ),
});

export type Step = z.infer<typeof Step>;
