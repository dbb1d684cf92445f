/** Every function, called by every actor. */
import type { TransactionSql } from 'postgres';
import { type Actor, actors } from './actors.ts';
import { attempt, type Outcome } from './attempt.ts';
import { calls } from './calls.ts';
import type { Routine } from './catalog.ts';
import { becomeCaller } from './session.ts';

/** `-` denied at the door; `!` let in, refused inside; `.` ran and showed or did nothing; `x` did; `?` another error. */
export type RoutineLetter = '-' | '!' | '.' | 'x' | '?';

/** What became of one actor's call. */
export interface RoutineCell {
  readonly actor: string;
  readonly letter: RoutineLetter;
  readonly remark: string | null;
}

/** Cells of every routine, in the order of `actors`. What the calls did is undone. */
export async function tryRoutines(
  sql: TransactionSql,
  routines: readonly Routine[],
): Promise<ReadonlyMap<string, readonly RoutineCell[]>> {
  const cells = new Map<string, RoutineCell[]>(routines.map((routine) => [routine.name, []]));
  for (const actor of actors) {
    for (const routine of routines) cells.get(routine.name)?.push(await tryRoutine(sql, routine, actor));
  }
  return cells;
}

async function tryRoutine(sql: TransactionSql, routine: Routine, actor: Actor): Promise<RoutineCell> {
  const call = calls[routine.name];
  const outcome = await attempt(sql, async (inner) => {
    await becomeCaller(inner, actor.caller);
    await inner`set local statement_timeout = '5s'`;
    return await (call?.(inner) ?? inner.unsafe(routine.callWithNulls));
  });
  const letter = letterOf(routine, outcome, call !== undefined);
  const told = letter === '!' || letter === '?';
  return {
    actor: actor.name,
    letter,
    remark: told && outcome.kind === 'failed' ? `${outcome.code} ${outcome.message}` : null,
  };
}

function letterOf(routine: Routine, outcome: Outcome, meantWell: boolean): RoutineLetter {
  if (outcome.kind === 'done') return meantWell && !showsAnything(outcome.rows) ? '.' : 'x';
  if (outcome.code === '42501') return isDoor(routine.name, outcome.message) ? '-' : '!';
  // What is not there for this caller: no_data_found, undefined_object, PostgREST's own not found.
  if (meantWell && ['P0002', '42704', 'PT404'].includes(outcome.code)) return '.';
  // Nulls make most functions complain, which they can only do once they run.
  return meantWell ? '?' : 'x';
}

/** Whether the role was stopped before the function began: by its schema, or by the function's own grants. */
function isDoor(name: string, message: string): boolean {
  const [schema, short] = name.split('.');
  return [`schema ${schema}`, `function ${short}`, `procedure ${short}`].some(
    (what) => message === `permission denied for ${what}`,
  );
}

/** A row with something in it: not null, false, zero or an empty list. */
function showsAnything(rows: readonly Record<string, unknown>[]): boolean {
  return rows.some((row) =>
    Object.values(row).some(
      (value) =>
        value !== null &&
        value !== false &&
        value !== 0 &&
        value !== '' &&
        value !== '0' &&
        !(Array.isArray(value) && value.length === 0),
    ),
  );
}
