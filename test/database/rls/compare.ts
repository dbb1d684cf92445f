/** Expected cells against those that were found: one sentence a difference. */
import type { Actor } from './actors.ts';
import { actors } from './actors.ts';
import type { Relation, Routine } from './catalog.ts';
import type { Expected } from './expected.ts';
import type { RelationCell } from './try-relations.ts';
import type { RoutineCell } from './try-routines.ts';

const verbs = ['select', 'insert', 'update', 'delete'] as const;
const meanings: Readonly<Record<string, string>> = {
  '-': 'denied',
  '.': 'none',
  '?': 'an error',
  '!': 'refused inside',
  x: 'done',
};
const meaningOf = (letter: string | undefined): string => meanings[letter ?? ''] ?? 'own';

/** The key of a relation in expected.ts: partitions come and go, so they share a line. */
export function keyOf(relation: Relation): string {
  return relation.kind === 'partition' ? `partitions:${relation.parent}` : relation.name;
}

/** What is wrong with the tables and views. */
export function compareRelations(
  relations: readonly Relation[],
  found: ReadonlyMap<string, readonly RelationCell[]>,
  expected: Expected['relations'],
): readonly string[] {
  const known = new Set(relations.map(keyOf));
  return [
    ...relations.flatMap((relation) =>
      compareRelation(relation, found.get(relation.name) ?? [], expected[keyOf(relation)]),
    ),
    ...Object.keys(expected)
      .filter((key) => !known.has(key))
      .map((key) => `${key} is in expected.ts and not in the database`),
  ];
}

function compareRelation(
  relation: Relation,
  cells: readonly RelationCell[],
  line: string | undefined,
): readonly string[] {
  const remarks = cells.flatMap((cell) =>
    cell.remarks.map((remark) => `${relation.name} by ${cell.actor}: ${remark}`),
  );
  if (line === undefined) {
    const got = cells.map((cell) => cell.letters).join('  ');
    return [`${keyOf(relation)} is not in expected.ts; it would be '${got}'`, ...remarks];
  }
  const groups = groupsOf(line, /^(?:s|\.|-)(?:i|-)(?:u|\.|-)(?:d|\.|-)$/);
  if (groups === undefined) return [`${keyOf(relation)} has an unreadable line in expected.ts: '${line}'`];
  const differences = actors.flatMap((actor: Actor, column) =>
    verbs.flatMap((verb, position) => {
      const wanted = groups[column]?.[position];
      const got = cells[column]?.letters[position];
      if (wanted === got) return [];
      return [
        `${relation.name}: ${verb} by ${actor.name}: expected ${meaningOf(wanted)}, got ${meaningOf(got)}`,
      ];
    }),
  );
  return [...differences, ...remarks];
}

/** What is wrong with the functions. */
export function compareRoutines(
  routines: readonly Routine[],
  found: ReadonlyMap<string, readonly RoutineCell[]>,
  expected: Expected['routines'],
): readonly string[] {
  const names = routines.map((routine) => routine.name);
  const known = new Set(names);
  const twice = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
  return [
    ...twice.map((name) => `${name} exists with several signatures, which PostgREST cannot tell apart`),
    ...[...known].flatMap((name) => compareRoutine(name, found.get(name) ?? [], expected[name])),
    ...Object.keys(expected)
      .filter((name) => !known.has(name))
      .map((name) => `${name} is in expected.ts and not in the database`),
  ];
}

function compareRoutine(
  name: string,
  cells: readonly RoutineCell[],
  line: string | undefined,
): readonly string[] {
  const remarks = cells.flatMap((cell) =>
    cell.remark === null ? [] : [`${name} by ${cell.actor}: ${cell.remark}`],
  );
  if (line === undefined) {
    return [
      `${name} is not in expected.ts; it would be '${cells.map((cell) => cell.letter).join(' ')}'`,
      ...remarks,
    ];
  }
  const groups = groupsOf(line, /^[-!.x]$/);
  if (groups === undefined) return [`${name} has an unreadable line in expected.ts: '${line}'`];
  return actors.flatMap((actor: Actor, column) => {
    const wanted = groups[column];
    const cell = cells[column];
    if (wanted === cell?.letter) return [];
    const remark = cell?.remark ? ` (${cell.remark})` : '';
    return [
      `${name}: execute by ${actor.name}: expected ${meaningOf(wanted)}, got ${meaningOf(cell?.letter)}${remark}`,
    ];
  });
}

function groupsOf(line: string, shape: RegExp): readonly string[] | undefined {
  const groups = line.trim().split(/\s+/);
  return groups.length === actors.length && groups.every((group) => shape.test(group)) ? groups : undefined;
}
