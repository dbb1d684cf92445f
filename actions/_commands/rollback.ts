import { rollBack } from '../_shared/builds/dispatch/order-build.ts';
import { type StayOptions, seeThrough } from './build-stay.ts';
import { withDatabaseOf } from './target-url.ts';

/** What `opsroom rollback` is told. */
export interface RollbackOptions extends StayOptions {
  readonly project: string;
  readonly branch?: string;
  readonly as: string;
}

/** `opsroom rollback PROJECT [BRANCH]`: exit 1 when there is no commit to go back to; with --wait or --follow as it ended. */
export async function rollback(options: RollbackOptions): Promise<number> {
  return withDatabaseOf(options, async (sql) => {
    const { buildId, commitSha, replaces } = await rollBack(sql, {
      project: options.project,
      branch: options.branch,
      actor: options.as,
    });
    return seeThrough(sql, buildId, options, {
      words: `Back to ${commitSha.slice(0, 12)}${replaces === null ? '' : ` from ${replaces.slice(0, 12)}`}.`,
      facts: { commitSha, replaces },
    });
  });
}
