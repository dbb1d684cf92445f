/** Every rule of our own. A new one is an entry in one of these lists, and its name in declare/kinds/advisory-rules.ts. */
import type { AdviceRule } from './rule.ts';
import { buildRules } from './rules/builds.ts';
import { cronCallRules } from './rules/cron-calls.ts';
import { cronCommandRules } from './rules/cron-commands.ts';
import { cronHistoryRules } from './rules/cron-history.ts';
import { cronJobRules } from './rules/cron-jobs.ts';
import { cronPlatformRules } from './rules/cron-platform.ts';
import { netRules } from './rules/net.ts';
import { vaultRules } from './rules/vault.ts';

export const adviceRules: readonly AdviceRule[] = [
  ...cronPlatformRules,
  ...cronJobRules,
  ...cronCommandRules,
  ...cronCallRules,
  ...cronHistoryRules,
  ...netRules,
  ...vaultRules,
  ...buildRules,
];
