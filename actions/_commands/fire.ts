import { userInfo } from 'node:os';
import { closestWord } from '../_shared/declare/closest-word.ts';
import { ConfigurationError } from '../_shared/io/errors.ts';
import { renderRunLine } from '../_shared/report/runs-terminal.ts';
import { followRun } from '../_shared/runs/follow-run.ts';
import { isFinal, type Run } from '../_shared/runs/run.ts';
import { fireJob, readJobNames, readRun } from '../_shared/runs/statements.ts';
import { type TargetOptions, withTarget } from './target.ts';

export interface FireOptions extends TargetOptions {
  readonly job: string;
  readonly wait: boolean;
  readonly format: 'terminal' | 'json';
}

const followFor = 10 * 60_000;

/** `opsroom fire JOB`: exit 0 when the run succeeded (with `--no-wait`: when it was fired). */
export async function fire(options: FireOptions): Promise<number> {
  return withTarget(options, async ({ sql }) => {
    const names = await readJobNames(sql);
    if (!names.includes(options.job)) {
      const near = closestWord(options.job, names);
      throw new ConfigurationError(`No job ${options.job} in ${options.env}.`, {
        hint: near === undefined ? 'Apply it first, or see `opsroom plan`.' : `Did you mean ${near}?`,
      });
    }
    const color = process.stdout.isTTY === true;
    const show = (run: Run) => {
      if (options.format === 'terminal') process.stdout.write(renderRunLine(run, { color }));
    };
    const id = await fireJob(sql, options.job, process.env.OPSROOM_ACTOR ?? userInfo().username);
    const run = options.wait
      ? await followRun({ sql, id, timeoutMs: followFor, onChange: show })
      : await readRun(sql, id);
    if (run === undefined) throw new Error(`run ${id} vanished`);
    if (!options.wait) show(run);
    if (options.format === 'json') process.stdout.write(`${JSON.stringify(run, null, 2)}\n`);
    if (options.wait && !isFinal(run))
      process.stderr.write('Still running; `opsroom runs` goes on telling.\n');
    return run.status === 'succeeded' || (!options.wait && run.status !== 'failed') ? 0 : 1;
  });
}
