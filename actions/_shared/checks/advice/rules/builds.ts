/** Rules about projects, their builds and upgrades. ops.scan_advisories finds what they say; they are not looked for twice. */
import type { FindingLevel } from '../../finding.ts';
import type { BuildAdvice } from '../facts/build-statements.ts';
import { type AdviceRow, type AdviceRule, rule } from '../rule.ts';

const LEVELS = { error: 'ERROR', warning: 'WARN', info: 'INFO' } as const satisfies Record<
  BuildAdvice['level'],
  FindingLevel
>;

const NAMED = ['no_recent_build', 'failing_branch', 'unapplied_upgrade'];

function rowsOf(
  builds: readonly BuildAdvice[],
  isMine: (advice: BuildAdvice) => boolean,
): readonly AdviceRow[] {
  return builds.filter(isMine).map((advice) => ({
    object: advice.project,
    key: advice.cacheKey,
    detail: `${advice.project}: ${advice.title}. ${advice.detail}`,
    level: LEVELS[advice.level],
    evidence: advice.evidence,
    ...(advice.remediation === null ? {} : { remediation: advice.remediation }),
  }));
}

export const buildRules: readonly AdviceRule[] = [
  rule({
    name: 'no_recent_build',
    level: 'WARN',
    title: 'A project nobody builds',
    remediation: 'Trigger a build, or archive the project.',
    needs: ['builds'],
    find: ({ builds }) => rowsOf(builds, ({ name }) => name === 'no_recent_build'),
  }),
  rule({
    name: 'failing_branch',
    level: 'WARN',
    title: 'A branch whose builds keep failing',
    remediation: 'Read the log of the last build and mend it, or pause the branch.',
    needs: ['builds'],
    find: ({ builds }) => rowsOf(builds, ({ name }) => name === 'failing_branch'),
  }),
  rule({
    name: 'unapplied_upgrade',
    level: 'INFO',
    title: 'An upgrade that waits',
    remediation: 'Plan the upgrade on a staging branch, or dismiss it.',
    needs: ['builds'],
    find: ({ builds }) => rowsOf(builds, ({ name }) => name === 'unapplied_upgrade'),
  }),
  rule({
    name: 'project_advice',
    level: 'WARN',
    title: 'Other advice about a project',
    remediation: 'See the advice in the list of the project.',
    needs: ['builds'],
    find: ({ builds }) => rowsOf(builds, ({ name }) => !NAMED.includes(name)),
  }),
];
