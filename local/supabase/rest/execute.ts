/** Running the statement of a request: settings and statement in one batch, which is one transaction and one round trip. */
import type { Statement } from '../database/connection.ts';
import type { Pool } from '../database/pool.ts';
import { type Result, readResult } from './answer.ts';
import { render, type Sql, sql } from './sql-text.ts';

/** What to run. */
export interface Execution {
  readonly settings: Statement;
  readonly role: string;
  readonly statement: Sql;
  /** Rows the planner expects of this, asked along; null when nobody wants to know. */
  readonly estimate: Sql | null;
  /**
   * Judges the result of a change before it is committed, by throwing. Null lets the batch commit by itself, which saves a
   * round trip.
   */
  readonly judge: ((result: Result) => void) | null;
}

/** A result, and the planner's estimate. */
export interface Executed {
  readonly result: Result;
  readonly planned: number | null;
}

/** Runs it. @throws DatabaseError, ConnectionFailure, and what `judge` throws */
export async function execute(pool: Pool, execution: Execution): Promise<Executed> {
  const { settings, role, judge } = execution;
  const batch: Statement[] = [settings, { ...render(execution.statement), key: role }];
  if (execution.estimate !== null) {
    batch.push({ ...render(sql`explain (format json) ${execution.estimate}`), key: role });
  }
  if (judge === null) {
    const [, rows, plan] = await pool.run(batch);
    return { result: readResult(rows?.[0]), planned: readPlan(plan?.[0]?.[0]) };
  }
  return pool.pinned(async (connection) => {
    const [, , rows, plan] = await connection.run([{ text: 'begin', values: [] }, ...batch]);
    const result = readResult(rows?.[0]);
    judge(result);
    await connection.run([{ text: 'commit', values: [] }]);
    return { result, planned: readPlan(plan?.[0]?.[0]) };
  });
}

function readPlan(text: string | null | undefined): number | null {
  const [, rows] = /"Plan Rows": (\d+)/.exec(text ?? '') ?? [];
  return rows === undefined ? null : Number(rows);
}
