import { standingOf } from '../_shared/alerts/alert.ts';
import {
  acknowledge,
  createSilence,
  lastEvents,
  listAlerts,
  resolve,
  snooze,
  wake,
} from '../_shared/alerts/commands/alert-statements.ts';
import { readUntil } from '../_shared/alerts/commands/arguments.ts';
import { parseMatcher } from '../_shared/alerts/matcher.ts';
import { readClock } from '../_shared/alerts/statements.ts';
import { ConfigurationError } from '../_shared/io/errors.ts';
import { wantsColor } from '../_shared/io/wants-color.ts';
import { renderAlertsTerminal, renderHistoryTerminal } from '../_shared/report/alerts-terminal.ts';
import { type TargetOptions, withDatabaseOf } from './target-url.ts';

interface PrintOptions extends TargetOptions {
  readonly format: 'terminal' | 'json';
}

function print(options: PrintOptions, value: unknown, text: (color: boolean) => string): void {
  const json = `${JSON.stringify(value, null, 2)}\n`;
  process.stdout.write(options.format === 'json' ? json : text(wantsColor(process.stdout)));
}

/** `opsroom alerts`: exit 2 while an alert is active that nobody answered. */
export async function list(options: PrintOptions & { readonly all?: boolean }): Promise<number> {
  return withDatabaseOf(options, async (sql) => {
    const alerts = await listAlerts(sql, { over: options.all === true });
    print(options, alerts, (color) => renderAlertsTerminal(alerts, { color }));
    return alerts.some((alert) => alert.status === 'active' && standingOf(alert) !== 'muted') ? 2 : 0;
  });
}

/** `opsroom alerts ID`. */
export async function show(options: PrintOptions & { readonly id: number }): Promise<number> {
  return withDatabaseOf(options, async (sql) => {
    const [alert] = await listAlerts(sql, { over: true, id: options.id });
    if (alert === undefined) throw noAlert(options.id);
    const events = await lastEvents(sql, options.id, 200);
    print(options, { ...alert, events }, (color) => renderHistoryTerminal(alert, events, { color }));
    return 0;
  });
}

/** `opsroom ack|unack|snooze|resolve ID`: exit 1 when there was nothing to answer. */
export async function answer(
  options: PrintOptions & {
    readonly id: number;
    readonly as: string;
    readonly command: 'ack' | 'unack' | 'snooze' | 'resolve';
    readonly words: string;
  },
): Promise<number> {
  return withDatabaseOf(options, async (sql) => {
    const { id, as: actor, command, words } = options;
    const plain = { id, actor, note: words === '' ? null : words };
    const done = await (async () => {
      switch (command) {
        case 'ack':
          return acknowledge(sql, plain);
        case 'unack':
          return wake(sql, plain);
        case 'resolve':
          return resolve(sql, plain);
        case 'snooze': {
          const { until, note } = readUntil(words, await readClock(sql));
          return snooze(sql, { id, actor, note: note === '' ? null : note, until });
        }
      }
    })();
    const [alert] = await listAlerts(sql, { over: true, id });
    if (alert === undefined) throw noAlert(id);
    print(options, { done, alert }, (color) => renderAlertsTerminal([alert], { color }));
    return done ? 0 : 1;
  });
}

/** `opsroom silence MATCHER TIME`. */
export async function silence(
  options: PrintOptions & { readonly matcher: string; readonly words: string; readonly as: string },
): Promise<number> {
  const matcher = parseMatcher(options.matcher);
  return withDatabaseOf(options, async (sql) => {
    const { until, note } = readUntil(options.words, await readClock(sql));
    const id = await createSilence(sql, { matcher, until, actor: options.as, reason: note });
    print(options, { id, matcher, until }, () => `Silence ${id} lasts until ${until.toISOString()}.\n`);
    return 0;
  });
}

function noAlert(id: number): ConfigurationError {
  return new ConfigurationError(`There is no alert ${id}.`, { hint: '`opsroom alerts --all` lists them.' });
}
