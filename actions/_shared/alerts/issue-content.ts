import { type Alert, isLive, standingOf } from './alert.ts';
import type { Unit } from './decide-unit.ts';
import { fingerprintOf } from './issue-marker.ts';

/**
 * Fingerprint of everything in an issue that is worth a new text: not how often, when last, nor with which numbers it was
 * seen, for these change with every pass. An alert that seems to recover is not told until it has.
 */
export function contentOf({ row, members, muted }: Pick<Unit, 'row' | 'members' | 'muted'>): string {
  const shown = members.map(factsOf).sort((a, b) => compare(a.key, b.key) || compare(a.standing, b.standing));
  return fingerprintOf([row.kind, shown, muted.map(({ key }) => key).sort()]);
}

function factsOf(alert: Alert) {
  const standing = standingOf(alert);
  const facts = { key: alert.key, standing: standing === 'recovering' ? 'firing' : standing };
  if (!isLive(alert)) return facts;
  return {
    ...facts,
    severity: alert.severity,
    title: alert.title,
    owner: alert.details.owner,
    runbook: alert.details.runbook,
    command: alert.details.runbook_command,
    by: [alert.acknowledgedBy, alert.snoozedBy, alert.silencedBy],
    until: [alert.snoozedUntil, alert.silencedUntil],
    mutedBy: alert.mutedBy,
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
