/**
 * What of an entry fits the schema and still cannot work: addresses, placeholders, patterns, hosts.
 *
 * @module
 */
import { KeyfobError } from "../errors.ts";
import { harmless } from "../hostile_text.ts";
import { nearest } from "../nearest.ts";
import { addresses, steps } from "./addresses.ts";
import type { JsonPath } from "./jsonc.ts";
import type { Entry, Step } from "./schema.ts";
import type { PlacedText } from "./misfits.ts";
import { secretPathProblem, secretProgramProblem } from "./secret.ts";
import {
  fillEndpoint,
  hostPlaceholders,
  isHostValue,
  placeholders,
  PLAIN_PLACEHOLDERS,
  type TemplateHosts,
} from "./template.ts";
import { misfit, wholePattern } from "./variables.ts";

/** What the whole entry, parents and lower layers included, makes available to its parts. */
export interface Surroundings {
  readonly variables: readonly string[];
  readonly hosts: TemplateHosts;
}

/** Placeholders that carry no secret. */
const OPEN = ["app", "state", "redirect_uri", "client_id", "scope"];

/**
 * What a step may use besides variables: names, and families that end in a dot. A secret goes only where one goes
 * anyway: a code to the exchange, tokens to the steps after it.
 */
const STEP_PLACEHOLDERS: Readonly<Record<string, readonly string[]>> = {
  authorize: OPEN,
  "device.request": OPEN,
  "device.poll": [...OPEN, "device."],
  token: [...OPEN, "code", "callback.", "device."],
  refresh: [...OPEN, "access_token", "refresh_token", "callback.", "kept."],
  exchange: [...OPEN, "code", "access_token", "refresh_token", "callback.", "device.", "kept."],
  whoami: [...OPEN, "access_token", "refresh_token", "callback.", "kept."],
  revoke: [...OPEN, "access_token", "refresh_token", "callback.", "kept."],
};

/** What an endpoint outside the steps may use. */
const ENDPOINT_PLACEHOLDERS = ["app", "client_id", "callback.", "device.", "kept."];

/** A host from outside may be chosen by these alone, from a list. */
const LISTED_HOST = /^(?:callback|device|kept)\.[A-Za-z0-9_-]+$/;

/** Every way in which `entry`, one layer's part of a provider, cannot work in its `surroundings`. */
export function meaningProblems(entry: Entry, surroundings: Surroundings): PlacedText[] {
  return [
    ...variableProblems(entry),
    ...hostProblems(entry),
    ...addresses(entry).flatMap(({ path, template }) => addressProblems(path, template, surroundings)),
    ...steps(entry).flatMap(({ path, step }) => stepProblems(path, step, surroundings)),
    ...redirectProblems(entry, surroundings),
    ...secretProblems(entry),
  ];
}

function variableProblems({ variables = {} }: Entry): PlacedText[] {
  return Object.entries(variables).flatMap(([name, { pattern, default: usual }]) => {
    const path = ["variables", name];
    if (PLAIN_PLACEHOLDERS.some((known) => known === name)) {
      return [
        {
          path,
          message: `"${name}" is a name of keyfob's own`,
          hint: "choose another name",
          at: "key" as const,
        },
      ];
    }
    if (pattern !== undefined && wholePattern(pattern) === undefined) {
      return [{ path: [...path, "pattern"], message: "is not a regular expression" }];
    }
    const reason = usual === undefined ? undefined : misfit(usual, pattern);
    return reason === undefined
      ? []
      : [{ path: [...path, "default"], message: `the default does not fit: ${reason}` }];
  });
}

function hostProblems({ hosts = {} }: Entry): PlacedText[] {
  return Object.entries(hosts).flatMap(([name, listed]): PlacedText[] => {
    const path = ["hosts", name];
    if (!LISTED_HOST.test(name)) {
      const hint = 'lists are for "callback.NAME", "device.NAME" and "kept.NAME"';
      return [{ path, message: `"${harmless(name, 80)}" cannot choose a host`, hint, at: "key" }];
    }
    return listed.flatMap((host, index) =>
      isHostValue(host)
        ? []
        : [{ path: [...path, index], message: `"${harmless(host, 80)}" is not a host name` }],
    );
  });
}

function addressProblems(path: JsonPath, template: string, surroundings: Surroundings): PlacedText[] {
  const allowed = path.length > 1 ? allowedIn(path) : ENDPOINT_PLACEHOLDERS;
  const unknown = placeholderProblems({ path, template, allowed, surroundings });
  return unknown.length > 0 ? unknown : formProblems(path, template, surroundings);
}

/** Fills the address with harmless values to see whether it can be one. */
function formProblems(path: JsonPath, template: string, { hosts }: Surroundings): PlacedText[] {
  const unlisted = hostPlaceholders(template).find(
    (name) => name.includes(".") && !Object.hasOwn(hosts, name),
  );
  if (unlisted !== undefined) {
    const message = `{${unlisted}} cannot choose a host without a list`;
    return [{ path, message, hint: `add "hosts": {"${unlisted}": ["…"]}` }];
  }
  const values = placeholders(template).map((name) => [name, hosts[name]?.[0] ?? "any"] as const);
  try {
    fillEndpoint(template, Object.fromEntries(values), hosts);
    return [];
  } catch (failure) {
    if (!(failure instanceof KeyfobError)) throw failure;
    return [{ path, message: failure.message, hint: failure.hint }];
  }
}

function stepProblems(path: JsonPath, step: Step, surroundings: Surroundings): PlacedText[] {
  const allowed = allowedIn(path);
  const texts = [
    ...Object.entries(step.headers ?? {}).map(([name, text]) => ({ path: [...path, "headers", name], text })),
    ...Object.entries(step.params ?? {}).map(([name, text]) => ({ path: [...path, "params", name], text })),
  ];
  return texts.flatMap(({ path, text }) =>
    [text]
      .flat()
      .flatMap((template) =>
        typeof template === "string" ? placeholderProblems({ path, template, allowed, surroundings }) : [],
      ),
  );
}

/** The placeholders of the step at, or around, `path`: `exchange`, `device.poll` … */
function allowedIn(path: JsonPath): readonly string[] {
  const step = path[0] === "device" ? `device.${path[1]}` : String(path[0]);
  return STEP_PLACEHOLDERS[step] ?? [];
}

interface PlaceholderFacts {
  readonly path: JsonPath;
  readonly template: string;
  readonly allowed: readonly string[];
  readonly surroundings: Surroundings;
}

function placeholderProblems({ path, template, allowed, surroundings }: PlaceholderFacts): PlacedText[] {
  const known = [...surroundings.variables, ...allowed];
  return placeholders(template)
    .filter((name) => !known.some((one) => (one.endsWith(".") ? name.startsWith(one) : name === one)))
    .map((name) => unknownPlaceholder(path, name, known));
}

function unknownPlaceholder(path: JsonPath, name: string, known: readonly string[]): PlacedText {
  if (name.includes(".") || PLAIN_PLACEHOLDERS.some((plain) => plain === name)) {
    return { path, message: `{${name}} cannot be used here`, hint: `here: ${known.join(", ")}` };
  }
  const meant = nearest(name, known);
  const hint = meant === undefined ? `declare it: "variables": {"${name}": {}}` : `did you mean {${meant}}?`;
  return { path, message: `{${name}} is not declared`, hint };
}

/** Addresses that keyfob only compares or shows, yet where a code or a person may go. */
function redirectProblems(entry: Entry, surroundings: Surroundings): PlacedText[] {
  const named: [JsonPath, string | undefined][] = [
    [["redirect", "uri"], entry.redirect?.uri === "omit" ? undefined : entry.redirect?.uri],
    [["device", "redirect_uri"], entry.device?.redirect_uri],
    ...(entry.resources ?? []).map((resource, index): [JsonPath, string] => [["resources", index], resource]),
  ];
  const inClaims = { ...surroundings, variables: [...surroundings.variables, "claims."] };
  return [
    ...named.flatMap(([path, template]) => checkTemplate({ path, template, surroundings })),
    ...checkTemplate({
      path: ["id_token", "issuer"],
      template: entry.id_token?.issuer,
      surroundings: inClaims,
    }),
  ];
}

function checkTemplate(facts: {
  readonly path: JsonPath;
  readonly template: string | undefined;
  readonly surroundings: Surroundings;
}): PlacedText[] {
  const { path, template, surroundings } = facts;
  if (template === undefined) return [];
  const unknown = placeholderProblems({ path, template, allowed: [], surroundings });
  return unknown.length > 0 ? unknown : formProblems(path, template, surroundings);
}

function secretProblems({ client_secret: source }: Entry): PlacedText[] {
  if (typeof source !== "object") return [];
  const path = ["client_secret"];
  if ("file" in source) return pathProblem([...path, "file"], secretPathProblem(source.file));
  return "command" in source
    ? pathProblem([...path, "command", 0], secretProgramProblem(source.command[0] ?? ""))
    : [];
}

function pathProblem(path: JsonPath, message: string | undefined): PlacedText[] {
  return message === undefined ? [] : [{ path, message }];
}
