import postgres from 'postgres';
import type { Transaction } from '../../database/connect.ts';
import { inSavepoint } from '../../database/transaction.ts';
import { closestWord } from '../../declare/closest-word.ts';
import { ConfigurationError } from '../../io/errors.ts';
import { moment, plainText } from '../../report/alert-text.ts';
import { type Matcher, matcherText } from '../matcher.ts';
import { readClock } from '../statements.ts';
import {
  type AnsweredAlert,
  acknowledge,
  alertsOfIssue,
  createSilence,
  endSilence,
  lastEvents,
  resolve,
  snooze,
  wake,
} from './alert-statements.ts';
import { readRun, readSilence, readUntil } from './arguments.ts';
import { COMMANDS, type CommandName, helpText, isCommand, isEnough } from './catalog.ts';
import { rollBackBranch } from './roll-back-branch.ts';
import { readInputs } from './runbook-inputs.ts';
import { listRunbooks, startRun } from './runbook-statements.ts';
import type { CommandResult, GivenCommand } from './statements.ts';
import { statusText } from './status-text.ts';

interface Performance {
  readonly tx: Transaction;
  readonly given: GivenCommand;
  readonly environment: string;
  readonly alerts: readonly AnsweredAlert[];
  readonly now: Date;
}

/**
 * Carries a command out inside the caller's transaction and says what to answer. What cannot be carried out changes
 * nothing and is answered too.
 *
 * @throws whatever the database throws that the command is not to blame for
 */
export async function performCommand(
  tx: Transaction,
  given: GivenCommand,
  environment: string,
): Promise<CommandResult> {
  const alerts = await alertsOfIssue(tx, { repository: given.repository, number: given.issue });
  const { command } = given;
  if (!isCommand(command)) return { outcome: 'refused', answer: helpText(command), alerts: [] };
  const { needs } = COMMANDS[command];
  if (!isEnough(given.permission, needs)) {
    return {
      outcome: 'refused',
      answer: `\`/${command}\` is for people with the role ${needs} or more in this repository; you have ${plainText(given.permission, 40)}.`,
      alerts: [],
    };
  }
  if (alerts.length === 0 && command !== 'help') {
    return {
      outcome: 'refused',
      answer: `The database of ${plainText(environment, 60)} knows no alert of this issue, so there is nothing to do.`,
      alerts: [],
    };
  }
  try {
    return await inSavepoint(tx, async (inner) =>
      PERFORM[command]({ tx: inner, given, environment, alerts, now: await readClock(inner) }),
    );
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === null) throw error;
    return { outcome: 'refused', answer: refusal, alerts: [] };
  }
}

/** What was written wrong is the writer's to mend; anything else is not. */
function refusalOf(error: unknown): string | null {
  if (error instanceof ConfigurationError) {
    return error.hint === undefined ? error.message : `${error.message}\n\n${error.hint}`;
  }
  const refusals = new Set(['22023', '42704', '42501']);
  if (!(error instanceof postgres.PostgresError) || !refusals.has(error.code)) return null;
  return `${plainText(error.message, 500)}.${error.hint === undefined ? '' : ` ${plainText(error.hint, 500)}`}`;
}

const PERFORM: Readonly<Record<CommandName, (performance: Performance) => Promise<CommandResult>>> = {
  ack: (performance) =>
    toEach(performance, {
      from: ['active', 'silenced', 'snoozed', 'pending'],
      act: (alert) =>
        acknowledge(performance.tx, { ...answerTo(performance, performance.given.rest), id: alert.id }),
      said: 'Acknowledged: quiet until it is over or gets worse.',
      already: 'Nothing here waits for an answer.',
    }),
  unack: (performance) =>
    toEach(performance, {
      from: ['acknowledged', 'snoozed'],
      act: (alert) =>
        wake(performance.tx, { ...answerTo(performance, performance.given.rest), id: alert.id }),
      said: 'Taken back: it is active again.',
      already: 'Nothing here is acknowledged or snoozed.',
    }),
  snooze: (performance) => {
    const { until, note } = readUntil(performance.given.rest, performance.now);
    return toEach(performance, {
      from: ['active', 'acknowledged', 'snoozed', 'silenced', 'pending'],
      act: (alert) => snooze(performance.tx, { ...answerTo(performance, note), id: alert.id, until }),
      said: `Snoozed until ${moment(until)}, or until it gets worse.`,
      already: 'All of it is over; nothing to snooze.',
    });
  },
  silence: makeSilence,
  unsilence: async ({ tx, given }) => {
    const id = Number(given.rest.replace(/^#/, ''));
    if (!Number.isSafeInteger(id) || id < 1)
      throw new ConfigurationError(
        'Which silence? `/unsilence 12`; `/status` names the one that keeps this quiet.',
      );
    const ended = await endSilence(tx, id, given.actor);
    return ended
      ? { outcome: 'done', answer: `Silence ${id} has ended.`, alerts: [] }
      : { outcome: 'nothing', answer: `There is no silence ${id} that still lasts.`, alerts: [] };
  },
  resolve: (performance) =>
    toEach(performance, {
      from: ['active', 'acknowledged', 'snoozed', 'silenced', 'pending'],
      act: (alert) =>
        resolve(performance.tx, { ...answerTo(performance, performance.given.rest), id: alert.id }),
      said: 'Resolved. If it is not over, the next check says so here.',
      already: 'All of it is over already.',
    }),
  run: startRunbook,
  rollback: rollBackBranch,
  status: async ({ tx, alerts, now }) => {
    const [first] = alerts;
    const events = first === undefined ? [] : await lastEvents(tx, first.id);
    return { outcome: 'done', answer: statusText(alerts, { events, now }), alerts: [] };
  },
  help: () => Promise.resolve({ outcome: 'done', answer: helpText(), alerts: [] }),
};

function answerTo(
  { given }: Performance,
  note: string,
): { readonly actor: string; readonly note: string | null } {
  return { actor: given.actor, note: note === '' ? null : note.slice(0, 1000) };
}

async function toEach(
  { alerts }: Performance,
  how: {
    readonly from: readonly AnsweredAlert['status'][];
    readonly act: (alert: AnsweredAlert) => Promise<boolean>;
    readonly said: string;
    readonly already: string;
  },
): Promise<CommandResult> {
  const changed: number[] = [];
  // In the order every writer of several alerts keeps, so that none waits for another in a circle.
  const due = alerts
    .filter(({ status }) => how.from.includes(status))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
  for (const alert of due) if (await how.act(alert)) changed.push(alert.id);
  if (changed.length === 0) return { outcome: 'nothing', answer: how.already, alerts: [] };
  const several = changed.length === 1 ? '' : ` (${changed.length} alerts)`;
  return { outcome: 'done', answer: `${how.said}${several}`, alerts: changed };
}

async function makeSilence({ tx, given, alerts, now }: Performance): Promise<CommandResult> {
  const { matcher, until, note } = readSilence(given.rest, now);
  const matchers: readonly Matcher[] =
    matcher === null
      ? alerts.filter(({ status }) => status !== 'resolved').map(({ key }) => ({ key: literal(key) }))
      : [matcher];
  if (matchers.length === 0)
    throw new ConfigurationError('All of it is over; name what shall be silent, such as `check=late`.');
  if (matchers.length > 20)
    throw new ConfigurationError(
      `This issue shows ${matchers.length} alerts: name them by a matcher, such as \`check=late\`.`,
    );
  const made: string[] = [];
  for (const each of matchers) {
    const id = await createSilence(tx, { matcher: each, until, actor: given.actor, reason: note });
    made.push(`silence ${id} (\`${matcherText(each).replaceAll('`', "'")}\`)`);
  }
  return {
    outcome: 'done',
    answer: `Silent until ${moment(until)}: ${made.join(', ')}. \`/unsilence <number>\` ends it.`,
    alerts: alerts.map(({ id }) => id),
  };
}

/** A key as a pattern that matches itself; `?` stands for a character that would mean more. */
function literal(key: string): string {
  return key.replaceAll('*', '?').slice(0, 200);
}

async function startRunbook({ tx, given, environment, alerts }: Performance): Promise<CommandResult> {
  const { runbook, inputs } = readRun(given.rest);
  const known = await listRunbooks(tx);
  const template = known.find(({ slug }) => slug === runbook);
  if (template === undefined) {
    const near = closestWord(
      runbook,
      known.map(({ slug }) => slug),
    );
    const names = known.slice(0, 20).map(({ slug }) => `\`${slug}\``);
    throw new ConfigurationError(`There is no runbook \`${runbook}\`.`, {
      hint:
        near === undefined
          ? `There are ${names.length === 0 ? 'none' : names.join(', ')}.`
          : `Did you mean \`${near}\`?`,
    });
  }
  const run = await startRun(tx, {
    runbook,
    environment,
    inputs: readInputs(template.yaml, inputs),
    actor: given.actor,
  });
  const waits = run.approvalRequired ? ' It waits for approval before anything is executed.' : '';
  return {
    outcome: 'done',
    answer: `Started runbook \`${runbook}\` in ${environment}: run \`${run.id}\`.${waits}`,
    alerts: alerts.map(({ id }) => id),
  };
}
