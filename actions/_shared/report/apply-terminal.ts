import type { ApplyReason, ApplyResult } from '../reconcile/model.ts';
import { changesInWords } from './plan-entries.ts';
import { printable } from './printable.ts';
import { painter, type TerminalStyle } from './terminal-style.ts';

/** How an apply ended, as a headline; exhaustive on purpose. */
export function applyHeadline(reason: ApplyReason): { readonly words: string; readonly good: boolean } {
  switch (reason) {
    case 'applied':
      return { words: 'Applied', good: true };
    case 'partly_applied':
      return { words: 'Applied in part: the database is done, apply again for the rest', good: false };
    case 'nothing_to_do':
      return { words: 'Nothing to do', good: true };
    case 'blocked':
      return { words: 'Refused: the plan has blockers', good: false };
    case 'plan_moved':
      return { words: 'Refused: the database or the files moved since the plan', good: false };
    case 'deletion_guard':
      return { words: 'Refused: more deletions than allowed', good: false };
    case 'locked':
      return { words: 'Refused: another apply holds the lock', good: false };
    case 'connection_lost':
      return { words: 'The connection was lost; nothing was half applied, run it again', good: false };
    case 'failed':
      return { words: 'Failed; nothing was changed', good: false };
  }
}

/** The result of an apply for a terminal, ending in a newline. */
export function renderApplyTerminal(result: ApplyResult, { color }: { readonly color: boolean }): string {
  const paint = painter(color);
  const { words, good } = applyHeadline(result.reason);
  const style: TerminalStyle = good ? 'good' : 'bad';
  const audit = result.reconciliationId === null ? '' : `, audit row ${result.reconciliationId}`;
  const lines = [
    `${paint(style, words)} on ${paint('strong', result.plan.environment)}: ${changesInWords(result.plan.changes)}` +
      paint('dim', ` (${Math.round(result.durationMs)} ms${audit})`),
    ...(good || result.message === '' ? [] : [`  ${printable(result.message, 2_000)}`]),
  ];
  return `${lines.join('\n')}\n`;
}
