/** Whether workflows run when their files say. */
import type { GitHubClient } from '../../github/client.ts';
import { compileParsed } from '../../schedule/compile-schedule.ts';
import { dueMinutes } from '../../schedule/due-minutes.ts';
import { parseSchedule } from '../../schedule/parse-schedule.ts';
import { type Answer, ask } from './github-answer.ts';
import { readLastScheduledRun, readWorkflows, type ScheduledRun, type Workflow } from './github-reads.ts';
import { type DoctorItem, itemsOf, judged } from './item.ts';
import type { WorkflowFile } from './workflow-files.ts';

const github = itemsOf('github');
const DAYS = 14;
/** GitHub delays schedules by this much on an ordinary bad day. */
const TOLERATED_MS = 2 * 3_600_000;

/** One item for each workflow of the checkout. */
export async function lookAtSchedules(
  client: GitHubClient,
  { workflows, now }: { readonly workflows: readonly WorkflowFile[]; readonly now: Date },
): Promise<readonly DoctorItem[]> {
  const found = await ask(() => readWorkflows(client));
  if (found.kind !== 'seen') {
    return [
      github.unknown(
        'workflows',
        'Workflows',
        found.kind === 'refused' ? `GitHub refused: ${found.why}.` : 'GitHub shows none.',
        'Look with a token that may read Actions.',
      ),
    ];
  }
  const items: DoctorItem[] = [];
  for (const file of workflows) {
    const live = found.value.find((each) => each.path === file.file);
    const run =
      live === undefined || file.crons.length === 0
        ? null
        : await ask(() => readLastScheduledRun(client, live.id));
    items.push(lookAtWorkflow(file, live, run, now));
  }
  return items;
}

function lookAtWorkflow(
  file: WorkflowFile,
  live: Workflow | undefined,
  run: Answer<ScheduledRun | null> | null,
  now: Date,
): DoctorItem {
  const thing = `workflow.${file.file.replace(/^.*\//, '')}`;
  const title = `Workflow ${file.name}`;
  if (live === undefined) {
    return github.bad(thing, title, {
      status: 'warning',
      detail: `GitHub does not know ${file.file}.`,
      remedy: 'Push it to the default branch: schedules and buttons of another branch do nothing.',
    });
  }
  if (live.state !== 'active') {
    return github.bad(thing, title, {
      status: 'error',
      detail:
        live.state === 'disabled_inactivity'
          ? 'GitHub switched it off: in a public repository schedules end after 60 days without a commit.'
          : `It is switched off (${live.state}).`,
      remedy: `gh workflow enable ${file.file.replace(/^.*\//, '')}, or PUT /repos/…/actions/workflows/…/enable.`,
    });
  }
  if (file.crons.length === 0) return github.good(thing, title, 'On; it has no schedule.');
  if (run === null || run.kind !== 'seen') {
    return github.unknown(
      thing,
      title,
      run?.kind === 'refused' ? `Its runs were not shown: ${run.why}.` : 'Its runs were not shown.',
    );
  }
  return judgeLateness(thing, title, { file, since: live.created_at, last: run.value, now });
}

function judgeLateness(
  thing: string,
  title: string,
  seenSoFar: {
    readonly file: WorkflowFile;
    /** Since when GitHub knows the workflow: before that, nothing was due. */
    readonly since: Date;
    readonly last: ScheduledRun | null;
    readonly now: Date;
  },
): DoctorItem {
  const { file, since, last, now } = seenSoFar;
  const [due, before] = lastDue(file.crons, now).filter((at) => at > since.getTime());
  const seen =
    last === null
      ? 'Its schedule has never started it'
      : `Its last scheduled run is of ${last.created_at.toISOString()}`;
  // One left out is GitHub as it is; two in a row, or none ever, is a schedule that does not run.
  const isSilent = before !== undefined && (last === null || last.created_at.getTime() < before);
  const isLate = due !== undefined && last !== null && last.created_at.getTime() < due;
  return judged(github, thing, title, {
    good:
      last === null
        ? 'On; its schedule has not come round yet.'
        : `${seen}${isLate ? ', and the latest was left out' : ''}.`,
    trouble: isSilent
      ? {
          status: 'error',
          detail: `${seen}, and it was due at ${new Date(before).toISOString()} and at ${due === undefined ? '' : new Date(due).toISOString()}.`,
          remedy:
            'Start it by hand once; look whether Actions are on, and whether who last changed the schedule is still in the organisation.',
        }
      : null,
  });
}

/** The last two moments it was due and GitHub had time to start it, newest first. */
function lastDue(crons: readonly string[], now: Date): readonly number[] {
  const end = Math.floor((now.getTime() - TOLERATED_MS) / 60_000);
  const window = { start: end - DAYS * 1440, length: DAYS * 1440 };
  const due = crons.flatMap((source) => {
    const parsed = parseSchedule(source, { job: 'workflow' });
    if (!parsed.ok) return [];
    const { match, timezone } = compileParsed({ source, timezone: 'UTC', schedule: parsed.schedule });
    return match === undefined ? [] : dueMinutes({ match, timezone }, window);
  });
  return [...new Set(due)]
    .sort((a, b) => b - a)
    .slice(0, 2)
    .map((index) => (window.start + index) * 60_000);
}
