import { printable } from '../../report/printable.ts';
import type { BuildFacts } from './order-build.ts';

/** What is known when a build was asked for. */
export interface StartView {
  readonly environment: string;
  /** Said before it. */
  readonly preface?: string | undefined;
  /** Whether this process tried to start it. */
  readonly wasTended: boolean;
}

/** A build that was asked for, how it stands, and what happens next. Ends in a newline. */
export function renderStart(build: BuildFacts, view: StartView): string {
  const head = `build ${build.buildId}  ${build.project} ${build.branch} (${build.lane})`;
  const lines = [view.preface, head, ...standing(build, view)].filter((line) => line !== undefined);
  return `${lines.map((line) => printable(line)).join('\n')}\n`;
}

function standing(build: BuildFacts, view: StartView): readonly string[] {
  const { status, error, runUrl } = build;
  if (status === 'queued') return [waiting(build, view)];
  if (status === 'dispatched' && runUrl === null) return [onTheWay(build)];
  const words = status === 'dispatched' ? 'started on GitHub' : status;
  return [`It is ${words}${error === null ? '' : `: ${error}`}`, ...(runUrl === null ? [] : [runUrl])];
}

function onTheWay({ order, orderError }: BuildFacts): string {
  const why = orderError === null ? '' : `: ${orderError}`;
  return order === 'pending'
    ? `GitHub has not taken it${why}. It is told again by the next round of dispatch-builds.yml.`
    : `It is on its way to GitHub${why}. The next round of dispatch-builds.yml finds out.`;
}

function waiting({ behind, isDispatched }: BuildFacts, view: StartView): string {
  if (behind !== null) return `It waits for build ${behind} of the same branch.`;
  if (!isDispatched) return 'It waits for a runner of its own project.';
  if (view.wasTended) return 'It waits: builds before it, or the queue of builds is paused (`opsroom jobs`).';
  return `It waits for the next round of dispatch-builds.yml, five minutes at most. Now: gh workflow run dispatch-builds.yml -f environment=${view.environment}, or set GITHUB_TOKEN.`;
}
