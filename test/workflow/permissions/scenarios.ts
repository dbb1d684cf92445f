import { ALERTS } from './alerts.ts';
import { BUILDS } from './builds.ts';
import { DECLARATIONS } from './declarations.ts';
import type { Scenario } from './scenario.ts';

/** One scenario a workflow file. A new workflow needs one; a permission that no scenario needs is one too many. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = { ...ALERTS, ...BUILDS, ...DECLARATIONS };
