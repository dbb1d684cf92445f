import { type Command, Option } from 'commander';
import type { CommonOptions, Does } from './common-options.ts';

/** `opsroom check`. */
export function addCheckCommands(program: Command, { root, environment }: CommonOptions, does: Does): void {
  program
    .command('check')
    .description('look at everything runbooks/checks/ names; exit 2 when something is wrong or unknown')
    .argument('[names...]', 'checks, `*` stands for any characters; all that are awake when left out')
    .addOption(root())
    .addOption(environment())
    .addOption(
      new Option('--format <format>', 'how to print')
        .choices(['terminal', 'json', 'github'])
        .default('terminal'),
    )
    .addOption(
      new Option('--fail-on <severity>', 'what makes the exit code 2; unknown counts as a warning')
        .choices(['warning', 'critical'])
        .default('warning'),
    )
    .action((names, options) => does(async () => (await import('./check.ts')).check({ ...options, names })));
}
