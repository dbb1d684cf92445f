import { describe, expect, it } from 'vitest';
import { causeOf, diffObjects } from '../../../actions/_shared/reconcile/diff.ts';

const location = { file: 'x.yaml', line: 1, column: 1 };

function diff(sides: {
  desired?: Record<string, string>;
  live?: Record<string, string>;
  ledger?: Record<string, string>;
  prune?: boolean;
}) {
  return diffObjects({
    kind: 'cron',
    desired: Object.entries(sides.desired ?? {}).map(([name, digest]) => ({
      name,
      digest,
      fields: () => ({ digest }),
      location,
    })),
    live: new Map(
      Object.entries(sides.live ?? {}).map(([name, digest]) => [
        name,
        { name, digest, fields: () => ({ digest }) },
      ]),
    ),
    ledger: new Map(Object.entries(sides.ledger ?? {})),
    prune: sides.prune ?? false,
    risks: () => [],
  });
}

function actions(found: ReturnType<typeof diff>): readonly (readonly [string, string, string])[] {
  return found.changes.map(({ change }) => [change.name, change.action, change.cause]);
}

describe('comparing what is declared, live and applied last', () => {
  it.each([
    ['new', { desired: { a: '1' } }, [['a', 'create', 'declaration']]],
    ['unchanged', { desired: { a: '1' }, live: { a: '1' }, ledger: { a: '1' } }, []],
    [
      'changed in the file',
      { desired: { a: '2' }, live: { a: '1' }, ledger: { a: '1' } },
      [['a', 'update', 'declaration']],
    ],
    [
      'changed by hand',
      { desired: { a: '1' }, live: { a: '2' }, ledger: { a: '1' } },
      [['a', 'update', 'drift']],
    ],
    [
      'changed in both',
      { desired: { a: '3' }, live: { a: '2' }, ledger: { a: '1' } },
      [['a', 'update', 'both']],
    ],
    ['deleted by hand', { desired: { a: '1' }, ledger: { a: '1' } }, [['a', 'create', 'drift']]],
    [
      'deleted by hand and changed in the file',
      { desired: { a: '2' }, ledger: { a: '1' } },
      [['a', 'create', 'both']],
    ],
    ['made by somebody else', { desired: { a: '1' }, live: { a: '2' } }, [['a', 'adopt', 'declaration']]],
    [
      'made by somebody else, equal',
      { desired: { a: '1' }, live: { a: '1' } },
      [['a', 'adopt', 'declaration']],
    ],
    ['not declared, not ours', { live: { a: '1' }, prune: true }, []],
    ['not declared, ours', { live: { a: '1' }, ledger: { a: '1' } }, []],
    [
      'not declared, ours, pruning',
      { live: { a: '1' }, ledger: { a: '1' }, prune: true },
      [['a', 'delete', 'declaration']],
    ],
    [
      'not declared, ours, pruning, changed by hand',
      { live: { a: '2' }, ledger: { a: '1' }, prune: true },
      [['a', 'delete', 'both']],
    ],
  ])('%s', (_case, sides, expected) => {
    expect(actions(diff(sides))).toEqual(expected);
  });

  it('reports what is not declared as ours or as somebody else’s', () => {
    const found = diff({ live: { ours: '1', theirs: '1' }, ledger: { ours: '1' } });
    expect(found.orphaned.map((object) => object.name)).toEqual(['ours']);
    expect(found.unmanaged.map((object) => object.name)).toEqual(['theirs']);
  });

  it('corrects the ledger without a change: gone objects, and ones that became right by hand', () => {
    const found = diff({ desired: { a: '2' }, live: { a: '2' }, ledger: { a: '1', gone: '1' } });
    expect(actions(found)).toEqual([]);
    expect(found.settled.map((object) => object.name)).toEqual(['a']);
    expect(found.gone).toEqual(['gone']);
  });
});

it('a cause needs a memory: without a ledger entry it is the declaration', () => {
  expect(causeOf({ desired: '1', live: '2', applied: undefined })).toBe('declaration');
});
