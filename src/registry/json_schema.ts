/**
 * The JSON Schema of a registry file, for editors.
 *
 * @module
 */
import { z } from "zod";
import { isRawObject, type RawObject } from "./merge.ts";
import { RegistryFile } from "./schema.ts";

/** JSON Schema 2020-12 of a registry file. Optional fields may be null, which deletes what lower layers say. */
export function jsonSchema(): object {
  return allowDeletions(z.toJSONSchema(RegistryFile, { target: "draft-2020-12" }));
}

function allowDeletions(schema: unknown): object {
  if (Array.isArray(schema))
    return schema.map((item: unknown) => (isRawObject(item) ? allowDeletions(item) : item));
  const fields = Object.entries(schema as RawObject).map(([keyword, value]): [string, unknown] => {
    if (keyword === "properties" && isRawObject(value))
      return [keyword, deletableProperties(schema as RawObject, value)];
    if (keyword === "additionalProperties" && isRawObject(value))
      return [keyword, deletable(allowDeletions(value))];
    return [keyword, isRawObject(value) || Array.isArray(value) ? allowDeletions(value) : value];
  });
  return Object.fromEntries(fields);
}

function deletableProperties(schema: RawObject, properties: RawObject): RawObject {
  const required: readonly unknown[] = Array.isArray(schema["required"]) ? schema["required"] : [];
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => {
      const inner = allowDeletions(property);
      return [name, required.includes(name) ? inner : deletable(inner)];
    }),
  );
}

/** The schema or null; the description stays on top, where editors look for it. */
function deletable(schema: object): object {
  const { description, ...rest } = schema as RawObject;
  return { ...(description === undefined ? {} : { description }), anyOf: [rest, { type: "null" }] };
}
