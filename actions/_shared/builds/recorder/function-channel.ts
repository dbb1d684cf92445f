import * as z from 'zod';
import { isPassing } from '../../queue/passing-errors.ts';
import type { BuildChannel, Lease, Verdict } from './channel.ts';
import type { Frame } from './frame.ts';
import { TokenRefused } from './oidc-token.ts';
import { readOutcome, readStarted } from './statements.ts';

const VerdictAnswer = z.object({ verdict: z.enum(['held', 'cancel', 'lost']) });
const WriteAnswer = z.object({ answers: z.array(z.unknown()) });
const Problem = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** How long the function may take to answer. */
const ANSWER_MS = 20_000;

/** Through the Edge Function ops-record-build, which believes the run's OIDC token and nothing else. */
export function functionChannel(options: {
  readonly url: string;
  readonly token: () => Promise<string>;
}): BuildChannel {
  const ask = async (body: unknown): Promise<unknown> => {
    const response = await fetch(options.url, {
      method: 'POST',
      headers: { authorization: `Bearer ${await options.token()}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const answer: unknown = await response.json().catch(() => undefined);
    if (response.ok) return answer;
    throw new FunctionRefused(response.status, Problem.safeParse(answer).data?.error.message);
  };
  const of = ({ buildId, attempt, token }: Lease) => ({ build_id: buildId, attempt, lease_token: token });
  return {
    writesAtOnce: 1,
    start: async (request) =>
      readStarted(
        await ask({
          op: 'start',
          ...(request.buildId === undefined ? {} : { build_id: request.buildId }),
          trigger: request.trigger,
          ...(request.project === undefined ? {} : { project: request.project }),
          ...(request.commit === undefined ? {} : { commit: request.commit }),
          runner_id: request.runnerId,
        }),
      ),
    heartbeat: async (lease): Promise<Verdict> =>
      VerdictAnswer.parse(await ask({ op: 'heartbeat', ...of(lease) })).verdict,
    write: async (lease, frames) => {
      const answer = WriteAnswer.parse(await ask({ op: 'write', ...of(lease), calls: frames.map(asCall) }));
      return answer.answers.map(readOutcome).includes('stale') ? 'stale' : 'stored';
    },
    isAway,
    close: async () => undefined,
  };
}

function asCall(frame: Frame): unknown {
  if (frame.op !== 'lines') return frame;
  const { seq, at, levels, step, text, kind } = frame;
  return { op: 'lines', first_seq: seq, lines: text, at: [at], levels, steps: [step], kind };
}

/** The function answered, and not as was hoped. */
export class FunctionRefused extends Error {
  override readonly name = 'FunctionRefused';
  readonly status: number;

  constructor(status: number, message: string | undefined) {
    super(`ops-record-build answered ${status}${message === undefined ? '' : `: ${message}`}`);
    this.status = status;
  }
}

/** No way there, too many at once, or something of theirs broken: all of it passes. */
function isAway(error: unknown): boolean {
  if (error instanceof FunctionRefused || error instanceof TokenRefused) {
    return error.status >= 500 || error.status === 429 || error.status === 408;
  }
  const isTimeout =
    error instanceof DOMException && (error.name === 'TimeoutError' || error.name === 'AbortError');
  // `fetch` says "fetch failed" and keeps the reason as its cause.
  return isTimeout || error instanceof TypeError || isPassing(error);
}
