/**
 * Workflows that do not come by, fail, hang or were switched off. GitHub's schedule is no clock: it is late at load, leaves
 * runs out, and ends after sixty quiet days in a public repository. One call serves all checks of a pass; more are made only
 * for a workflow that is not among the newest hundred runs, or that is late.
 */
import type { ProbeConfigs } from '../../declare/kinds/checks-model.ts';
import type { GitHubClient } from '../../github/client.ts';
import { failureStatus } from '../../github/request-failure.ts';
import { listWorkflowRuns, listWorkflowStates, type WorkflowRun } from '../../github/workflow-runs.ts';
import { atLeast } from './judge-levels.ts';
import {
  type Blindness,
  blind,
  CannotEvaluate,
  type CheckOf,
  type Fault,
  looked,
  type Probe,
} from './probe.ts';
import { count, words } from './words.ts';

type Config = ProbeConfigs['workflow'];

interface Answers {
  /** Newest first, by file; a file that is missing was not asked for. */
  readonly runs: ReadonlyMap<string, readonly WorkflowRun[] | 'absent'>;
  /** Null: nobody had to ask. */
  readonly states: ReadonlyMap<string, string> | null;
}

/** Workflows asked about one by one in a pass. */
const MOST_CALLS = 5;
const OWN_RUNS = 20;

export const workflowProbe: Probe<'workflow', undefined, Answers> = {
  kind: 'workflow',
  async ask(checks, { github, now }) {
    if (github === undefined) {
      throw new CannotEvaluate(
        'Nobody can ask GitHub about workflows here.',
        'Run the checks in GitHub Actions with `actions: read`, or give GITHUB_TOKEN and GITHUB_REPOSITORY.',
      );
    }
    try {
      return await askGitHub(github, checks, now);
    } catch (error) {
      const status = failureStatus(error);
      if (status === null) throw error;
      throw new CannotEvaluate(
        `GitHub did not say how workflows ran (HTTP ${status}).`,
        status === 403 || status === 404
          ? 'The token needs `actions: read`.'
          : 'Try again; https://www.githubstatus.com says whether GitHub knows of a problem.',
      );
    }
  },
  judge({ config }, { answers }, { now }) {
    const faults: Fault[] = [];
    const unclear: (Blindness & { readonly object: string })[] = [];
    for (const file of config.files) {
      const runs = answers.runs.get(file);
      if (runs === undefined) {
        unclear.push({
          object: file,
          reason: `${file} is not among the newest runs, and was not asked about: too many others were.`,
          remediation: 'Look at fewer workflows, or less often (`every`).',
        });
      } else if (runs === 'absent') {
        unclear.push({
          object: file,
          reason: `GitHub knows no workflow ${file}.`,
          remediation: 'It has to be on the default branch once; correct the name.',
        });
      } else {
        const own = runs.filter(({ branch }) => config.branch === null || branch === config.branch);
        faults.push(...faultsOf(file, own, { config, now, state: answers.states?.get(file) ?? 'active' }));
      }
    }
    if (config.files.length === 0) return blind('There is no workflow to look at.', 'Name one in `files`.');
    return looked(faults, unclear);
  },
};

async function askGitHub(
  github: GitHubClient,
  checks: readonly CheckOf<'workflow'>[],
  now: Date,
): Promise<Answers> {
  const newest = await listWorkflowRuns(github);
  const runs = new Map<string, readonly WorkflowRun[] | 'absent'>(Map.groupBy(newest, ({ file }) => file));
  const wanted = [...new Set(checks.flatMap(({ config }) => config.files))].sort();
  const unseen = wanted.filter((file) => !runs.has(file));
  for (const file of unseen.slice(0, MOST_CALLS)) runs.set(file, await ownRuns(github, file));
  const late = checks.some(({ config }) =>
    config.files.some((file) => {
      const own = runs.get(file);
      return own !== 'absent' && isLate(own ?? [], config, now);
    }),
  );
  return { runs, states: late ? await listWorkflowStates(github) : null };
}

async function ownRuns(github: GitHubClient, file: string): Promise<readonly WorkflowRun[] | 'absent'> {
  try {
    return await listWorkflowRuns(github, { file, limit: OWN_RUNS });
  } catch (error) {
    if (failureStatus(error) === 404) return 'absent';
    throw error;
  }
}

function isLate(runs: readonly WorkflowRun[], { maxAge, branch }: Config, now: Date): boolean {
  const last = runs.find((run) => branch === null || run.branch === branch);
  return last === undefined || atLeast(maxAge, now.getTime() - last.createdAt.getTime()) !== undefined;
}

function faultsOf(
  file: string,
  runs: readonly WorkflowRun[],
  { config, now, state }: { readonly config: Config; readonly now: Date; readonly state: string },
): readonly Fault[] {
  const wanted = new Set(config.find);
  const [last] = runs;
  const found: Fault[] = [];
  const age = last === undefined ? null : now.getTime() - last.createdAt.getTime();
  const evidence = {
    workflow: file,
    state,
    last_run: last?.url,
    last_began: last?.createdAt,
    last_event: last?.event,
    last_ended: last?.conclusion ?? last?.status,
    ago: age === null ? undefined : words(age),
  };
  if (state.startsWith('disabled') && wanted.has('disabled')) {
    found.push({
      object: file,
      name: 'workflow_disabled',
      title: `${file} is switched off`,
      detail:
        state === 'disabled_inactivity'
          ? `GitHub switched ${file} off: nothing happened in the repository for 60 days.`
          : `Somebody switched ${file} off (${state}).`,
      remediation: `Actions, ${file}, Enable workflow; or \`gh workflow enable ${file}\`.`,
      evidence,
    });
    return found;
  }
  if (last === undefined || age === null) {
    if (wanted.has('never_ran')) {
      found.push({
        object: file,
        name: 'workflow_never_ran',
        title: `${file} has never run`,
        detail: `GitHub knows no run of ${file}${config.branch === null ? '' : ` on ${config.branch}`}.`,
        remediation: 'A schedule counts on the default branch only. Run it once by hand (workflow_dispatch).',
        evidence,
      });
    }
    return found;
  }
  const late = atLeast(config.maxAge, age);
  if (late !== undefined && wanted.has('late')) {
    found.push({
      object: file,
      severity: late.severity,
      name: 'workflow_late',
      title: `${file} has not run for ${words(age)}`,
      detail: `The last run of ${file} began ${words(age)} ago; ${words(late.at)} is bad.`,
      remediation:
        "GitHub's schedules are late at load, most at the full hour; move it off the hour. Run it once by hand meanwhile, and see https://www.githubstatus.com.",
      evidence,
    });
  }
  found.push(...failures(file, runs, config, evidence), ...stuckRuns(file, runs, { config, now, evidence }));
  return found.filter(
    ({ name }) => wanted.has(name === 'workflow_failing' ? 'failing' : 'stuck') || name === 'workflow_late',
  );
}

const BAD = new Set(['failure', 'timed_out', 'startup_failure']);

function failures(
  file: string,
  runs: readonly WorkflowRun[],
  { failing }: Config,
  evidence: object,
): readonly Fault[] {
  // What was cancelled or skipped says nothing.
  const ended = runs.filter(({ conclusion }) => conclusion === 'success' || BAD.has(conclusion ?? ''));
  const good = ended.findIndex(({ conclusion }) => conclusion === 'success');
  const inARow = good < 0 ? ended.length : good;
  const level = inARow === 0 ? undefined : atLeast(failing, inARow);
  if (level === undefined) return [];
  return [
    {
      object: file,
      severity: level.severity,
      name: 'workflow_failing',
      title: `${file} fails`,
      detail: `${count(inARow, 'run')} of ${file} in a row failed, the last with ${ended[0]?.conclusion ?? 'failure'}.`,
      remediation: 'Read the log of the last run.',
      evidence: { ...evidence, failed_in_a_row: inARow, failed_run: ended[0]?.url },
    },
  ];
}

function stuckRuns(
  file: string,
  runs: readonly WorkflowRun[],
  { config, now, evidence }: { readonly config: Config; readonly now: Date; readonly evidence: object },
): readonly Fault[] {
  // One that waits for an approval waits for a person.
  const stuck = runs.filter(
    ({ status, createdAt }) =>
      ['queued', 'in_progress', 'pending', 'requested'].includes(status ?? '') &&
      now.getTime() - createdAt.getTime() > config.stuckMs,
  );
  const oldest = stuck.at(-1);
  if (oldest === undefined) return [];
  return [
    {
      object: file,
      name: 'workflow_stuck',
      title: `${file} hangs`,
      detail: `A run of ${file} is ${oldest.status} since ${words(now.getTime() - oldest.createdAt.getTime())}.`,
      remediation:
        'No runner may be free, or a step waits for ever: cancel it and give the job a `timeout-minutes`.',
      evidence: { ...evidence, stuck_run: oldest.url, status: oldest.status },
    },
  ];
}
