import { type Command, Option } from 'commander';
import { type CommonOptions, type Does, formatOption, positiveInteger } from './common-options.ts';

const planFormat = () =>
  new Option('--format <format>', 'how to print')
    .choices(['terminal', 'json', 'markdown'])
    .default('terminal');

/** `opsroom validate`. */
export function addValidateCommand(program: Command, { root }: CommonOptions, does: Does): void {
  program
    .command('validate')
    .description('check runbooks/ and migrations/ without touching a database')
    .addOption(root())
    .addOption(
      new Option('--format <format>', 'how to print')
        .choices(['terminal', 'json', 'github'])
        .default('terminal'),
    )
    .addOption(new Option('-e, --env <name>', 'environment for the stampede report').default('production'))
    .option('--stampede', 'simulate the next 7 days and report the busiest minutes')
    .option('--strict', 'warnings fail too')
    .action((options) => does(async () => (await import('./validate.ts')).validate(options)));
}

/** `opsroom plan`. */
export function addPlanCommand(program: Command, { root, environment }: CommonOptions, does: Does): void {
  program
    .command('plan')
    .description('show what would change')
    .addOption(root())
    .addOption(environment())
    .addOption(planFormat())
    .option('--prune', 'plan the deletion of objects that are ours and no longer declared')
    .option(
      '--allow-deletes <n>',
      'accept up to N deletions beyond the limits of the environment',
      positiveInteger,
    )
    .option('--detailed-exitcode', 'exit 0: no change, 2: changes, 1: error')
    .action((options) => does(async () => (await import('./plan.ts')).plan(options)));
}

/** `opsroom apply`. */
export function addApplyCommand(program: Command, { root, environment }: CommonOptions, does: Does): void {
  program
    .command('apply')
    .description('make the environment what the files say, in one transaction')
    .addOption(root())
    .addOption(environment())
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
    .action((options) => does(async () => (await import('./apply.ts')).apply(options)));
}

/** `opsroom drift`. */
export function addDriftCommand(program: Command, { root, environment }: CommonOptions, does: Does): void {
  program
    .command('drift')
    .description('show what was changed by hand since the last apply; exit 2 when there is something')
    .addOption(root())
    .addOption(environment())
    .addOption(planFormat())
    .action((options) => does(async () => (await import('./drift.ts')).drift(options)));
}

/** `opsroom adopt`. */
export function addAdoptCommand(program: Command, { root, environment }: CommonOptions, does: Does): void {
  program
    .command('adopt')
    .description('write YAML for live jobs that nobody declared, inline secrets moved to Vault references')
    .argument('[jobs...]', 'names of jobs; all unmanaged ones when left out')
    .addOption(root())
    .addOption(environment())
    .option('--write', 'write the files; without it they are only shown')
    .option('--store-secrets', 'move the secrets found in commands into the Vault, inside the database')
    .addOption(formatOption())
    .action((jobs, options) =>
      does(async () => (await import('./adopt.ts')).adoptJobs({ ...options, jobs })),
    );
}
