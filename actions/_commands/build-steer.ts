import { cancelBuild, readBuildFacts, retryBuild } from '../_shared/builds/dispatch/order-build.ts';
import { type StayOptions, seeThrough } from './build-stay.ts';
import { chosenBuild } from './chosen-build.ts';
import { withDatabaseOf } from './target-url.ts';

/** Options of both commands. */
export interface SteerOptions extends StayOptions {
  readonly as: string;
}

/** Which build. */
interface Chosen {
  /** As somebody wrote it. */
  readonly build: string;
}

const SAID = {
  cancelled: 'It is cancelled.',
  cancelling: 'Its run is told to stop; until it has, the build is not over.',
} as const;

/** `opsroom build cancel BUILD`: exit 1 when it had ended. */
export async function cancel(options: SteerOptions & Chosen & { readonly reason: string }): Promise<number> {
  return withDatabaseOf(options, async (sql) => {
    const buildId = await chosenBuild(sql, options.build);
    const { as: actor, reason } = options;
    const state = await cancelBuild(sql, { buildId, actor, reason: reason === '' ? undefined : reason });
    const facts = await readBuildFacts(sql, buildId);
    if (options.format === 'json') {
      process.stdout.write(`${JSON.stringify({ done: state !== null, state, ...facts }, null, 2)}\n`);
    } else {
      const said = state === null ? `It had ended: ${facts?.status ?? 'gone'}.` : SAID[state];
      process.stdout.write(`build ${buildId}  ${facts?.project ?? ''} ${facts?.branch ?? ''}\n${said}\n`);
    }
    return state === null ? 1 : 0;
  });
}

/** `opsroom build retry BUILD`: exit 1 when it did not end badly; with --wait or --follow as it ended. */
export async function retry(options: SteerOptions & Chosen): Promise<number> {
  return withDatabaseOf(options, async (sql) => {
    const buildId = await chosenBuild(sql, options.build);
    await retryBuild(sql, { buildId, actor: options.as });
    return seeThrough(sql, buildId, options);
  });
}
