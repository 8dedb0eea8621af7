/**
 * How each part of the README is run, and what must come of it.
 *
 * @module
 */
import { ACCOUNT_SCENARIOS } from "./account_scenarios.ts";
import { HANDOUT_SCENARIOS } from "./handout_scenarios.ts";
import { LOGIN_SCENARIOS } from "./login_scenarios.ts";
import type { Scenarios } from "./scenario.ts";
import { SETUP_SCENARIOS } from "./setup_scenarios.ts";
import { TABLE_SCENARIOS } from "./table_scenarios.ts";

/** All of them. */
export const SCENARIOS: Scenarios = {
  ...SETUP_SCENARIOS,
  ...LOGIN_SCENARIOS,
  ...ACCOUNT_SCENARIOS,
  ...HANDOUT_SCENARIOS,
  ...TABLE_SCENARIOS,
};
