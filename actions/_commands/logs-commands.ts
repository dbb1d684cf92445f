import { type Command, InvalidArgumentError, Option } from 'commander';
import { BUILD_STATUSES } from '../_shared/builds/reading/build-statuses.ts';
import { DURATION, parseDuration } from '../_shared/declare/duration.ts';
import { type CommonOptions, type Does, formatOption } from './common-options.ts';

/** A point in time, or how long ago: `10m`, `2026-11-21T14:00:00Z`. */
function since(text: string): Date {
  const at = DURATION.test(text) ? new Date(Date.now() - parseDuration(text)) : new Date(text);
  if (Number.isNaN(at.getTime()))
    throw new InvalidArgumentError('Give a duration such as 10m, or a time such as 2026-11-21T14:00:00Z.');
  return at;
}

function limit(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1 && value <= 1000) return value;
  throw new InvalidArgumentError('Give a whole number from 1 to 1000.');
}

/** `opsroom builds`, `opsroom logs`, `opsroom logs replay`, `opsroom record`. */
export function addLogsCommands(program: Command, { root, environment }: CommonOptions, does: Does): void {
  program
    .command('builds')
    .description(
      'the branches of a project in three lanes; with a branch or a status, its builds, newest first',
    )
    .argument('[project]', 'slug of the project, or organisation/slug')
    .argument('[branch]', 'only builds of this branch')
    .addOption(root())
    .addOption(environment())
    .addOption(new Option('--status <status>', 'only builds that are so').choices(BUILD_STATUSES))
    .option('--before <build>', 'only older ones: the next page')
    .option('--limit <n>', 'how many', limit, 20)
    .addOption(formatOption())
    .action((project, branch, options) =>
      does(async () => (await import('./builds.ts')).builds({ ...options, project, branch })),
    );

  program
    .command('logs')
    .description(
      'the log of a build; with --follow until it ends, and then its exit code (0 good, 1 bad, 2 not known)',
    )
    .argument('<build>', 'its id, or the start or end of it; or the word replay')
    .argument('[file]', 'for replay: the buffer a run kept, or the artifact opsroom-buffer-... with it')
    .addOption(root())
    .addOption(environment())
    .option('-f, --follow', 'stay until the build has ended')
    .option('--since <when>', 'only from then on: 10m, or a time', since)
    .option('--step <name>', 'only lines of this step')
    .option('--no-listen', 'ask once a second instead of LISTEN')
    .addOption(formatOption())
    .action((build, file, options) =>
      does(async () => {
        const { logs, replay } = await import('./logs.ts');
        if (build === 'replay') return replay({ ...options, file });
        return logs({ ...options, build });
      }),
    );

  program
    .command('record')
    .description(
      'in a job that uses record-build: run a command and record what it says, or record what comes in',
    )
    .argument('[command...]', 'the command, after --; without one, standard input')
    .option('--step <name>', 'name of the step in the log')
    .action((command, options) =>
      does(async () => (await import('./record.ts')).record({ command, step: options.step })),
    );
}
