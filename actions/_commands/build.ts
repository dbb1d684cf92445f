import { orderBuild } from '../_shared/builds/dispatch/order-build.ts';
import { type StayOptions, seeThrough } from './build-stay.ts';
import { withDatabaseOf } from './target-url.ts';

/** What `opsroom build` is told. */
export interface BuildOptions extends StayOptions {
  readonly project: string;
  readonly branch?: string;
  readonly as: string;
  readonly commit?: string;
  readonly input?: Readonly<Record<string, string>>;
  readonly idempotencyKey?: string;
}

/** `opsroom build PROJECT [BRANCH]`: exit 0 when it was asked for; with --wait or --follow as it ended. */
export async function build(options: BuildOptions): Promise<number> {
  return withDatabaseOf(options, async (sql) => {
    const { buildId } = await orderBuild(sql, {
      project: options.project,
      branch: options.branch,
      trigger: 'manual',
      actor: options.as,
      commitSha: options.commit,
      inputs: options.input,
      idempotencyKey: options.idempotencyKey,
    });
    return seeThrough(sql, buildId, options);
  });
}
