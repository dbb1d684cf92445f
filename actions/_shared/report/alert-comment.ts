import { type Alert, isLive, isLoud, worstOf } from '../alerts/alert.ts';
import type { Unit } from '../alerts/decide-unit.ts';
import { sayMarker } from '../alerts/issue-marker.ts';
import type { Say } from '../alerts/issue-row.ts';
import { mention, plainText, roughDuration } from './alert-text.ts';

/** A comment about a change; the description says everything else. */
export function renderAlertComment(
  unit: Unit,
  comment: { readonly say: Say; readonly key: string; readonly runUrl: string },
): string {
  const text = `${words(unit, comment.say)} ([run](${comment.runUrl}))`;
  return `${sayMarker(comment.key)}\n${text}`;
}

function words(unit: Unit, say: Say): string {
  const { members } = unit;
  const live = members.filter(isLive);
  switch (say) {
    case 'worsened':
      return `It is worse: **${worstOf(live) ?? 'unknown'}** now.${whoCares(live)}`;
    case 'woken':
      return `The time it was put off for is over, and it is still there.${whoCares(live)}`;
    case 'joined':
      return `There is more of it: ${live.filter(isLoud).length} now. The list above says which.${whoCares(live)}`;
    case 'reopened':
      return `It is back.${whoCares(live)}`;
    case 'resolved':
      return ending(unit);
  }
}

function ending({ row, members }: Unit): string {
  const [last] = members;
  if (row.kind === 'storm') return 'The storm is over; what is left of it has an issue of its own.';
  if (members.length === 0) return 'No alert stands behind this any more.';
  if (members.length > 1) return `All ${members.length} are over.`;
  if (last === undefined) return 'It is over.';
  const lasted =
    last.resolvedAt === null
      ? ''
      : ` after ${roughDuration(last.resolvedAt.getTime() - last.firstSeenAt.getTime())}`;
  const why = last.note === null ? '' : `: ${plainText(last.note, 200)}`;
  return isPerson(last.resolvedBy)
    ? `${plainText(last.resolvedBy, 60)} says it is over,${lasted}${why}.`
    : `It is over${lasted}${why}.`;
}

/** Passes and jobs of ours resolve in names no login can have, or in these. */
function isPerson(by: string | null): by is string {
  return by !== null && !by.includes('_') && by !== 'checks' && by !== 'advisories';
}

function whoCares(alerts: readonly Alert[]): string {
  const owners = [...new Set(alerts.filter(isLoud).flatMap(({ details }) => details.owner ?? []))].slice(
    0,
    5,
  );
  return owners.length === 0 ? '' : ` ${owners.map(mention).join(' ')}`;
}
