/**
 * What a person is told who has no client yet.
 *
 * @module
 */
import { expect, test } from "bun:test";
import { creationSteps, setupHint } from "../../src/accounts/client_setup.ts";
import { createBench, entryAt } from "./fixtures.ts";

const PAGE = "https://acme.example/apps";
const DOCS = "https://docs.acme.example/oauth";

test.each([
  ["the page where clients are created", { register_url: PAGE, docs: DOCS }, `At ${PAGE} create `],
  ["the documentation where no page is known", { docs: DOCS }, `settings (see ${DOCS}) create `],
  ["the first of several documents", { docs: [DOCS, PAGE] }, `settings (see ${DOCS}) create `],
  ["the provider's settings where nothing is known", {}, "In the provider's developer settings create "],
  ["what to create where the entry says it", { register_hint: "an app" }, "settings create an app."],
])("the set-up names %s", async (_, fields, expected) => {
  await using bench = await createBench({ acme: entryAt("https://acme.example", fields) });
  const provider = (await bench.services.registry()).resolve("acme", {});
  expect(creationSteps(provider)[0]).toContain(expected);
  expect(setupHint(provider)).toContain(expected);
});

test("every built-in provider without a client says where to create one", async () => {
  await using bench = await createBench({});
  const registry = await bench.services.registry();
  for (const { id, ready } of registry.list()) {
    if (ready) continue;
    const [first] = creationSteps(registry.preview(id, {}));
    expect(first, id).toMatch(/^At https:\/\/|\(see https:\/\//);
  }
});
