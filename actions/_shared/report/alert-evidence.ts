import type { Alert } from '../alerts/alert.ts';
import { cellCode } from './alert-text.ts';

// Shown elsewhere, or of use to machines only.
const NO_EVIDENCE = new Set([
  'owner',
  'runbook',
  'runbook_command',
  'remediation',
  'remedy',
  'evidence',
  'cache_key',
  'unknown',
]);
const MOST_EVIDENCE = 40;

/** Evidence is one table; a table cannot be cut, so its rows are bounded here. */
export function alertEvidence({ details, check, object, kind }: Alert): string[] {
  const about = { ...(check === null ? { kind } : { check }), ...(object === '' ? {} : { object }) };
  const given: Readonly<Record<string, unknown>> =
    details.evidence ?? Object.fromEntries(Object.entries(details).filter(([key]) => !NO_EVIDENCE.has(key)));
  const rows = Object.entries({ ...about, ...given })
    .filter(([, value]) => value !== null && value !== undefined)
    .slice(0, MOST_EVIDENCE)
    .map(([key, value]) => `| ${cellCode(key, 60)} | ${cellCode(valueText(value), 300)} |`);
  return [['| | |', '|---|---|', ...rows].join('\n')];
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
