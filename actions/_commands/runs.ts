import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from 'postgres';
import { wantsColor } from '../_shared/io/wants-color.ts';
import { renderRunLine, renderRunsTerminal } from '../_shared/report/runs-terminal.ts';
import { isFinal, type Run } from '../_shared/runs/run.ts';
import { listRuns } from '../_shared/runs/statements.ts';
import { type TargetOptions, withDatabaseOf } from './target-url.ts';

export interface RunsOptions extends TargetOptions {
  readonly job?: string;
  readonly failed?: boolean;
  readonly follow?: boolean;
  readonly limit: number;
  readonly format: 'terminal' | 'json';
}

const pollEvery = 1000;

/** Print each run when it is first seen and whenever it changes, until Ctrl-C. */
async function follow(sql: Sql, options: RunsOptions, print: (run: Run) => void): Promise<void> {
  const seen = new Map<number, string>();
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  const { outageInWords, throughOutages } = await import('../_shared/runs/through-outages.ts');
  const ask = throughOutages((isAway) => process.stderr.write(outageInWords(isAway)));
  const query = { job: options.job, onlyFailed: options.failed === true, limit: options.limit };
  while (!stop.signal.aborted) {
    const rows = (await ask(() => listRuns(sql, query)))?.reverse() ?? [];
    for (const run of rows) {
      const state = `${run.status}/${run.attempt}`;
      if (seen.get(run.id) !== state) print(run);
      seen.set(run.id, state);
    }
    // Only runs that can still change need to be remembered beyond the page they are on.
    const onPage = new Set(rows.map((run) => run.id));
    if (rows.length > 0) for (const id of seen.keys()) if (!onPage.has(id)) seen.delete(id);
    await sleep(pollEvery, undefined, { signal: stop.signal }).catch(() => undefined);
  }
}

/** `opsroom runs [JOB]`: newest last, as a log reads. */
export async function runs(options: RunsOptions): Promise<number> {
  return withDatabaseOf(options, async (sql) => {
    const color = wantsColor(process.stdout);
    const print = (run: Run) =>
      process.stdout.write(
        options.format === 'json' ? `${JSON.stringify(run)}\n` : renderRunLine(run, { color }),
      );
    if (options.follow === true) {
      await follow(sql, options, print);
      return 0;
    }
    const rows = (
      await listRuns(sql, { job: options.job, onlyFailed: options.failed === true, limit: options.limit })
    ).reverse();
    if (options.format === 'json') process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    else process.stdout.write(renderRunsTerminal(rows, { color }));
    const open = rows.filter((run) => !isFinal(run)).length;
    if (open > 0 && options.format === 'terminal')
      process.stdout.write(`${open} still running; --follow stays with them\n`);
    return 0;
  });
}
