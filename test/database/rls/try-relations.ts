/** The four verbs on every table and view, as every actor, on rows of organisation A. */
import type { TransactionSql } from 'postgres';
import { type Actor, actors } from './actors.ts';
import { attempt, type Outcome } from './attempt.ts';
import type { Relation } from './catalog.ts';
import { type Factory, factoryOf } from './factories.ts';
import { becomeCaller } from './session.ts';

/** s, i, u, d: reached rows. `.`: allowed, but row level security showed no row. `-`: denied. `?`: another error. */
export type Letter = 's' | 'i' | 'u' | 'd' | '.' | '-' | '?';

/** What one actor may do with one relation. */
export interface RelationCell {
  readonly actor: string;
  /** Four letters: select, insert, update, delete. */
  readonly letters: string;
  /** What cannot be said with a letter. */
  readonly remarks: readonly string[];
}

/** Cells of every relation, in the order of `actors`. The rows are left as they were. */
export async function tryRelations(
  sql: TransactionSql,
  relations: readonly Relation[],
): Promise<ReadonlyMap<string, readonly RelationCell[]>> {
  const cells = new Map<string, RelationCell[]>(relations.map((relation) => [relation.name, []]));
  for (const actor of actors) {
    for (const relation of relations) {
      cells.get(relation.name)?.push(await tryRelation(sql, relation, actor));
    }
  }
  return cells;
}

async function tryRelation(sql: TransactionSql, relation: Relation, actor: Actor): Promise<RelationCell> {
  const as = (act: Parameters<typeof attempt>[1]): Promise<Outcome> =>
    attempt(sql, async (inner) => {
      await becomeCaller(inner, actor.caller);
      return await act(inner);
    });
  const table = sql(relation.name);
  const insert: Factory = factoryOf(relation) ?? ((q, into) => q`insert into ${into} default values`);
  const { columns } = relation;
  const column = columns.find(({ roles }) => roles.includes(actor.caller.role)) ?? columns[0];
  const outcomes: [Letter, Outcome][] = [
    // No column is named and none is read: the least right anybody could hold is enough.
    ['s', await as((q) => q`select from ${table}`)],
    ['i', await as((q) => insert(q, q(relation.name)))],
    ['u', await as((q) => q`update ${table} set ${q(column?.name ?? '')} = null`)],
    ['d', await as((q) => q`delete from ${table}`)],
  ];
  const truncated = await as((q) => q`truncate ${table} cascade`);
  return {
    actor: actor.name,
    letters: outcomes.map(([letter, outcome]) => letterOf(letter, outcome)).join(''),
    remarks: [
      ...outcomes.flatMap(([letter, outcome]) =>
        letterOf(letter, outcome) === '?' && outcome.kind === 'failed'
          ? [`${letter}: ${outcome.code} ${outcome.message}`]
          : [],
      ),
      ...(truncated.kind === 'done' ? ['truncate: allowed, which goes past row level security'] : []),
    ],
  };
}

function letterOf(verb: Letter, outcome: Outcome): Letter {
  if (outcome.kind === 'done') return outcome.count > 0 ? verb : '.';
  // 42501 insufficient_privilege, also for a row that row level security refuses; 55000 a view that takes no writes.
  if (outcome.code === '42501' || outcome.code === '55000') return '-';
  // A constraint stopped a write that rights and policies let through.
  if (verb !== 'i' && outcome.code.startsWith('23')) return verb;
  return '?';
}
