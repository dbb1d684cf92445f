import type { Sql } from '../_shared/database/connect.ts';
import { isConnectionLost } from '../_shared/database/connection-errors.ts';
import { closestWord } from '../_shared/declare/closest-word.ts';
import { ConfigurationError } from '../_shared/io/errors.ts';
import { loginName } from '../_shared/io/login-name.ts';
import { wantsColor } from '../_shared/io/wants-color.ts';
import { renderRunLine } from '../_shared/report/runs-terminal.ts';
import { followRun } from '../_shared/runs/follow-run.ts';
import { isFinal, type Run } from '../_shared/runs/run.ts';
import { fireJob, readJobNames, readRun } from '../_shared/runs/statements.ts';
import { outageInWords } from '../_shared/runs/through-outages.ts';
import { type TargetOptions, withDatabaseOf } from './target-url.ts';

export interface FireOptions extends TargetOptions {
  readonly job: string;
  readonly wait: boolean;
  readonly format: 'terminal' | 'json';
}

const followFor = 10 * 60_000;

/** `opsroom fire JOB`: exit 0 when the run succeeded (with `--no-wait`: when it was fired). */
export async function fire(options: FireOptions): Promise<number> {
  return withDatabaseOf(options, async (sql) => {
    const names = await readJobNames(sql);
    if (!names.includes(options.job)) {
      const near = closestWord(options.job, names);
      throw new ConfigurationError(`No job ${options.job} in ${options.env}.`, {
        hint: near === undefined ? 'Apply it first, or see `opsroom plan`.' : `Did you mean ${near}?`,
      });
    }
    const color = wantsColor(process.stdout);
    const show = (run: Run) => {
      if (options.format === 'terminal') process.stdout.write(renderRunLine(run, { color }));
    };
    const onOutage = (isAway: boolean) => process.stderr.write(outageInWords(isAway));
    const id = await fireOnce(sql, options.job);
    const run = options.wait
      ? await followRun({ sql, id, timeoutMs: followFor, onChange: show, onOutage })
      : await readRun(sql, id);
    if (run === undefined) throw new Error(`run ${id} vanished`);
    if (!options.wait) show(run);
    if (options.format === 'json') process.stdout.write(`${JSON.stringify(run, null, 2)}\n`);
    if (options.wait && !isFinal(run))
      process.stderr.write('Still running; `opsroom runs` goes on telling.\n');
    return run.status === 'succeeded' || (!options.wait && run.status !== 'failed') ? 0 : 1;
  });
}

/** Nobody knows whether a run began whose start was not confirmed: firing again by itself could run the job twice. */
async function fireOnce(sql: Sql, job: string): Promise<number> {
  try {
    return await fireJob(sql, job, process.env.OPSROOM_ACTOR ?? loginName());
  } catch (error) {
    if (!isConnectionLost(error)) throw error;
    // No cause: a driver error carries the statement's parameters.
    throw new ConfigurationError(`The connection was lost before the start of ${job} was confirmed.`, {
      hint: `Look whether it ran before it is fired again: opsroom runs ${job}`,
    });
  }
}
