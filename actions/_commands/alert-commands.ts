import { type Command, InvalidArgumentError, Option } from 'commander';
import { loginName } from '../_shared/io/login-name.ts';
import { type CommonOptions, type Does, formatOption } from './common-options.ts';

function alertId(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('Give the number `opsroom alerts` shows.');
}

const actorOption = () =>
  new Option('--as <name>', 'who you are, for the history').default(loginName(), 'your login here');

/** `opsroom alerts` and the answers to them. */
export function addAlertCommands(program: Command, { root, environment }: CommonOptions, does: Does): void {
  program
    .command('alerts')
    .description('list what is wrong; exit 2 when an alert is active and nobody answered it')
    .argument('[id]', 'one alert, with what happened to it', alertId)
    .addOption(root())
    .addOption(environment())
    .option('--all', 'those that are over too')
    .addOption(formatOption())
    .action((id, options) =>
      does(async () => {
        const { list, show } = await import('./alerts.ts');
        return id === undefined ? list(options) : show({ ...options, id });
      }),
    );

  const answers = [
    ['ack', 'I have it: quiet until it is over or gets worse', '[note]'],
    ['unack', 'take an acknowledgement or a snooze back', ''],
    ['snooze', 'quiet for a while: 2h, 1d12h, or until 2026-11-22T08:00Z', '<time>'],
    ['resolve', 'it is over; if it is not, the next check says so', '[note]'],
  ] as const;
  for (const [name, description, argument] of answers) {
    const command = program
      .command(name)
      .description(description)
      .argument('<id>', 'number of the alert', alertId)
      .addOption(root())
      .addOption(environment())
      .addOption(actorOption())
      .addOption(formatOption());
    if (argument !== '') command.argument(argument.replace(/(\w+)([\]>])$/, '$1...$2'));
    command.action((id, ...rest) =>
      does(async () => {
        const words = Array.isArray(rest[0]) ? rest[0].join(' ') : '';
        const options = command.opts();
        return (await import('./alerts.ts')).answer({
          root: options.root,
          env: options.env,
          as: options.as,
          format: options.format,
          id,
          command: name,
          words,
        });
      }),
    );
  }

  program
    .command('silence')
    .description(
      "keep quiet about all that match, also those to come: opsroom silence 'check=late object=sync_*' 1d",
    )
    .argument(
      '<matcher>',
      'key=value pairs: check, object, kind, key, group, severity; * and ? stand for more',
    )
    .argument('<time>', '2h, 1d, or until 2026-11-22T08:00Z')
    .argument('[reason...]')
    .addOption(root())
    .addOption(environment())
    .addOption(actorOption())
    .addOption(formatOption())
    .action((matcher, time, reason, options) =>
      does(async () =>
        (await import('./alerts.ts')).silence({ ...options, matcher, words: [time, ...reason].join(' ') }),
      ),
    );
}
