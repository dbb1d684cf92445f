import { Command, InvalidArgumentError, Option } from 'commander';
import { addAlertCommands } from './_commands/alert-commands.ts';
import { addBuildCommands } from './_commands/build-commands.ts';
import { addCheckCommands } from './_commands/check-commands.ts';
import { addLogsCommands } from './_commands/logs-commands.ts';
import { addJobsCommand, addWorkCommand } from './_commands/queue-commands.ts';
import { addScanCommands } from './_commands/scan-commands.ts';
import { onClosedPipe } from './_shared/io/closed-pipe.ts';
import { reportFailure } from './_shared/io/report-failure.ts';

/** Every command answers with the exit code of the process; none calls `process.exit` itself. */
type Action = () => Promise<number>;

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('Give a whole number of 1 or more.');
  return value;
}

const rootOption = () =>
  new Option('--root <folder>', 'the repository that holds runbooks/ and migrations/').default(
    process.cwd(),
    'this folder',
  );
const environmentOption = () =>
  new Option('-e, --env <name>', 'the environment of runbooks/environments.yaml').default('local');
const planFormat = () =>
  new Option('--format <format>', 'how to print')
    .choices(['terminal', 'json', 'markdown'])
    .default('terminal');

/**
 * `opsroom <command>`: the actions' work in a terminal. Commands are loaded when they run, so that `--help`
 * and `validate` start fast.
 */
export async function runCli(argv: readonly string[]): Promise<number> {
  onClosedPipe(() => process.exit());
  let exitCode = 0;
  const does = async (work: Action): Promise<void> => {
    exitCode = await work();
  };

  const program = new Command('opsroom')
    .description(
      'Operations the GitOps way: what runbooks/ declares becomes true in Postgres, and stays watched.',
    )
    .version('0.1.0')
    .showHelpAfterError('(opsroom --help lists the commands)')
    .showSuggestionAfterError(true)
    .exitOverride();

  program
    .command('validate')
    .description('check runbooks/ and migrations/ without touching a database')
    .addOption(rootOption())
    .addOption(
      new Option('--format <format>', 'how to print')
        .choices(['terminal', 'json', 'github'])
        .default('terminal'),
    )
    .addOption(new Option('-e, --env <name>', 'environment for the stampede report').default('production'))
    .option('--stampede', 'simulate the next 7 days and report the busiest minutes')
    .option('--strict', 'warnings fail too')
    .action((options) => does(async () => (await import('./_commands/validate.ts')).validate(options)));

  program
    .command('plan')
    .description('show what would change')
    .addOption(rootOption())
    .addOption(environmentOption())
    .addOption(planFormat())
    .option('--prune', 'plan the deletion of objects that are ours and no longer declared')
    .option(
      '--allow-deletes <n>',
      'accept up to N deletions beyond the limits of the environment',
      positiveInteger,
    )
    .option('--detailed-exitcode', 'exit 0: no change, 2: changes, 1: error')
    .action((options) => does(async () => (await import('./_commands/plan.ts')).plan(options)));

  program
    .command('apply')
    .description('make the environment what the files say, in one transaction')
    .addOption(rootOption())
    .addOption(environmentOption())
    .addOption(planFormat())
    .option('--prune', 'delete objects that are ours and no longer declared')
    .option(
      '--allow-deletes <n>',
      'accept up to N deletions beyond the limits of the environment',
      positiveInteger,
    )
    .option('--expect-digest <digest>', 'apply only if the plan is still this one')
    .option('--dry-run', 'plan only')
    .option('-y, --yes', 'do not ask')
    .action((options) => does(async () => (await import('./_commands/apply.ts')).apply(options)));

  program
    .command('drift')
    .description('show what was changed by hand since the last apply; exit 2 when there is something')
    .addOption(rootOption())
    .addOption(environmentOption())
    .addOption(planFormat())
    .action((options) => does(async () => (await import('./_commands/drift.ts')).drift(options)));

  program
    .command('adopt')
    .description('write YAML for live jobs that nobody declared, inline secrets moved to Vault references')
    .argument('[jobs...]', 'names of jobs; all unmanaged ones when left out')
    .addOption(rootOption())
    .addOption(environmentOption())
    .option('--write', 'write the files; without it they are only shown')
    .option('--store-secrets', 'move the secrets found in commands into the Vault, inside the database')
    .addOption(
      new Option('--format <format>', 'how to print').choices(['terminal', 'json']).default('terminal'),
    )
    .action((jobs, options) =>
      does(async () => (await import('./_commands/adopt.ts')).adoptJobs({ ...options, jobs })),
    );

  program
    .command('runs')
    .description('list runs with their three truths: fired, delivered, reported')
    .argument('[job]', 'only this job')
    .addOption(rootOption())
    .addOption(environmentOption())
    .option('--failed', 'only runs that did not succeed')
    .option('--follow', 'stay and print runs as they change, until Ctrl-C')
    .option('--limit <n>', 'how many', positiveInteger, 20)
    .addOption(
      new Option('--format <format>', 'how to print').choices(['terminal', 'json']).default('terminal'),
    )
    .action((job, options) =>
      does(async () => (await import('./_commands/runs.ts')).runs({ ...options, job })),
    );

  program
    .command('fire')
    .description('fire a job now and follow it to its true outcome; exit 0 only when it succeeded')
    .argument('<job>', 'name of the job')
    .addOption(rootOption())
    .addOption(environmentOption())
    .option('--no-wait', 'do not follow it')
    .addOption(
      new Option('--format <format>', 'how to print').choices(['terminal', 'json']).default('terminal'),
    )
    .action((job, options) =>
      does(async () => (await import('./_commands/fire.ts')).fire({ ...options, job })),
    );

  const common = { root: rootOption, environment: environmentOption };
  addWorkCommand(program, common, does);
  addJobsCommand(program, common, does);
  addScanCommands(program, common, does);
  addCheckCommands(program, common, does);
  addLogsCommands(program, common, does);
  addBuildCommands(program, common, does);
  addAlertCommands(program, common, does);

  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    return reportFailure(error);
  }
}

if (import.meta.main) process.exitCode = await runCli(process.argv.slice(2));
