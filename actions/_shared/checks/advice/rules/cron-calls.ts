/** Rules about what declared jobs send, and what comes of it. */
import type { JobCall } from '../../../declare/model.ts';
import { type AdviceContext, type AdviceRule, rule } from '../rule.ts';

type HttpCall = Extract<JobCall, { readonly kind: 'http' }>;

/** Declared jobs that send requests and are awake. */
function senders({ desired }: Pick<AdviceContext, 'desired'>) {
  return desired.jobs.flatMap((job) => {
    const { call } = job.definition;
    return call.kind === 'http' && job.cron.active ? [{ name: job.name, call }] : [];
  });
}

function secretsOf(call: HttpCall): readonly string[] {
  return call.auth.flatMap((way) => (way.kind === 'run_token' ? [] : [way.secret]));
}

const OPENS_EVERYTHING = /service_?role|secret_?key/i;

export const cronCallRules: readonly AdviceRule[] = [
  // F15
  rule({
    name: 'cron_sends_service_key',
    level: 'WARN',
    title: 'A job sends a key that opens everything',
    remediation:
      'Use `auth: run_token`, or a token that opens this one function: headers wait in net.http_request_queue, which every login role may read.',
    needs: ['jobs', 'net'],
    find: ({ jobs }, context) => [
      ...senders(context).flatMap(({ name, call }) =>
        secretsOf(call)
          .filter((secret) => OPENS_EVERYTHING.test(secret))
          .map((secret) => ({
            object: name,
            detail: `Job ${name} sends the secret ${secret} through pg_net.`,
            evidence: { secret },
          })),
      ),
      ...jobs.flatMap((job) =>
        (job.reading?.netCalls.length ?? 0) === 0
          ? []
          : (job.reading?.secrets ?? [])
              .filter((secret) => OPENS_EVERYTHING.test(secret))
              .map((secret) => ({
                object: job.label,
                detail: `Job ${job.label} reads the secret ${secret} and sends requests through pg_net.`,
                evidence: { jobid: job.jobid, secret },
              })),
      ),
    ],
  }),
  // F16
  rule({
    name: 'cron_bearer_is_no_jwt',
    level: 'ERROR',
    title: 'A key that is no token is sent as a bearer token',
    remediation:
      'Write `auth: { apikey: NAME }`: sb_secret_ and sb_publishable_ keys are refused with 401 as `Authorization: Bearer`.',
    needs: ['secrets'],
    find: ({ secrets }, context) => {
      const keys = new Set(
        secrets.filter(({ verdict }) => verdict?.isApiKey === true).map(({ name }) => name),
      );
      return senders(context).flatMap(({ name, call }) =>
        call.auth.flatMap((way) =>
          way.kind === 'bearer' && keys.has(way.secret)
            ? [
                {
                  object: name,
                  detail: `Job ${name} sends the secret ${way.secret} as a bearer token, and it holds an API key.`,
                  evidence: { secret: way.secret },
                },
              ]
            : [],
        ),
      );
    },
  }),
  // F7
  rule({
    name: 'request_timeout_long',
    level: 'WARN',
    title: 'A slow request holds up the others of its batch',
    remediation:
      'Let the function answer at once and report later (`expect: { report: true }`), or queue the work.',
    needs: ['net'],
    find: (_facts, context) =>
      senders(context)
        .filter(({ call }) => call.timeout_ms > context.threshold('seconds') * 1000)
        .map(({ name, call }) => ({
          object: name,
          detail: `A request of job ${name} may take ${call.timeout_ms / 1000} s; pg_net sends up to 200 at once and waits for the slowest.`,
          evidence: { timeout_ms: call.timeout_ms },
        })),
  }),
  // F8
  rule({
    name: 'timeout_near_duration',
    level: 'WARN',
    title: 'Calls take nearly as long as their timeout',
    remediation:
      'Raise `timeout`, or make the call faster: a cold start on top will be one failure too many.',
    needs: ['runs'],
    find: ({ runs }, context) => {
      const calls = new Map(senders(context).map(({ name, call }) => [name, call]));
      return runs.durations.flatMap(({ job, p95Ms, count }) => {
        const call = calls.get(job);
        if (call === undefined || p95Ms * 100 < call.timeout_ms * context.threshold('percent')) return [];
        return [
          {
            object: job,
            detail: `One in twenty calls of job ${job} takes ${Math.round(p95Ms)} ms or more; its timeout is ${call.timeout_ms} ms.`,
            evidence: { p95_ms: Math.round(p95Ms), timeout_ms: call.timeout_ms, calls: count },
          },
        ];
      });
    },
  }),
  // F3
  rule({
    name: 'runs_lost',
    level: 'WARN',
    title: 'Requests are lost without an answer',
    remediation:
      "Look for restarts of the server: pg_net's queue does not survive a crash. Where sending twice is safe, say `retry: { on: [lost] }`.",
    needs: ['runs'],
    find: ({ runs }, { threshold }) =>
      runs.lost
        .filter(({ count }) => count >= threshold('runs'))
        .map(({ job, count }) => ({
          object: job,
          detail: `${count} requests of job ${job} were lost in 7 days.`,
          evidence: { lost_7d: count },
        })),
  }),
  // F19
  rule({
    name: 'runs_overlap',
    level: 'WARN',
    title: 'Runs are left out because the one before has not ended',
    remediation: 'Run the job less often, make it faster, or say `overlap: queue_one`.',
    needs: ['runs'],
    find: ({ runs }, { threshold }) =>
      runs.overlaps
        .filter(({ count }) => count >= threshold('runs'))
        .map(({ job, count }) => ({
          object: job,
          detail: `${count} runs of job ${job} were left out in 24 hours because the one before had not ended.`,
          evidence: { skipped_24h: count },
        })),
  }),
  // F1, F2
  rule({
    name: 'collector_asleep',
    level: 'ERROR',
    title: 'Nobody collects the answers of requests',
    remediation:
      'Wake the job ops_collect: without it no run ever ends, nothing is tried again, and pg_net forgets the answers.',
    needs: ['jobs'],
    find: ({ jobs }, context) => {
      const sending = senders(context);
      if (sending.length === 0) return [];
      const isAwake = jobs.some(
        (job) =>
          job.active &&
          ((job.fires !== null && collectors(context).includes(job.fires)) ||
            job.reading?.calls.includes('ops.collect') === true),
      );
      return isAwake
        ? []
        : [
            {
              object: 'ops_collect',
              detail: `${sending.length} jobs send requests, and no active job calls ops.collect().`,
              evidence: { senders: sending.slice(0, 20).map(({ name }) => name) },
            },
          ];
    },
  }),
];

/** Declared jobs that call the collector. */
function collectors({ desired }: Pick<AdviceContext, 'desired'>): readonly string[] {
  return desired.jobs.flatMap(({ name, definition: { call } }) =>
    call.kind === 'sql' && /\bops\.collect\s*\(/i.test(call.sql) ? [name] : [],
  );
}
