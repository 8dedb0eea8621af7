/**
 * A request as it arrived at the simulator, and how it differs from a declared one.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { DeclaredRequest } from "./declared_request.ts";

/** A request, with the address that the client meant. */
export interface Arrived {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly text: string;
}

/** Stands for a code_verifier that must fit the challenge. */
export const VERIFIER = Symbol("code_verifier");
/** Stands for any S256 challenge. */
export const CHALLENGE = Symbol("code_challenge");

/** Reads what the simulator's server got. */
export async function readRequest(request: Request): Promise<Arrived> {
  const url = new URL(request.url);
  const [, origin = "", ...path] = url.pathname.split("/");
  return {
    method: request.method,
    url: new URL(`${decodeURIComponent(origin)}/${path.join("/")}${url.search}`),
    headers: request.headers,
    text: await request.text(),
  };
}

/** The address without its query. */
export function addressOf(url: URL): string {
  return url.href.slice(0, url.href.length - url.search.length);
}

/** Every way in which `arrived` is not `declared`. `challenge` is what the verifier must fit. */
export function differences(
  arrived: Arrived,
  declared: DeclaredRequest,
  challenge: string | undefined,
): string[] {
  return [
    ...(arrived.method === declared.method ? [] : [`method ${arrived.method}, not ${declared.method}`]),
    ...headerDifferences(arrived.headers, declared),
    ...parameterDifferences(arrived, declared, challenge),
  ];
}

function headerDifferences(headers: Headers, declared: DeclaredRequest): string[] {
  const wrong = Object.entries({ accept: "application/json", ...declared.headers }).flatMap(([name, value]) =>
    headers.get(name) === value ? [] : [`header ${name} is "${headers.get(name)}", not "${value}"`],
  );
  const strange = !declared.isAuthorized && headers.has("authorization") ? ["it is authorized, unasked"] : [];
  return [...wrong, ...strange];
}

function parameterDifferences(
  arrived: Arrived,
  declared: DeclaredRequest,
  challenge: string | undefined,
): string[] {
  const wantedType = {
    form: "application/x-www-form-urlencoded",
    json: "application/json",
    query: null,
    none: null,
  };
  const type = arrived.headers.get("content-type")?.split(";")[0] ?? null;
  const hasBody = declared.body === "form" || declared.body === "json";
  const wrongPlace = [
    ...(type === wantedType[declared.body] ? [] : [`content-type ${type}, not ${wantedType[declared.body]}`]),
    ...(hasBody || arrived.text === "" ? [] : ["it has a body"]),
    ...(declared.body === "query" || arrived.url.search === "" ? [] : ["it has a query"]),
  ];
  const found = parametersOf(arrived, declared.body);
  const wanted = declared.body === "none" ? {} : declared.parameters;
  const names = [...new Set([...Object.keys(found), ...Object.keys(wanted)])];
  return [
    ...wrongPlace,
    ...names.flatMap((name) => difference(name, [found[name], wanted[name]], { declared, challenge })),
  ];
}

/** The parameters of `arrived`, from where `body` says they are. */
export function parametersOf(arrived: Arrived, body: DeclaredRequest["body"]): Record<string, unknown> {
  if (body === "query") return Object.fromEntries(arrived.url.searchParams);
  if (body === "form") return Object.fromEntries(new URLSearchParams(arrived.text));
  return body === "json" ? objectIn(arrived.text) : {};
}

/** The JSON object that `text` is; another text has no parameters. */
function objectIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function difference(
  name: string,
  [found, wanted]: readonly [unknown, unknown],
  { declared, challenge }: { readonly declared: DeclaredRequest; readonly challenge: string | undefined },
): string[] {
  if (wanted === undefined) return [`${name} is sent`];
  if (found === undefined) return [`${name} is missing`];
  if (wanted === VERIFIER)
    return fits(textOf(found), challenge) ? [] : [`${name} does not fit the challenge`];
  if (wanted === CHALLENGE) return /^[\w-]{43}$/.test(textOf(found)) ? [] : [`${name} is no S256 challenge`];
  const value = declared.body === "json" ? wanted : Array.isArray(wanted) ? wanted.join(" ") : textOf(wanted);
  return JSON.stringify(found) === JSON.stringify(value)
    ? []
    : [`${name} is ${JSON.stringify(found)}, not ${JSON.stringify(value)}`];
}

/** A parameter as a form or a query writes it. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Whether `verifier` is of RFC 7636's form and makes `challenge`, in base64url, in hexadecimal or as it is. */
function fits(verifier: string, challenge: string | undefined): boolean {
  if (!/^[A-Za-z0-9\-._~]{43,128}$/.test(verifier)) return false;
  const hash = createHash("sha256").update(verifier).digest();
  return [hash.toString("base64url"), hash.toString("hex"), verifier].includes(challenge ?? "");
}
