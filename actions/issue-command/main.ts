import type { Sql } from 'postgres';
import { takeCommand } from '../_shared/alerts/commands/statements.ts';
import { type DatabaseUnreachable, reachDatabase, unreachableBy } from '../_shared/alerts/reach-database.ts';
import { createGitHubClient, type GitHubClient } from '../_shared/github/client.ts';
import { readRole } from '../_shared/github/collaborators.ts';
import { ConfigurationError } from '../_shared/io/errors.ts';
import { readInputs } from '../_shared/io/inputs.ts';
import type { Outcome } from '../_shared/io/outcome.ts';
import { type ActionRun, runAction } from '../_shared/io/run-action.ts';
import { readRunContext } from '../_shared/io/run-context.ts';
import { readDeclarations } from '../_shared/target/read-declarations.ts';
import { withDatabase } from '../_shared/target/with-database.ts';
import { IssueCommandInputs } from './inputs.ts';
import { type Asked, readEvent } from './read-event.ts';

/** The `issue-command` action: what people write under an alert's issue is done, once, and answered. */
export async function run(): Promise<void> {
  await runAction('issue-command', answerEvent);
}

async function answerEvent({ environment, redaction }: ActionRun): Promise<Outcome> {
  const inputs = readInputs(IssueCommandInputs, environment);
  redaction.add(inputs.githubToken);
  const context = readRunContext(environment);
  const asked = readEvent(context.event, environment.GITHUB_EVENT_PATH, inputs);
  if (asked.kind === 'ignored') {
    return {
      reason: 'nothing_to_do',
      environment: inputs.environment,
      message: `Nothing to do: ${asked.why}.`,
    };
  }
  const notices: string[] = [];
  const client = createGitHubClient({
    ...context,
    token: inputs.githubToken,
    onWait: (message) => notices.push(message),
  });
  const who = asked.kind === 'command' ? asked.actor.login : asked.actor;
  const role = await readRole(client, who);
  const declarations = await readDeclarations({
    workspace: context.workspace,
    root: inputs.root,
    environment,
    redaction,
  });
  const { environment: declaration } = declarations.resolve(inputs.environment);
  const outcome = await withDatabase({ declaration, environment }, async (sql) => {
    try {
      await reachDatabase(sql, 'health');
      return await carryOut({ sql, client, inputs, role, asked });
    } catch (error) {
      const unreachable = unreachableBy(error, sql);
      if (unreachable === null) throw error;
      return notCarriedOut(unreachable, { client, inputs, role, asked });
    }
  });
  return { ...outcome, environment: inputs.environment, notices };
}

interface Work {
  readonly sql: Sql;
  readonly client: GitHubClient;
  readonly inputs: IssueCommandInputs;
  readonly role: string;
  readonly asked: Exclude<Asked, { kind: 'ignored' }>;
}

async function carryOut({ sql, client, inputs, role, asked }: Work): Promise<Outcome> {
  const { isEnough } = await import('../_shared/alerts/commands/catalog.ts');
  const mayWrite = isEnough(role, 'write');
  if (asked.kind !== 'command') return noteMove({ sql, client, asked });
  // Whoever may not even write gets no answer: an answer would let strangers make us talk.
  if (!mayWrite) {
    return {
      reason: 'command_refused',
      message: `Nothing was done: @${asked.actor.login} has the role ${role} here, and commands need write.`,
    };
  }
  const { performCommand } = await import('../_shared/alerts/commands/perform-command.ts');
  const { settleCommand } = await import('../_shared/alerts/commands/statements.ts');
  const { READ_LIMITS, writeTransaction } = await import('../_shared/database/transaction.ts');
  const given = {
    repository: `${client.owner}/${client.repo}`,
    commentId: asked.commentId,
    issue: asked.issue,
    actor: asked.actor.login,
    actorId: asked.actor.id,
    permission: role,
    command: asked.command.word,
    rest: asked.command.rest,
  };
  // Taken, carried out and written down together: a run that dies leaves all of it or nothing.
  const result = await writeTransaction(sql, READ_LIMITS, async (tx) => {
    if (!(await takeCommand(tx, given))) return null;
    const performed = await performCommand(tx, given, inputs.environment);
    await settleCommand(tx, given, performed);
    return performed;
  });
  const { answerCommands } = await import('../_shared/alerts/commands/answer-commands.ts');
  const { answered, failures } = await answerCommands(sql, client, {
    author: inputs.issueAuthor,
    commentId: given.commentId,
  });
  const said = result === null ? 'was carried out before' : result.outcome;
  if (failures.length > 0) {
    return {
      reason: 'issues_behind',
      message: `/${given.command} ${said}, but GitHub could not be told: ${failures.join('; ')}. Run this again, or the next command's run tells it.`,
    };
  }
  return {
    reason: result?.outcome === 'refused' ? 'command_refused' : 'command_done',
    message: `/${given.command} of @${given.actor}: ${said}; ${answered} answered.`,
  };
}

/** Somebody waits for an answer also while the database is away. What they did to the issue the next health check sees. */
async function notCarriedOut(
  { message, hint }: DatabaseUnreachable,
  { client, inputs, role, asked }: Omit<Work, 'sql'>,
): Promise<Outcome> {
  const { isEnough } = await import('../_shared/alerts/commands/catalog.ts');
  if (asked.kind !== 'command' || !isEnough(role, 'write')) throw new ConfigurationError(message, { hint });
  const { answerBlind } = await import('../_shared/alerts/commands/answer-blind.ts');
  const { environment, issueAuthor: author } = inputs;
  const isDone = await answerBlind(client, { ...asked, environment, author });
  return {
    reason: isDone ? 'command_done' : 'connection_lost',
    message: `/${asked.command.word} of @${asked.actor.login}: ${isDone ? 'done' : 'not done'}, the database cannot be reached: ${message}`,
  };
}

async function noteMove(work: {
  readonly sql: Sql;
  readonly client: GitHubClient;
  readonly asked: Extract<Asked, { kind: 'closed' | 'reopened' }>;
}): Promise<Outcome> {
  const { sql, client, asked } = work;
  const { noteIssueChange } = await import('../_shared/alerts/issue-statements.ts');
  const count = await noteIssueChange(sql, {
    repository: `${client.owner}/${client.repo}`,
    number: asked.issue,
    state: asked.kind === 'closed' ? 'closed' : 'open',
    actor: asked.actor,
    changedAt: new Date(asked.at),
  });
  const what = asked.kind === 'closed' ? 'acknowledged' : 'active again';
  return {
    reason: count === 0 ? 'nothing_to_do' : 'command_done',
    message: `@${asked.actor} ${asked.kind} issue #${asked.issue}: ${count} alerts ${what}.`,
  };
}
