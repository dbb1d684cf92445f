import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { GitHubEvent } from '../local/github/events/event.ts';
import { GitHubError } from '../local/github/github-error.ts';
import type { JobCredentials } from '../local/github/jobs/job-desk.ts';
import type { GitHubStandIn } from '../local/github/server.ts';
import { type Conclusion, latestAttempt } from '../local/github/state/runs.ts';
import type { Fate } from './chaos-builds-machines.ts';
import type { JobOrder, JobReport } from './chaos-builds-messages.ts';
import { type BuildPlan, type RunPlan, sayLine } from './chaos-builds-plan.ts';
import type { RunTruth } from './chaos-builds-truth.ts';
import { PERSON } from './chaos-builds-world.ts';

/** The runs of the chaos, as GitHub leads them. */
export interface ChaosRuns {
  /** A run says its first line. */
  readonly onWriting: (runId: number) => void;
  /** A machine says how its job ended. */
  readonly onReport: (report: JobReport) => void;
  /** Nobody works on these any more. */
  readonly onSilence: (runIds: readonly number[]) => void;
  /** Runs that are not over. */
  readonly open: () => number;
  /** Runs whose machine died or lay still, and of which GitHub knows the end. */
  readonly silenced: () => number[];
  readonly truths: () => RunTruth[];
}

export interface ChaosRunsOptions {
  readonly github: GitHubStandIn;
  readonly plans: readonly BuildPlan[];
  readonly random: () => number;
  /** Runs at work at the same time; others wait in GitHub's queue. */
  readonly atOnce: number;
  /** After a machine died GitHub knows how its runs ended within this time. */
  readonly concludeWithinMs: number;
  /** Every third run too many never says a word to the database, and ends by itself after this long. */
  readonly muteMs: number;
  /** For what the jobs write. */
  readonly folder: string;
  readonly job: Pick<JobOrder, 'recorderUrl' | 'leaseMs' | 'heartbeatMs' | 'patienceMs' | 'paceMs'>;
  readonly assign: (order: JobOrder, fate: Fate) => void;
  readonly cancel: (runId: number) => void;
}

interface Run {
  readonly runId: number;
  readonly buildId: string;
  readonly attempt: string;
  readonly branch: string;
  readonly plan: RunPlan;
  readonly isMute: boolean;
  jobId: number;
  state: 'queued' | 'works' | 'silent' | 'over';
  isSilent: boolean;
  isVanished: boolean;
  report: JobReport | null;
  credentials: JobCredentials | null;
}

/** Leads runs through their lives on the stand-in: queued, at work on a machine, ended as the machine says or as was planned. */
export function leadRuns(options: ChaosRunsOptions): ChaosRuns {
  const { github, random } = options;
  const runs = new Map<number, Run>();
  const waiting: Run[] = [];
  const said = (runId: number): string => path.join(options.folder, `${runId}.said`);
  const linesOf = (runId: number): string[] =>
    existsSync(said(runId)) ? readFileSync(said(runId), 'utf8').split('\n').slice(0, -1) : [];

  const arrive = ({ dispatched }: GitHubEvent): void => {
    if (dispatched === null) return;
    const { runId, inputs } = dispatched;
    const plan = options.plans[Number(inputs.plan)]?.runs[Math.min(Number(inputs.ops_build_attempt), 3) - 1];
    const branch = github.runs.get(runId).headBranch;
    if (plan === undefined || branch === null || inputs.ops_build_id === undefined)
      throw new Error(`run ${runId} was not planned`);
    const isAnother = [...runs.values()].some(
      (run) => run.buildId === inputs.ops_build_id && run.attempt === inputs.ops_build_attempt,
    );
    const run: Run = {
      runId,
      buildId: inputs.ops_build_id,
      attempt: inputs.ops_build_attempt ?? '1',
      isMute: isAnother && random() < 1 / 3,
      branch,
      plan,
      jobId: 0,
      state: 'queued',
      isSilent: false,
      isVanished: false,
      report: null,
      credentials: null,
    };
    runs.set(runId, run);
    setTimeout(() => {
      waiting.push(run);
      startNext();
    }, random() * 400);
  };

  const startNext = (): void => {
    const atWork = [...runs.values()].filter(({ state }) => state === 'works').length;
    for (const run of waiting.splice(0, Math.max(0, options.atOnce - atWork)))
      if (run.state === 'queued') start(run);
  };

  const start = (run: Run): void => {
    const { runId, plan } = run;
    run.state = 'works';
    github.runs.start(runId);
    run.jobId = github.runs.addJobs(runId, [{ key: 'build' }])[0]?.id ?? 0;
    github.runs.startJob(run.jobId);
    github.runs.startStep(run.jobId, { number: 1, name: 'Build' });
    if (run.isMute) {
      workMutely(run);
      return;
    }
    run.credentials = github.openJob(run.jobId, { permissions: { contents: 'read' } });
    const { end } = plan;
    options.assign(
      {
        kind: 'job',
        runId,
        buildId: run.buildId,
        repository: `${github.store.owner}/${github.store.repo}`,
        branch: run.branch,
        lines: plan.lines,
        how: end.kind === 'ends' ? end.how : 'success',
        isEndless: end.kind !== 'ends',
        temp: path.join(options.folder, String(runId)),
        said: said(runId),
        environment: { ...run.credentials.env },
        ...options.job,
      },
      end.kind === 'silent' ? end.by : 'works',
    );
  };

  /** Its recorder never reaches the database; GitHub alone knows of it. */
  const workMutely = (run: Run): void => {
    run.state = 'silent';
    run.isSilent = true;
    const lines = Array.from({ length: run.plan.lines }, (_, index) => sayLine(run.runId, index + 1));
    writeFileSync(said(run.runId), `${lines.join('\n')}\n`);
    setTimeout(() => conclude(run, 'success'), options.muteMs);
  };

  const conclude = (run: Run, conclusion: Conclusion | 'vanished' | 'deleted'): void => {
    if (run.state === 'over') return;
    run.state = 'over';
    run.credentials?.close();
    if (run.jobId !== 0) {
      const text = linesOf(run.runId).map((line) => `${new Date().toISOString()} ${line}\n`);
      github.runs.log(run.jobId, text.join(''));
    }
    end(run, conclusion);
    startNext();
  };
  const end = (run: Run, conclusion: Conclusion | 'vanished' | 'deleted'): void => {
    if (conclusion === 'deleted') {
      github.store.runs.delete(run.runId);
      github.store.jobs.delete(run.jobId);
      return;
    }
    run.isVanished = conclusion === 'vanished';
    const word = conclusion === 'vanished' ? 'failure' : conclusion;
    if (run.jobId !== 0) {
      // Of a machine that vanished nobody ever says how its step ended.
      if (!run.isVanished) github.runs.finishStep(run.jobId, 1, word);
      github.runs.finishJob(run.jobId, word);
    }
    github.runs.finish(run.runId, word);
  };

  github.onEvent((event) => {
    if (event.name === 'workflow_dispatch') arrive(event);
  });
  github.runs.onRequest((request) => {
    const run = runs.get(request.runId);
    if (run === undefined || request.kind !== 'cancel') return;
    if (run.state === 'works') options.cancel(run.runId);
    else conclude(run, 'cancelled');
  });

  return {
    onWriting: (runId) => {
      if (runs.get(runId)?.plan.end.kind !== 'cancelled') return;
      setTimeout(() => {
        try {
          github.as(PERSON).cancel(runId);
        } catch (error) {
          if (!(error instanceof GitHubError)) throw error;
          // It was over.
        }
      }, random() * 800);
    },
    onReport: (report) => {
      const run = runs.get(report.runId);
      if (run === undefined) return;
      run.report = report;
      // Of a halted one GitHub has said by itself what became of it.
      if (run.state === 'works') conclude(run, report.jobStatus);
    },
    onSilence: (runIds) => {
      for (const run of runIds.flatMap((id) => runs.get(id) ?? [])) {
        if (run.state !== 'works') continue;
        run.state = 'silent';
        run.isSilent = true;
        const { end: planned } = run.plan;
        const truth = planned.kind === 'silent' ? planned.truth : 'vanished';
        setTimeout(() => conclude(run, truth), random() * options.concludeWithinMs);
      }
      startNext();
    },
    open: () => [...runs.values()].filter(({ state }) => state !== 'over').length,
    silenced: () =>
      [...runs.values()]
        .filter(({ isSilent, state }) => isSilent && state === 'over')
        .map(({ runId }) => runId),
    truths: () =>
      [...runs.values()].map((run) => {
        const stored = github.store.runs.get(run.runId);
        const attempt = stored === undefined ? null : latestAttempt(stored);
        return {
          runId: run.runId,
          buildId: run.buildId,
          isOver: attempt === null || attempt.status === 'completed',
          conclusion: attempt?.conclusion ?? null,
          isVanished: run.isVanished || stored === undefined,
          isSilent: run.isSilent,
          hasWarned: run.plan.end.kind === 'ends' && run.plan.end.how === 'warnings',
          story: run.report?.story ?? null,
          heardCancel: run.report?.heardCancel ?? false,
          note: run.report?.note ?? null,
          hasLog: (github.store.jobs.get(run.jobId)?.log ?? '') !== '',
          said: linesOf(run.runId),
        };
      }),
  };
}
