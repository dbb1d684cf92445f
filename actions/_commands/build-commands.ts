import { type Command, InvalidArgumentError, Option } from 'commander';
import { loginName } from '../_shared/io/login-name.ts';
import type { SteerOptions } from './build-steer.ts';
import { type CommonOptions, type Does, formatOption } from './common-options.ts';

const actorOption = () =>
  new Option('--as <name>', 'who you are, for the history').default(
    process.env.GITHUB_ACTOR ?? loginName(),
    'your login here',
  );

/** `key=value`, collected. */
function pair(text: string, former: Readonly<Record<string, string>> = {}): Record<string, string> {
  const groups = /^(?<key>[A-Za-z_][\w-]{0,99})=(?<value>.*)$/s.exec(text)?.groups;
  if (groups?.key === undefined) throw new InvalidArgumentError('Write key=value.');
  if (Object.hasOwn(former, groups.key)) throw new InvalidArgumentError(`${groups.key} is there twice.`);
  return { ...former, [groups.key]: groups.value ?? '' };
}

function commit(text: string): string {
  if (/^[0-9a-f]{7,64}$/.test(text)) return text;
  throw new InvalidArgumentError('Give 7 to 64 digits of its SHA, small letters.');
}

/** Options of both commands that start a build. */
function starting(command: Command, { root, environment }: CommonOptions): Command {
  return command
    .argument('<project>', 'slug of the project, or organisation/slug')
    .argument('[branch]', 'the branch; without it the one in the production lane')
    .addOption(root())
    .addOption(environment())
    .addOption(actorOption())
    .option('-w, --wait', 'stay until it has ended; its exit code is then 0 good, 1 bad, 2 not known')
    .option('-f, --follow', 'the same, and show its log')
    .addOption(formatOption());
}

/** Options both commands have are parsed by the outer one, wherever they stand. */
function allOf(command: Command): SteerOptions {
  return command.optsWithGlobals<SteerOptions>();
}

const NOW = `
With a token in GITHUB_TOKEN or GH_TOKEN (actions: write) it is started at once, as you; without one by the next round of
dispatch-builds.yml.`;

/** `opsroom build`, `opsroom build cancel`, `opsroom build retry`, `opsroom rollback`. */
export function addBuildCommands(program: Command, common: CommonOptions, does: Does): void {
  const build = starting(program.command('build'), common)
    .description('build a branch of a project')
    .option('--commit <sha>', 'this commit instead of the newest', commit)
    .option('--input <key=value>', 'an input of its workflow; may be repeated', pair)
    .option('--idempotency-key <key>', 'asked again with the same key, it is the same build')
    .addHelpText('after', NOW)
    .action((project, branch, options) =>
      does(async () => (await import('./build.ts')).build({ ...options, project, branch })),
    );

  build
    .command('cancel')
    .description('stop a build: one that waits at once, one that runs as soon as its run hears of it')
    .argument('<build>', 'its id, or the start or end of it')
    .argument('[reason...]')
    .addOption(common.root())
    .addOption(common.environment())
    .addOption(actorOption())
    .addOption(formatOption())
    .action((id, reason, _, command: Command) =>
      does(async () =>
        (await import('./build-steer.ts')).cancel({ ...allOf(command), build: id, reason: reason.join(' ') }),
      ),
    );

  build
    .command('retry')
    .description('try a build that failed, was cancelled or lost again, as its next attempt')
    .argument('<build>', 'its id, or the start or end of it')
    .addOption(common.root())
    .addOption(common.environment())
    .addOption(actorOption())
    .option('-w, --wait', 'stay until it has ended')
    .option('-f, --follow', 'the same, and show its log')
    .addOption(formatOption())
    .addHelpText('after', NOW)
    .action((id, _, command: Command) =>
      does(async () => (await import('./build-steer.ts')).retry({ ...allOf(command), build: id })),
    );

  starting(program.command('rollback'), common)
    .description('build the last verified commit of a branch again')
    .addHelpText('after', NOW)
    .action((project, branch, options) =>
      does(async () => (await import('./rollback.ts')).rollback({ ...options, project, branch })),
    );
}
