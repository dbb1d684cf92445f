import type { Command } from 'commander';
import { type CommonOptions, type Does, formatOption, positiveInteger } from './common-options.ts';

/** `opsroom runs` and `opsroom fire`. */
export function addRunCommands(program: Command, { root, environment }: CommonOptions, does: Does): void {
  program
    .command('runs')
    .description('list runs with their three truths: fired, delivered, reported')
    .argument('[job]', 'only this job')
    .addOption(root())
    .addOption(environment())
    .option('--failed', 'only runs that did not succeed')
    .option('--follow', 'stay and print runs as they change, until Ctrl-C')
    .option('--limit <n>', 'how many', positiveInteger, 20)
    .addOption(formatOption())
    .action((job, options) => does(async () => (await import('./runs.ts')).runs({ ...options, job })));

  program
    .command('fire')
    .description('fire a job now and follow it to its true outcome; exit 0 only when it succeeded')
    .argument('<job>', 'name of the job')
    .addOption(root())
    .addOption(environment())
    .option('--no-wait', 'do not follow it')
    .addOption(formatOption())
    .action((job, options) => does(async () => (await import('./fire.ts')).fire({ ...options, job })));
}
