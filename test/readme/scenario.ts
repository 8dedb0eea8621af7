/**
 * What a scenario of the README is, and where the README has none.
 *
 * @module
 */
import type { Part } from "./document.ts";
import type { Machine } from "./machine.ts";

/** Runs one line, given as it stands in the README, and looks at what came of it. */
export type Step = (line: string, machine: Machine) => Promise<void>;

/** How one part is run. */
export interface Scenario {
  /** What is so before the reader begins. */
  readonly prepare?: (machine: Machine) => Promise<void>;
  /** By the keys of its lines, in the README's order. */
  readonly steps: Readonly<Record<string, Step>>;
}

/** Scenarios by the names of their parts. */
export type Scenarios = Readonly<Record<string, Scenario>>;

/** What the scenarios do not cover, or cover though it is not there, in sentences. */
export function gapsBetween(parts: readonly Part[], scenarios: Scenarios): string[] {
  const names = new Set(parts.map(({ name }) => name));
  return [
    ...parts.flatMap((part, index) => gapsOf(part, index + 1, scenarios[part.name])),
    ...Object.keys(scenarios)
      .filter((name) => !names.has(name))
      .map((name) => `the README has no block "${name}" any more`),
  ];
}

function gapsOf({ name, lines }: Part, number: number, scenario: Scenario | undefined): string[] {
  if (scenario === undefined) return [`README block ${number} ("${name}") has no scenario`];
  const keys = lines.map(({ key }) => key);
  const known = Object.keys(scenario.steps);
  return [
    ...keys
      .filter((key) => !known.includes(key))
      .map((key) => `README block ${number} ("${name}") has a line without a scenario: ${key}`),
    ...known
      .filter((key) => !keys.includes(key))
      .map((key) => `README block ${number} ("${name}") has no line any more: ${key}`),
  ];
}
