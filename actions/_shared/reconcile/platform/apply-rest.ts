import type { Sql } from '../../database/connect.ts';
import { endReconciliation } from '../../database/reconciliations.ts';
import { APPLY_LIMITS, writeTransaction } from '../../database/transaction.ts';
import type { DesiredState } from '../../declare/model.ts';
import type { PlannedWork } from '../build-plan.ts';
import type { Actor, Plan } from '../model.ts';
import { applyPlatform, hasPlatformChanges } from './apply-platform.ts';
import type { Platform } from './platform.ts';
import { failuresInWords, type PlatformFailure } from './step-failure.ts';

/** What the rest of an apply needs of its options. */
export interface RestOptions {
  readonly sql: Sql;
  readonly desired: DesiredState;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly prune: boolean;
  readonly actor: Actor;
  readonly platform?: Platform | undefined;
}

/** The platform's part of an apply, and the end of its audit row. Returns what failed; it never throws for that. */
export async function applyRest(
  options: RestOptions,
  committed: { readonly work: PlannedWork; readonly id: string | null; readonly elapsed: () => number },
): Promise<readonly PlatformFailure[]> {
  const { platform, sql, actor } = options;
  const { work, id, elapsed } = committed;
  if (platform === undefined || !hasPlatformChanges(work.platform)) return [];
  if (id === null) throw new Error('no audit row was written, so the plan should have been blocked');
  const origin = { commit: actor.commit ?? null, reconciliationId: id };
  const failures = await applyPlatform({ ...options, platform, planned: work.platform, origin });
  const end =
    failures.length === 0
      ? { result: 'applied', error: null }
      : { result: 'partly_applied', error: failuresInWords(failures) };
  try {
    await writeTransaction(sql, APPLY_LIMITS, (tx) =>
      endReconciliation(tx, id, { ...end, durationMs: elapsed() }),
    );
  } catch {
    // The row goes on saying that nobody could tell; who called hears how it ended all the same.
  }
  return failures;
}

/** How an apply ended whose database part was committed and whose rest was not done whole. */
export function partlyMessage(plan: Plan, failures: readonly PlatformFailure[]): string {
  const all = plan.changes.filter(
    ({ kind }) => kind === 'function' || kind === 'edge_secret' || kind === 'api_schemas',
  ).length;
  return `The database of ${plan.environment} is what the files say; ${failures.length} of ${all} changes of its Supabase project failed: ${failuresInWords(failures)}. Apply again: what succeeded is not done twice`;
}
