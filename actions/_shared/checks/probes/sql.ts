/**
 * A value or rows out of somebody's own query. All queries of a pass travel together, in the pass's one read-only
 * transaction: sent one after the other without waiting for answers, in groups that share a savepoint. A query that fails
 * ends its group; what came before it stands, what comes after it is sent again. So a query costs what it costs by itself,
 * and a failure one round trip.
 */
import type { Row } from 'postgres';
import type { Transaction } from '../../database/connect.ts';
import { errorCode, isConnectionLost } from '../../database/connection-errors.ts';
import { inSavepoint } from '../../database/transaction.ts';
import type { ProbeConfigs } from '../../declare/kinds/checks-model.ts';
import { limitStatements } from '../statements.ts';
import { untilLost } from './after-loss.ts';
import type { CheckOf, Probe, World } from './probe.ts';
import { judgeRows } from './sql-rows.ts';

type Check = CheckOf<'sql'>;

/** What a query gave, or why it gave nothing. */
export type QueryAnswer =
  | { readonly ok: true; readonly rows: readonly Row[] }
  | { readonly ok: false; readonly reason: string };

/** More objects than this are counted, not named. */
export const MOST_ROWS = 500;

/** Queries of a group: as many as the driver sends ahead. */
const GROUP = 90;

/** SQLSTATE of whatever follows an error in a transaction. */
const NOT_REACHED = '25P02';

export const sqlProbe: Probe<'sql', ReadonlyMap<string, QueryAnswer>, undefined> = {
  kind: 'sql',
  async read(tx, checks, world) {
    const answers = new Map<string, QueryAnswer>();
    // Queries with one timeout go together: to set it is a statement of its own.
    const byTimeout = Map.groupBy(checks, ({ check }) => check.timeoutMs);
    for (const [timeoutMs, group] of [...byTimeout].sort(([a], [b]) => a - b)) {
      await readGroup(tx, group, { timeoutMs, world, answers });
    }
    return answers;
  },
  judge: (check, { rows }) =>
    judgeRows(check, rows.get(check.check.name) ?? { ok: false, reason: 'It was not reached.' }),
};

interface Reading {
  readonly timeoutMs: number;
  readonly world: World;
  readonly answers: Map<string, QueryAnswer>;
}

async function readGroup(tx: Transaction, checks: readonly Check[], reading: Reading): Promise<void> {
  const { world, answers } = reading;
  let waiting = checks;
  let limit = 0;
  while (waiting.length > 0) {
    const left = Math.floor(world.left());
    if (left <= 0) {
      for (const { check } of waiting) {
        answers.set(check.name, { ok: false, reason: 'The pass ran out of time before it was reached.' });
      }
      return;
    }
    const wanted = Math.min(reading.timeoutMs, left);
    if (wanted !== limit) await limitStatements(tx, wanted);
    limit = wanted;
    await sendGroup(tx, waiting.slice(0, GROUP), limit, answers);
    waiting = waiting.filter(({ check }) => !answers.has(check.name));
  }
}

/** Thrown to undo the savepoint of a group in which a query failed; what it gave is noted already. */
class GroupFailed extends Error {
  override readonly name = 'GroupFailed';
}

/**
 * The driver sends statements without parameters at once, and by the extended protocol only if it is told so: of that a
 * message holds one statement, so that no query can end the transaction and go on.
 */
const ONE_STATEMENT = { prepare: false, simple: false };

async function sendGroup(
  tx: Transaction,
  checks: readonly Check[],
  timeoutMs: number,
  answers: Map<string, QueryAnswer>,
): Promise<void> {
  try {
    await inSavepoint(tx, (inner) =>
      untilLost(async () => {
        const settled = await Promise.allSettled(
          checks.map(({ config }) => inner.unsafe<Row[]>(boundedQuery(config), [], ONE_STATEMENT)),
        );
        let failed = false;
        for (const [index, one] of settled.entries()) {
          const name = checks[index]?.check.name ?? '';
          if (one.status === 'fulfilled') {
            answers.set(name, { ok: true, rows: [...one.value] });
            continue;
          }
          failed = true;
          if (isConnectionLost(one.reason)) throw one.reason;
          if (errorCode(one.reason) === NOT_REACHED) continue;
          answers.set(name, { ok: false, reason: reasonOf(one.reason, timeoutMs) });
        }
        if (failed) throw new GroupFailed();
      }),
    );
  } catch (error) {
    if (!(error instanceof GroupFailed)) throw error;
  }
}

/** The rows that are looked at, and no more. The query may end in a comment. */
function boundedQuery({ query, rows }: ProbeConfigs['sql']): string {
  return `select * from (\n${query}\n) as found limit ${rows ? MOST_ROWS + 1 : 2}`;
}

function reasonOf(error: unknown, timeoutMs: number): string {
  const code = errorCode(error) ?? '';
  if (code === '57014') return `The query took longer than its timeout of ${timeoutMs} ms.`;
  // The message of the server, never the driver's error: that carries the whole statement.
  const message = error instanceof Error ? error.message : 'no message';
  return `The query failed: ${message}${code === '' ? '' : ` (SQLSTATE ${code})`}`;
}
