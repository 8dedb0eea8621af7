/**
 * Answers in the shape that an entry declares: each value where a pointer of the entry expects it.
 *
 * @module
 */
import type { Step } from "../../src/registry/schema.ts";

type Shape = Step["response"];

/** Values by their standard names; undefined ones are left out. */
export type Fields = Readonly<Record<string, unknown>>;

/** A document with `fields` where `shape` maps them, the values of `kept`, and what `more` points at. */
export function declaredAnswer(
  fields: Fields,
  shape: Shape,
  more: { readonly kept?: Readonly<Record<string, string>>; readonly placed?: Fields } = {},
): unknown {
  let document: unknown = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) document = place(document, first(shape?.map?.[name] ?? `/${name}`), value);
  }
  for (const [name, pointers] of Object.entries(shape?.keep ?? {})) {
    document = place(document, first(pointers), more.kept?.[name] ?? `kept-${name}`);
  }
  for (const [pointer, value] of Object.entries(more.placed ?? {}))
    document = place(document, pointer, value);
  const { at, unless } = shape?.error ?? {};
  return at === undefined || unless === undefined ? document : place(document, at, unless);
}

/** An error in the declared shape, and the HTTP status it comes with. */
export function declaredError(
  code: string,
  shape: Shape,
): { readonly status: number; readonly document: unknown } {
  const error = shape?.error;
  const said = Object.entries(error?.as ?? {}).find(([, meant]) => meant === code)?.[0];
  if (said !== undefined && /^[45]\d\d$/.test(said) && error?.at === undefined)
    return { status: Number(said), document: {} };
  const written = said ?? code;
  let document: unknown = place({}, first(error?.code ?? "/error"), written);
  document = place(
    document,
    first(error?.message ?? "/error_description"),
    first(error?.message ?? "") === first(error?.code ?? "/error") ? written : "no",
  );
  if (error?.at !== undefined && error.at !== first(error.code ?? "/error")) {
    document = place(document, error.at, typeof error.unless === "boolean" ? !error.unless : written);
  }
  return { status: error?.at === undefined ? 400 : 200, document };
}

/** `seconds` from now as `expires_in` is declared to say it. */
export function declaredExpiry(seconds: number, shape: Shape, now: Date): unknown {
  const end = now.getTime() + seconds * 1000;
  switch (shape?.expires ?? "seconds") {
    case "seconds":
      return seconds;
    case "milliseconds":
      return seconds * 1000;
    case "epoch":
      return Math.round(end / 1000);
    case "iso":
      return new Date(end).toISOString();
  }
}

/** The first of several pointers; answers use that one. */
export function first(pointers: string | readonly string[]): string {
  return typeof pointers === "string" ? pointers : (pointers[0] ?? "");
}

/** `document` with `value` at `pointer` (RFC 6901); numbers make lists. */
export function place(document: unknown, pointer: string, value: unknown): unknown {
  const [head, ...rest] = pointer.split("/").slice(1);
  if (head === undefined) return value;
  const key = head.replaceAll("~1", "/").replaceAll("~0", "~");
  const below = rest.map((segment) => `/${segment}`).join("");
  if (/^\d+$/.test(key)) {
    const list: unknown[] = Array.isArray(document) ? [...(document as unknown[])] : [];
    list[Number(key)] = place(list[Number(key)], below, value);
    return list;
  }
  const object = typeof document === "object" && document !== null ? { ...document } : {};
  return { ...object, [key]: place((object as Record<string, unknown>)[key], below, value) };
}
