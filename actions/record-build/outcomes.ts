import type { FinishResult } from '../_shared/builds/recorder/finish-recording.ts';
import type { Session } from '../_shared/builds/recorder/session.ts';
import type { StartResult } from '../_shared/builds/recorder/start-recording.ts';
import type { Outcome } from '../_shared/io/outcome.ts';
import type { RecordBuildInputs } from './inputs.ts';

const TOO_MANY =
  'This run is one too many: another run has the build, or the build has ended. Nothing more is done here; `opsroom build retry` starts it anew.';

type Started = StartResult | { readonly kind: 'unconfigured' } | undefined;

/**
 * How a use of the action ended. A build matters more than its record, so nothing that goes wrong fails the step; but of a build that was named there is
 * one run, and another one stops here before it does the work a second time.
 */
export function recordedStart(request: {
  /** Undefined for a later use in a job. */
  readonly started: Started;
  readonly session: Session | undefined;
  readonly code: number;
  readonly inputs: RecordBuildInputs;
}): Outcome {
  const { started, session, code, inputs } = request;
  const build = session?.lease?.buildId ?? inputs.buildId ?? '';
  const outputs = {
    'build-id': build,
    attempt: session?.lease === undefined ? '' : String(session.lease.attempt),
    recording: String(session !== undefined),
  };
  const ended = inputs.run === undefined || code === 0 ? '' : ` The commands ended with exit code ${code}.`;
  if (started?.kind === 'stale' && inputs.buildId !== undefined) {
    return { reason: 'one_run_too_many', message: TOO_MANY, outputs };
  }
  const warning = warningOf(started);
  return {
    reason: warning === undefined ? 'recorded' : 'not_recorded',
    message: `${warning ?? `Build ${build} is being recorded.`}${ended}`,
    ...(warning === undefined ? {} : { warnings: [warning] }),
    outputs,
  };
}

function warningOf(started: Started): string | undefined {
  switch (started?.kind) {
    case undefined:
    case 'started':
      return undefined;
    case 'later':
      return 'The database does not answer: what this job says is kept and stored later.';
    case 'stale':
      return 'This run may not write to the build: another run has it, or it has ended. The job goes on unrecorded.';
    case 'refused':
      return `The job goes on unrecorded: ${started.why}`;
    case 'unconfigured':
      return 'Nothing is recorded: give database-url, or function-url and the permission id-token: write.';
  }
}

/** How the post step ended. */
export function recordedEnd(result: FinishResult, kept: string | undefined): Outcome {
  const build = result.session.lease?.buildId ?? result.session.request.buildId ?? '';
  switch (result.kind) {
    case 'stored':
      return { reason: 'recorded', message: `Everything build ${build} said is stored.` };
    case 'stale':
      return { reason: 'not_recorded', message: result.why, warnings: [result.why] };
    case 'waiting': {
      const words = `${result.why} ${kept ?? 'What was left could not be kept either.'}`;
      return { reason: 'not_recorded', message: words, warnings: [words] };
    }
  }
}
