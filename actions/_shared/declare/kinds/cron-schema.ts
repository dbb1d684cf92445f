/** The shape of a file in `runbooks/cron/`: what zod checks and what editors are told. */
import { parseDuration } from '../duration.ts';
import * as z from '../shape.ts';
import { Description, described, durationBetween, ObjectName, Owner } from './vocabulary.ts';

export const HTTP_TIMEOUT = ['100ms', '400s'] as const;
export const HttpTimeout = described(
  durationBetween(...HTTP_TIMEOUT),
  'How long the request may take, its connection included.',
);
const SqlTimeout = described(durationBetween('100ms', '24h'), 'How long the statement may run. Default 1m.');

const Body = described(z.unknown(), 'JSON sent as the body of the request.');
const HeaderName = z
  .string()
  .check(z.regex(/^[A-Za-z0-9!#$%&'*+.^_|~-]+$/, 'is not the name of an HTTP header'));
const HeaderValue = z
  .string()
  .check(z.regex(/^[\t -~]*$/, 'must be plain ASCII on one line'), z.maxLength(4000));
const Headers = described(
  z.record(HeaderName, HeaderValue),
  'Fixed headers. What must stay secret goes through `auth`.',
);
const Method = described(z.enum(['get', 'post', 'delete']), 'HTTP method. Default post.');
const Path = described(
  z.string().check(z.regex(/^\/[^\s]*$/, 'must begin with `/` and hold no blanks')),
  'Appended to the URL in the secret.',
);

const AuthWay = z.union(
  [
    z.enum(['run_token', 'none']),
    z.strictObject({ header: HeaderName, secret: ObjectName }),
    z.strictObject({ bearer: ObjectName }),
    z.strictObject({ apikey: ObjectName }),
  ],
  'must be `run_token`, `none`, `{ header, secret }`, `{ bearer: secret }`, `{ apikey: secret }`, or a list of them',
);
const Auth = described(
  z.union(
    [AuthWay, z.array(AuthWay).check(z.minLength(1))],
    'must be `run_token`, `none`, `{ header, secret }`, `{ bearer: secret }`, `{ apikey: secret }`, or a list of them',
  ),
  'How the request proves itself: a one-time token, or Vault secrets by name.',
);

const Inputs = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean()], 'must be text, a number or a truth value'),
);

/** What a job does, by the key that names it. */
export const CALLS = {
  function: z.strictObject({
    function: described(
      z.string().check(z.regex(/^[A-Za-z][A-Za-z0-9_-]{0,62}$/, 'must be the slug of an Edge Function')),
      'Slug of one of our Edge Functions; the URL comes from the secret `project_url`.',
    ),
    method: z.exactOptional(Method),
    headers: z.exactOptional(Headers),
    body: z.exactOptional(Body),
    auth: z.exactOptional(Auth),
    timeout: HttpTimeout,
  }),
  http: z.strictObject({
    http: z.strictObject({
      url: described(
        z.exactOptional(z.string().check(z.maxLength(2000))),
        'A fixed URL. Prefer `url_secret`.',
      ),
      url_secret: described(z.exactOptional(ObjectName), 'Vault secret that holds the URL.'),
      path: z.exactOptional(Path),
      method: z.exactOptional(Method),
      headers: z.exactOptional(Headers),
      body: z.exactOptional(Body),
    }),
    auth: z.exactOptional(Auth),
    timeout: HttpTimeout,
  }),
  sql: z.strictObject({
    sql: described(
      z.string().check(z.minLength(1)),
      'Statements run inside the database, in one transaction.',
    ),
    timeout: z.exactOptional(SqlTimeout),
  }),
  enqueue: z.strictObject({
    enqueue: described(ObjectName, 'Task type of the job to put into ops.job_queue.'),
    payload: described(z.exactOptional(z.record(z.string(), z.unknown())), 'JSON the worker receives.'),
    max_attempts: described(
      z.exactOptional(z.int().check(z.gte(1), z.lte(100))),
      'Tries before the job is dead. Default 3.',
    ),
  }),
  runbook: z.strictObject({
    runbook: described(ObjectName, 'Runbook to run.'),
    inputs: z.exactOptional(Inputs),
  }),
  workflow: z.strictObject({
    workflow: described(
      z
        .string()
        .check(
          z.regex(/^[A-Za-z0-9._-]+\.ya?ml$/, 'must be a file of .github/workflows such as `deploy.yml`'),
        ),
      'Workflow to dispatch.',
    ),
    ref: described(
      z.exactOptional(z.string().check(z.minLength(1), z.maxLength(255))),
      'Branch or tag. Default: the default branch.',
    ),
    repository: z.exactOptional(
      z.string().check(z.regex(/^[A-Za-z0-9-]+\/[A-Za-z0-9._-]+$/, 'must be owner/name')),
    ),
    inputs: z.exactOptional(Inputs),
  }),
} as const;

export type CallKind = keyof typeof CALLS;
export type CallValue<Kind extends CallKind> = z.output<(typeof CALLS)[Kind]>;

const RetryOn = z.union(
  [z.enum(['4xx', '429', '5xx', 'timeout', 'network', 'lost', 'sql', 'report']), z.literal(429)],
  'must be one of 4xx, 429, 5xx, timeout, network, lost, sql, report',
);

const Retry = z.strictObject({
  attempts: described(z.int().check(z.gte(1), z.lte(10)), 'Tries in all.'),
  backoff: described(
    z.exactOptional(durationBetween('1s', '1h')),
    'Wait before the second try; doubles each time. Default 30s.',
  ),
  on: described(
    z.exactOptional(z.array(RetryOn).check(z.minLength(1))),
    'What is worth another try. Default 5xx, timeout, network (sql for sql).',
  ),
});

function hasWindow(text: string): boolean {
  const window = parseDuration(text.split('/')[1] ?? '');
  return window >= parseDuration('1m') && window <= parseDuration('365d');
}

const Expect = z.strictObject({
  within: described(
    z.exactOptional(durationBetween('1s', '31d')),
    'A run must have begun this long after it was due.',
  ),
  max_duration: described(
    z.exactOptional(durationBetween('1s', '31d')),
    'A run must be finished this long after it was fired.',
  ),
  min_success: described(
    z.exactOptional(
      z.string('must be a share and a window such as `95%/24h`').check(
        z.regex(/^(?:100|\d{1,2}(?:\.\d+)?)%\/(?:\d{1,7}(?:m|h|d))+$/, {
          error: 'must be a share and a window such as `95%/24h`',
          abort: true,
        }),
        z.refine(hasWindow, 'must have a window between 1m and 365d'),
      ),
    ),
    'Share of runs that must succeed in a window, for example 95%/24h.',
  ),
  report: described(
    z.exactOptional(z.boolean()),
    'A run succeeds only when the function reports its own result.',
  ),
});

const Alert = z.strictObject({
  after: described(
    z.exactOptional(z.int().check(z.gte(1), z.lte(1000))),
    'Failures in a row before the alert. Default 1.',
  ),
  severity: z.exactOptional(z.enum(['info', 'warning', 'critical'])),
  runbook: described(z.exactOptional(ObjectName), 'The runbook to press.'),
});

const Overlap = described(
  z.enum(['skip', 'queue_one', 'allow']),
  'What to do when the run before is not finished. Default skip.',
);
const Misfire = described(
  z.enum(['skip', 'once', 'all']),
  'What to do about runs missed while the scheduler was away. Default skip.',
);
const Schedule = described(
  z.string('must be text such as "*/15 * * * *" or "30 seconds"'),
  'Cron fields, `N seconds`, a macro, or `H` fields.',
);
const Timezone = described(z.string(), 'IANA name such as America/New_York. Default UTC.');
const Active = described(z.boolean(), 'false keeps the job without running it.');

const Override = z.strictObject({
  active: z.exactOptional(Active),
  owner: z.exactOptional(Owner),
  schedule: z.exactOptional(Schedule),
  timezone: z.exactOptional(Timezone),
  call: described(
    z.exactOptional(
      z.strictObject({
        body: z.exactOptional(Body),
        payload: z.exactOptional(z.record(z.string(), z.unknown())),
        inputs: z.exactOptional(Inputs),
        timeout: z.exactOptional(SqlTimeout),
      }),
    ),
    'Only what differs; the rest of the call stays.',
  ),
  retry: z.exactOptional(Retry),
  overlap: z.exactOptional(Overlap),
  misfire: z.exactOptional(Misfire),
  expect: z.exactOptional(Expect),
  alert: z.exactOptional(Alert),
});

const common = {
  description: described(z.exactOptional(Description), 'What the job is for.'),
  owner: described(z.exactOptional(Owner), 'Who answers for it.'),
  schedule: Schedule,
  timezone: z.exactOptional(Timezone),
  active: z.exactOptional(Active),
  retry: z.exactOptional(Retry),
  overlap: z.exactOptional(Overlap),
  misfire: z.exactOptional(Misfire),
  expect: described(z.exactOptional(Expect), 'What a good run looks like.'),
  alert: described(z.exactOptional(Alert), 'When a person is told.'),
  environments: described(
    z.exactOptional(z.record(ObjectName, Override)),
    'What differs in one environment.',
  ),
};

/** The file with its call left open: which shape the call must have is decided by the key it holds. */
export const CronShell = z.strictObject({ ...common, call: z.optional(z.unknown()) });

/** The whole file, for editors. */
export const CronFile = z.lazy(() =>
  z.strictObject({
    ...common,
    call: described(
      z.union([CALLS.function, CALLS.http, CALLS.sql, CALLS.enqueue, CALLS.runbook, CALLS.workflow]),
      'What the job does: exactly one.',
    ),
  }),
);

export type CronShellValue = z.output<typeof CronShell>;
export type OverrideValue = z.output<typeof Override>;
export type RetryValue = z.output<typeof Retry>;
export type ExpectValue = z.output<typeof Expect>;
export type AlertValue = z.output<typeof Alert>;
export type AuthValue = z.output<typeof Auth>;
