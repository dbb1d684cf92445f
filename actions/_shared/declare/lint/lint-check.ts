/** What can be said about one check by looking at its file alone. */
import type { ReportFinding } from '../finding.ts';
import type { CheckSpec } from '../kinds/checks-model.ts';
import { tool } from '../tool.ts';

const queries = tool(() => import('./lint-query.ts'));

/** Reports what will hurt although it is well formed. */
export function lintCheck(spec: CheckSpec, report: ReportFinding): CheckSpec {
  const { probe } = spec;
  if (spec.owner === null) {
    report({
      severity: 'notice',
      code: 'check-unowned',
      message: 'nobody owns this check',
      hint: 'Add `owner: "@team"`.',
      at: { path: ['description'], part: 'key' },
    });
  }
  for (const [index, matcher] of spec.mutes.entries()) {
    if (Object.keys(matcher).length > 0) continue;
    report({
      severity: 'error',
      code: 'mutes-everything',
      message: 'this would mute every alert there is',
      hint: 'Name at least one of check, object, kind, key, group and severity.',
      at: { path: ['mutes', index] },
    });
  }
  switch (probe.kind) {
    case 'sql':
      queries().lintQuery(probe, report);
      break;
    case 'cron':
      if (probe.find.includes('scheduler') && probe.find.length > 1) {
        report({
          severity: 'error',
          code: 'scheduler-alone',
          message: '`scheduler` must be looked for by a check of its own',
          hint: 'A dead scheduler makes every job late: its own check can say `mutes: [{ check: ... }]`.',
          at: { path: ['cron', 'find'] },
        });
      }
      break;
    case 'queue':
      if ([probe.depth, probe.oldest, probe.deadLetters, probe.paused].every(({ length }) => length === 0)) {
        reportIdle('queue', ['depth', 'oldest', 'dead_letters', 'paused'], report);
      }
      break;
    case 'batch':
      if (
        !probe.authErrors &&
        [probe.stalled, probe.silent, probe.failures].every(({ length }) => length === 0)
      ) {
        reportIdle('batch', ['stalled', 'silent', 'failures', 'auth_errors'], report);
      }
      break;
    default:
      break;
  }
  return spec;
}

function reportIdle(kind: string, keys: readonly string[], report: ReportFinding): void {
  report({
    severity: 'error',
    code: 'check-idle',
    message: 'this check looks for nothing',
    hint: `Say at least one of ${keys.join(', ')}.`,
    at: { path: [kind], part: 'key' },
  });
}
