/** What the rows of a query say. Pure. */
import type { Row } from 'postgres';
import type { Comparison, Levels } from '../../declare/kinds/checks-model.ts';
import type { AlertSeverity } from '../finding.ts';
import { compares, type Reached, reached } from './judge-levels.ts';
import { type Blindness, blind, type CheckOf, type Fault, looked, type Outcome } from './probe.ts';
import { MOST_ROWS, type QueryAnswer } from './sql.ts';

type Check = CheckOf<'sql'>;

const LOOK = 'Run the query of the check by hand, as the role the checks use, and correct it.';

/** Judges one query. */
export function judgeRows(check: Check, answer: QueryAnswer): Outcome {
  if (!answer.ok) return blind(answer.reason, LOOK);
  return check.config.rows ? judgeObjects(check, answer.rows) : judgeValue(check, answer.rows);
}

function judgeValue({ check, config }: Check, [row, second]: readonly Row[]): Outcome {
  if (row === undefined) return blind('The query gave no row, so there is no value to judge.', LOOK);
  if (second !== undefined) {
    return blind(
      'The query gave more than one row, and a value was expected.',
      'Say `rows: true`, or add up.',
    );
  }
  const value = 'value' in row ? row.value : Object.values(row)[0];
  const number = numberOf(value);
  if (number === null) {
    return blind(
      value === null || value === undefined
        ? 'The value is null: nobody knows.'
        : 'The value is no number, so it cannot be compared.',
      value === null || value === undefined ? 'Say in the query what no value means: coalesce(...).' : LOOK,
    );
  }
  const level = reached(config.when, (at) => compares(number, at));
  if (level === undefined) return looked([]);
  const { value: _value, ...rest } = row;
  return looked([
    {
      object: '',
      severity: level.severity,
      name: 'sql_value',
      title: check.description,
      detail: `The value is ${shown(number)}; ${comparison(level.at)} is bad.`,
      remediation: remediation(check.runbook?.name),
      evidence: { value: number, bad: allComparisons(config.when), ...('value' in row ? rest : {}) },
    },
  ]);
}

function judgeObjects({ check, config }: Check, rows: readonly Row[]): Outcome {
  const faults: Fault[] = [];
  const unclear: (Blindness & { readonly object: string })[] = [];
  for (const row of rows.slice(0, MOST_ROWS)) {
    const { object, value, severity, detail, ...evidence } = row;
    const name = object === null || object === undefined ? '' : String(object);
    const level = levelOfRow(config.when, value);
    if (level === 'well') continue;
    if (level === 'unclear') {
      unclear.push({
        object: name,
        reason: 'The column `value` holds no number, so it cannot be compared.',
        remediation: LOOK,
      });
      continue;
    }
    faults.push({
      object: name,
      severity: severityOf(severity) ?? level.severity,
      name: 'sql_row',
      title: name === '' ? check.description : `${name}: ${check.description}`,
      detail: typeof detail === 'string' && detail !== '' ? detail : describe(value, level),
      remediation: remediation(check.runbook?.name),
      evidence: { ...(value === undefined ? {} : { value }), ...evidence },
    });
  }
  if (rows.length > MOST_ROWS) {
    unclear.push({
      object: '',
      reason: `More than ${MOST_ROWS} rows; the others are not named.`,
      remediation: 'Let the query give what matters first, or fewer rows.',
    });
  }
  return looked(faults, unclear);
}

/** A row is bad by being there, unless its value is to be compared. */
function levelOfRow(
  when: Levels<Comparison>,
  value: unknown,
): { readonly severity: AlertSeverity | null; readonly at?: Comparison } | 'well' | 'unclear' {
  if (when.length === 0) return { severity: null };
  const number = numberOf(value);
  if (number === null) return 'unclear';
  return reached(when, (at) => compares(number, at)) ?? 'well';
}

function describe(value: unknown, level: { readonly at?: Comparison } | Reached<Comparison>): string {
  if (level.at === undefined) return 'The query names it.';
  return `The value is ${shown(numberOf(value) ?? 0)}; ${comparison(level.at)} is bad.`;
}

function severityOf(value: unknown): AlertSeverity | null {
  return value === 'info' || value === 'warning' || value === 'critical' ? value : null;
}

/** Postgres gives large and exact numbers as text. */
function numberOf(value: unknown): number | null {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'string' || !/^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(value)) return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

function comparison({ operator, than }: Comparison): string {
  return `${operator} ${shown(than)}`;
}

function allComparisons(when: Levels<Comparison>): string {
  return when
    .map(({ severity, at }) => (severity === null ? comparison(at) : `${severity} ${comparison(at)}`))
    .join(', ');
}

function shown(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}

function remediation(runbook: string | undefined): string {
  return runbook === undefined ? 'See what the check is for, and who owns it.' : `Press runbook ${runbook}.`;
}
