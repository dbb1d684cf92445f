/** What a check's file says about its alerts, as those who keep alerts want it. Pure. */
import { hash } from 'node:crypto';
import type { DesiredCheck } from '../declare/kinds/checks-model.ts';
import type { CheckPolicy } from './check-pass.ts';

/** The policy of a check. */
export function policyOf(check: DesiredCheck): CheckPolicy {
  return {
    for: check.for,
    hold_open_s: check.holdOpenMs / 1000,
    reopen_within_s: check.reopenWithinMs / 1000,
    owner: check.owner,
    runbook: check.runbook?.name ?? null,
    runbook_command: check.runbook === null ? null : commandOf(check.runbook),
    group: check.group,
    mutes: check.mutes,
  };
}

function commandOf({ name, inputs }: NonNullable<DesiredCheck['runbook']>): string {
  return ['/run', name, ...Object.entries(inputs).map(([key, value]) => `${key}=${value}`)].join(' ');
}

/**
 * Whether it is the turn of a check with `every`: passes come irregularly, so a moment of its own in each period has to lie
 * between the last pass and this one. Without a last pass it always is.
 */
export function isDue({ name, everyMs }: DesiredCheck, now: Date, previous: Date | undefined): boolean {
  if (everyMs === 0 || previous === undefined) return true;
  // Checks of one period should not all have their turn in the same pass.
  const offset = Number.parseInt(hash('sha1', name, 'hex').slice(0, 8), 16) % everyMs;
  const period = (at: Date): number => Math.floor((at.getTime() - offset) / everyMs);
  return period(now) !== period(previous);
}
