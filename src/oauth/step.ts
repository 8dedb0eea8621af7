/**
 * Sends one registry request block: standard parameters, rewritten as the entry says, through the guarded fetch.
 *
 * @module
 */
import type { GuardedAnswer, GuardedFetch, GuardedRequest } from "../guarded_fetch.ts";
import type { Step } from "../registry/schema.ts";
import { fillEndpoint, fillTemplate, type TemplateValues } from "../registry/template.ts";

/** A standard request, before the entry's deviations. */
export interface StepRequest {
  /** The entry's block; undefined where the entry follows the standard. */
  readonly step: Step | undefined;
  /** Standard endpoint, which `step.endpoint` replaces. May hold placeholders. */
  readonly endpoint: string;
  readonly method?: string;
  readonly body?: NonNullable<Step["body"]>;
  /** Standard parameters by their standard names. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** What placeholders of the block may stand for. */
  readonly values: TemplateValues;
  /** The entry's closed lists of hosts. */
  readonly hosts: Readonly<Record<string, readonly string[]>> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly deadline?: Date | undefined;
}

type Parameter = string | number | boolean | readonly string[];

/** Sends the request. Throws what the guarded fetch throws, and ConfigurationError for a template that cannot be filled. */
export function sendStep(request: StepRequest, fetch: GuardedFetch): Promise<GuardedAnswer> {
  return fetch(buildRequest(request));
}

/** The HTTP request that {@link sendStep} would send. */
export function buildRequest(request: StepRequest): GuardedRequest {
  const { step, values } = request;
  const method = step?.method ?? request.method ?? "POST";
  const body = step?.body ?? (method === "GET" ? "query" : (request.body ?? "form"));
  const url = fillEndpoint(step?.endpoint ?? request.endpoint, values, request.hosts ?? {});
  const parameters = rewriteParameters(request.parameters, step, values);
  if (body === "query") {
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, written(value));
  }
  const encoded = encodeBody(body, parameters);
  const headers: Record<string, string> = { accept: "application/json", ...request.headers };
  if (encoded !== undefined) headers["content-type"] = encoded.type;
  for (const [name, value] of Object.entries(step?.headers ?? {})) {
    headers[name.toLowerCase()] = fillTemplate(value, values, "text");
  }
  return {
    url,
    method,
    headers,
    ...(encoded === undefined ? {} : { body: encoded.text }),
    signal: request.signal,
    deadline: request.deadline,
  };
}

/** Omits, renames, then adds: `omit` and the keys of `rename` are standard names, `params` are the provider's own. */
export function rewriteParameters(
  standard: Readonly<Record<string, string>>,
  step: Step | undefined,
  values: TemplateValues,
): Record<string, Parameter> {
  const rewritten: Record<string, Parameter> = {};
  for (const [name, value] of Object.entries(standard)) {
    if (step?.omit?.includes(name)) continue;
    rewritten[step?.rename?.[name] ?? name] = value;
  }
  for (const [name, value] of Object.entries(step?.params ?? {})) {
    const filled = fillParameter(value, values);
    if (filled === null || filled === "") delete rewritten[name];
    else rewritten[name] = filled;
  }
  return rewritten;
}

function fillParameter(value: Parameter | null, values: TemplateValues): Parameter | null {
  if (typeof value === "string") return fillTemplate(value, values, "text");
  return typeof value === "object" && value !== null
    ? value.map((item) => fillTemplate(item, values, "text")).filter((item) => item !== "")
    : value;
}

/** A parameter as text, for forms and queries. Lists are written with spaces, as OAuth does. */
export function written(value: Parameter): string {
  return typeof value === "object" ? value.join(" ") : String(value);
}

function encodeBody(
  body: NonNullable<Step["body"]>,
  parameters: Readonly<Record<string, Parameter>>,
): { type: string; text: string } | undefined {
  if (body === "json") return { type: "application/json", text: JSON.stringify(parameters) };
  if (body !== "form") return undefined;
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) form.set(name, written(value));
  return { type: "application/x-www-form-urlencoded", text: form.toString() };
}
