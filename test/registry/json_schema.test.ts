import { expect, test } from "bun:test";
import { jsonSchema } from "../../src/registry/registry.ts";

type Schema = { [keyword: string]: unknown };

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Every named property below `schema`, with its path. */
function properties(schema: unknown, path = ""): [path: string, property: Schema][] {
  if (Array.isArray(schema)) return schema.flatMap((item) => properties(item, path));
  if (!isSchema(schema)) return [];
  const named = isSchema(schema["properties"]) ? Object.entries(schema["properties"]) : [];
  const own = named
    .filter((pair): pair is [string, Schema] => isSchema(pair[1]))
    .map(([name, property]) => [`${path}/${name}`, property] as [string, Schema]);
  const below = Object.entries(schema).flatMap(([keyword, value]) =>
    keyword === "properties" ? [] : properties(value, path),
  );
  return [...own, ...own.flatMap(([at, property]) => properties(property, at)), ...below];
}

test("jsonSchema() is JSON Schema 2020-12", () => {
  expect(jsonSchema()).toMatchObject({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
  });
});

test("jsonSchema() describes every field", () => {
  const all = properties(jsonSchema());
  expect(all.length).toBeGreaterThan(100);
  expect(all.filter(([, { description }]) => description === undefined).map(([path]) => path)).toEqual([]);
});

test("jsonSchema() refuses unknown fields and takes null where null deletes", () => {
  const entry = JSON.stringify(jsonSchema());
  expect(entry).toContain('"additionalProperties":false');
  const [, clientId] = properties(jsonSchema()).find(([path]) => path.endsWith("/client_id"))!;
  expect(clientId["anyOf"]).toContainEqual({ type: "null" });
  const [, list] = properties(jsonSchema()).find(([path]) => path === "/providers")!;
  expect(list["anyOf"]).toBeUndefined();
});
