import type { Plan } from '../reconcile/model.ts';
import { COMMENT_LIMIT } from './bounded-markdown.ts';
import { type PlanMarkdownOptions, renderPlanMarkdown } from './plan-markdown.ts';

/** Room the machine leaves for what people write above and below its block. */
const PEOPLE_ROOM = 8_000;

/** The drift of one environment as the machine's block of an issue. */
export function renderDriftBlock(
  drift: Plan,
  options: PlanMarkdownOptions & { readonly runUrl?: string },
): string {
  const { runUrl, ...rest } = options;
  return [
    'Somebody or something changed this by hand since our last apply. Left of each arrow stands **what runs now**, right of',
    'it what the files say. What to do:',
    '',
    '- **Wanted?** Write it into `runbooks/` on a pull request.',
    '- **Not wanted?** Actions, **reconcile**, Run workflow, with *dry-run* off: it puts back what the files say. So does the next merge.',
    '',
    ...(drift.lost.length === 0 ? [] : [LOST, '']),
    'This issue closes by itself when nothing differs any more, and is reopened when it does again.',
    '',
    renderPlanMarkdown(onlyChanges(drift), {
      ...rest,
      title: 'Drift in',
      verdict: differences(drift),
      limit: COMMENT_LIMIT - PEOPLE_ROOM,
      footer: runUrl === undefined ? 'Found by the drift workflow' : `Found by [this run](${runUrl})`,
    }),
  ].join('\n');
}

const LOST =
  'What is **gone or out of sight** no reconcile brings back as things are: first mend what is missing below, then run it.';

function differences(drift: Plan): string {
  const things = new Set([...drift.changes, ...drift.lost].map(({ name }) => name)).size;
  return things === 1 ? '1 thing differs' : `${things} things differ`;
}

/** Drift is about what somebody changed; everything else a plan tells belongs to plans. What is missing says the cure. */
function onlyChanges(drift: Plan): Plan {
  const missing = drift.lost.length === 0 ? [] : drift.missing;
  return { ...drift, notices: [], blockers: [], missing, unmanaged: [], orphaned: [] };
}

/** The title of the issue: for people; it is never how the issue is found. */
export function driftIssueTitle(environment: string): string {
  return `Drift: ${environment} is not what runbooks/ says`;
}
