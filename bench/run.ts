import { ConfigurationError } from '../actions/_shared/io/errors.ts';
import { reportFailure } from '../actions/_shared/io/report-failure.ts';

/** One suite a file; each prints its table and answers with it, to be written down. */
const suites: Readonly<Record<string, () => Promise<{ run: (args: readonly string[]) => Promise<string> }>>> =
  {
    reconcile: () => import('./reconcile.ts'),
    'chaos-apply': () => import('./chaos-apply.ts'),
    'chaos-queue': () => import('./chaos-queue.ts'),
    queue: () => import('./queue.ts'),
    backend: () => import('./backend.ts'),
    events: () => import('./events.ts'),
    functions: () => import('./functions.ts'),
    checks: () => import('./checks.ts'),
    alerts: () => import('./alerts.ts'),
    'chaos-batch': () => import('./chaos-batch.ts'),
    'chaos-alerts': () => import('./chaos-alerts.ts'),
    'chaos-builds': () => import('./chaos-builds.ts'),
  };

/** `npm run bench -- SUITE [options]`: prints the table; bench/RESULTS.md keeps the figures that were quoted. */
async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  const suite = suites[name ?? ''];
  if (suite === undefined) {
    throw new ConfigurationError(`Which bench? Known: ${Object.keys(suites).join(', ')}.`, {
      hint: 'For example: npm run bench -- reconcile',
    });
  }
  process.stdout.write(await (await suite()).run(rest));
  return 0;
}

process.exitCode = await main(process.argv.slice(2)).catch(reportFailure);
