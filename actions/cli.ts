import { Command } from 'commander';
import { type AddCommands, commonOptions } from './_commands/common-options.ts';
import {
  addAdoptCommand,
  addApplyCommand,
  addDriftCommand,
  addPlanCommand,
  addValidateCommand,
} from './_commands/declaration-commands.ts';
import { onClosedPipe } from './_shared/io/closed-pipe.ts';
import { reportFailure } from './_shared/io/report-failure.ts';

/** Commands, and what adds them to the program. */
type Group = readonly [names: readonly string[], load: () => AddCommands | Promise<AddCommands>];

/** In the order of the help. */
const GROUPS: readonly Group[] = [
  [['validate'], () => addValidateCommand],
  [['plan'], () => addPlanCommand],
  [['apply'], () => addApplyCommand],
  [['drift'], () => addDriftCommand],
  [['adopt'], () => addAdoptCommand],
  [['runs', 'fire'], async () => (await import('./_commands/run-commands.ts')).addRunCommands],
  [['work'], async () => (await import('./_commands/queue-commands.ts')).addWorkCommand],
  [['jobs'], async () => (await import('./_commands/queue-commands.ts')).addJobsCommand],
  [['scan', 'doctor'], async () => (await import('./_commands/scan-commands.ts')).addScanCommands],
  [['check'], async () => (await import('./_commands/check-commands.ts')).addCheckCommands],
  [['builds', 'logs', 'record'], async () => (await import('./_commands/logs-commands.ts')).addLogsCommands],
  [['build', 'rollback'], async () => (await import('./_commands/build-commands.ts')).addBuildCommands],
  [
    ['alerts', 'ack', 'unack', 'snooze', 'resolve', 'silence'],
    async () => (await import('./_commands/alert-commands.ts')).addAlertCommands,
  ],
];

/** Only the command that is asked for is added; all of them for whatever else is asked, such as help. */
function groupsFor(argv: readonly string[]): readonly Group[] {
  const [first = ''] = argv;
  if (first === '--version' || first === '-V') return [];
  const asked = GROUPS.filter(([names]) => names.includes(first));
  return asked.length > 0 ? asked : GROUPS;
}

/**
 * `opsroom <command>`: the actions' work in a terminal. Commands are loaded when they run, so that `--help`
 * and `validate` start fast.
 */
export async function runCli(argv: readonly string[]): Promise<number> {
  onClosedPipe(() => process.exit());
  let exitCode = 0;
  // Every command answers with the exit code of the process; none calls `process.exit` itself.
  const does = async (work: () => Promise<number>): Promise<void> => {
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

  for (const [, load] of groupsFor(argv)) (await load())(program, commonOptions, does);

  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    return reportFailure(error);
  }
}

if (import.meta.main)
  void runCli(process.argv.slice(2)).then((exitCode) => {
    process.exitCode = exitCode;
  });
