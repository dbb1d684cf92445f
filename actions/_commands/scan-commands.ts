import { type Command, Option } from 'commander';
import { type CommonOptions, type Does, formatOption } from './common-options.ts';

/** `opsroom scan` and `opsroom doctor`. */
export function addScanCommands(program: Command, common: CommonOptions, does: Does): void {
  addScanCommand(program, common, does);
  addDoctorCommand(program, common, does);
}

function addScanCommand(program: Command, { root, environment }: CommonOptions, does: Does): void {
  program
    .command('scan')
    .description(
      'look for advice on the scheduler, requests, secrets, builds and schemas; exit 2 when there is some, 3 when something could not be looked at (--strict)',
    )
    .addOption(root())
    .addOption(environment())
    .addOption(
      new Option('--format <format>', 'how to print')
        .choices(['terminal', 'json', 'github', 'sarif'])
        .default('terminal'),
    )
    .option('--new-only', 'leave out what a file of runbooks/advisories/ suppresses')
    .addOption(
      new Option('--fail-on <level>', 'the least that makes the exit code 2')
        .choices(['error', 'warn', 'info', 'never'])
        .default('error'),
    )
    .option('--strict', 'what could not be looked at fails too')
    .action((options) => does(async () => (await import('./scan.ts')).scanEnvironment(options)));
}

function addDoctorCommand(program: Command, { root, environment }: CommonOptions, does: Does): void {
  program
    .command('doctor')
    .description('everything about this setup that will hurt, with its cause and what to do')
    .addOption(root())
    .addOption(environment())
    .addOption(formatOption())
    .option(
      '--repository <owner/name>',
      'the repository on GitHub; default: the remote origin of this checkout',
    )
    .option('--strict', 'warnings fail too, and what could not be looked at')
    .action((options) => does(async () => (await import('./doctor.ts')).doctor(options)));
}
