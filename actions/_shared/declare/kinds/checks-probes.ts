/** What each probe of a check may be told: what is accepted and what editors are told. */
import * as z from '../shape.ts';
import { described, durationBetween, FromEnvironment } from './vocabulary.ts';

const GLOB = /^[A-Za-z0-9_.:*?/-]{1,200}$/;

/** A name, with `*` for any characters and `?` for one. */
export const Glob = z
  .string('must be a name, in which `*` stands for any characters and `?` for one')
  .check(z.regex(GLOB, 'must be a name, in which `*` stands for any characters and `?` for one'));
const Globs = z.array(Glob).check(z.minLength(1), z.maxLength(100));

const comparisonWords = 'must be a comparison such as "> 100", "<= 5m" or "= 0"';
/** Also what `readComparison` takes apart. */
export const COMPARISON = /^(>=|<=|!=|>|<|=)\s*(-?\d{1,15}(?:\.\d{1,9})?|(?:\d{1,7}(?:ms|s|m|h|d))+)$/;
const Comparison = z.string(comparisonWords).check(z.regex(COMPARISON, comparisonWords));

/** One value, which makes the severity of the check, or one a severity. */
function levelsOf<T>(value: z.Shape<T>, words: string): z.Shape<T | { readonly [key in Level]?: T }> {
  return z.union(
    [
      value,
      z.strictObject({
        info: z.exactOptional(value),
        warning: z.exactOptional(value),
        critical: z.exactOptional(value),
      }),
    ],
    `must be ${words}, or a map such as \`{ warning: ..., critical: ... }\` of them`,
  );
}
type Level = 'info' | 'warning' | 'critical';

const CountLevels = levelsOf(z.int().check(z.gte(0)), 'a whole number');
const AmountLevels = levelsOf(z.number(), 'a number');
const DurationLevels = levelsOf(durationBetween('1ms', '3650d'), 'a duration');
const shareWords = 'must be a share such as `10%`';
const Share = z.string(shareWords).check(z.regex(/^(?:100|\d{1,2}(?:\.\d{1,4})?)%$/, shareWords));
const ShareLevels = levelsOf(Share, 'a share such as `10%`');
const ComparisonLevels = levelsOf(Comparison, 'a comparison such as "> 100"');

const Window = described(durationBetween('1m', '7d'), 'How far back to look.');
const Least = described(z.int().check(z.gte(1)), 'Fewer calls than this say nothing.');

const find = <const T extends string>(words: readonly T[], what: string) =>
  described(z.exactOptional(z.array(z.enum(words)).check(z.minLength(1))), what);

const HttpHeader = z
  .string()
  .check(z.regex(/^[A-Za-z0-9!#$%&'*+.^_|~-]{1,100}$/, 'is not the name of an HTTP header'));
const HttpText = z
  .string()
  .check(z.regex(/^[\t -~]*$/, 'must be plain ASCII on one line'), z.maxLength(4000));
const httpUrl = z
  .string()
  .check(
    z.regex(/^https?:\/\/[^\s@]+$/, 'must begin with http:// or https:// and hold no blanks and no `@`'),
    z.maxLength(2000),
  );
const Status = z.union(
  [z.int().check(z.gte(100), z.lte(599)), z.enum(['1xx', '2xx', '3xx', '4xx', '5xx'])],
  'must be a status such as 200, or a class such as 2xx',
);
const jsonPathWords = 'must be a path such as `$.checks[0].status`';
/** Also what `readJsonPath` takes apart. */
export const JSON_PATH =
  /^\$?(?:\.?[A-Za-z_][A-Za-z0-9_-]*|\[\d{1,4}\])(?:\.[A-Za-z_][A-Za-z0-9_-]*|\[\d{1,4}\])*$/;
const JsonExpectation = z.strictObject({
  path: described(z.string(jsonPathWords).check(z.regex(JSON_PATH, jsonPathWords)), 'Where in the answer.'),
  equals: described(
    z.exactOptional(
      z.union([z.string(), z.number(), z.boolean()], 'must be text, a number or a truth value'),
    ),
    'What must stand there.',
  ),
  at_least: described(z.exactOptional(z.number()), 'The smallest number that is fine.'),
  at_most: described(z.exactOptional(z.number()), 'The largest number that is fine.'),
});
const Text = z.string().check(z.minLength(1), z.maxLength(500));

export const SqlProbe = z.strictObject({
  query: described(
    z.string().check(z.minLength(1), z.maxLength(20_000)),
    'One select. It runs in a read-only transaction, together with the other checks.',
  ),
  rows: described(
    z.exactOptional(z.boolean()),
    'True: each row is an object that is not well: `object`, and if wanted `value`, `severity`, `detail`; the rest is evidence.',
  ),
  when: described(
    z.exactOptional(ComparisonLevels),
    'When the value is bad: "> 100". Durations are compared with seconds. In rows, of the column `value`.',
  ),
});

export const HttpProbe = z.strictObject({
  url: described(
    z.union([httpUrl, FromEnvironment], 'must be a URL, or `{ env: NAME }`'),
    'What is asked, or the environment variable that holds it.',
  ),
  method: described(z.exactOptional(z.enum(['get', 'head', 'post'])), 'HTTP method. Default get.'),
  headers: described(
    z.exactOptional(
      z.record(HttpHeader, z.union([HttpText, FromEnvironment], 'must be text, or `{ env: NAME }`')),
    ),
    'Headers; what must stay secret comes from `{ env: NAME }`.',
  ),
  body: described(z.exactOptional(z.unknown()), 'JSON sent with post.'),
  status: described(
    z.exactOptional(
      z.union([Status, z.array(Status).check(z.minLength(1))], 'must be a status, or a list of them'),
    ),
    'Statuses that are fine: 200, 2xx, or a list. Default 2xx. Redirects are not followed.',
  ),
  contains: described(
    z.exactOptional(z.union([Text, z.array(Text)], 'must be text, or a list of texts')),
    'What the first 64 KiB of the answer must hold.',
  ),
  lacks: described(
    z.exactOptional(z.union([Text, z.array(Text)], 'must be text, or a list of texts')),
    'What they must not hold.',
  ),
  json: described(
    z.exactOptional(z.array(JsonExpectation).check(z.maxLength(50))),
    'What must stand in a JSON answer.',
  ),
  latency: described(
    z.exactOptional(DurationLevels),
    'Slower than this is bad: from the first byte sent to the last byte read.',
  ),
  tls_days_left: described(
    z.exactOptional(CountLevels),
    'A certificate that ends in this many days or less is bad.',
  ),
  attempts: described(
    z.exactOptional(z.int().check(z.gte(1), z.lte(5))),
    'Tries before it counts. Default 3.',
  ),
  retry_after: described(z.exactOptional(durationBetween('10ms', '1m')), 'Wait between tries. Default 2s.'),
});

export const CRON_FAULTS = [
  'late',
  'never_ran',
  'not_scheduled',
  'failing',
  'stuck',
  'slow',
  'success_rate',
  'unowned_role',
  'scheduler',
] as const;
export const CronProbe = z.strictObject({
  jobs: described(z.exactOptional(Globs), 'Jobs to look at. Default all of ours that are awake.'),
  except: described(z.exactOptional(Globs), 'Jobs to leave out.'),
  find: find(
    CRON_FAULTS,
    'What to look for. `scheduler` stands alone, so that its alert can mute the others. Default all but that.',
  ),
  late_by: described(
    z.exactOptional(durationBetween('1m', '31d')),
    'How late a job may begin that has no `expect: { within }`. Default 5m.',
  ),
});

export const QueueProbe = z.strictObject({
  task_types: described(z.exactOptional(Globs), 'Types of work to look at. Default all.'),
  except: described(z.exactOptional(Globs), 'Types to leave out.'),
  depth: described(z.exactOptional(CountLevels), 'So many jobs due at once are bad.'),
  oldest: described(z.exactOptional(DurationLevels), 'A due job that waits so long is bad.'),
  dead_letters: described(z.exactOptional(CountLevels), 'So many dead letters are bad.'),
  dead_within: described(
    z.exactOptional(durationBetween('1m', '90d')),
    'Dead letters of this time count. Default 1d.',
  ),
  paused: described(z.exactOptional(DurationLevels), 'A type paused so long with work waiting is bad.'),
});

export const PgNetProbe = z.strictObject({
  queue_age: described(
    z.exactOptional(DurationLevels),
    'A request that waits so long is bad. Default warning 1m, critical 5m.',
  ),
  failures: described(
    z.exactOptional(ShareLevels),
    'This share of answers that failed is bad. Default warning 25%, critical 75%.',
  ),
  window: z.exactOptional(
    described(durationBetween('1m', '6h'), 'How far back to look. Default 1h; pg_net forgets after 6h.'),
  ),
  least: z.exactOptional(Least),
});

export const VAULT_FAULTS = [
  'missing',
  'unreadable',
  'empty',
  'white_space',
  'wrong_shape',
  'too_old',
] as const;
export const VaultProbe = z.strictObject({
  secrets: described(z.exactOptional(Globs), 'Secrets of secrets.yaml to look at. Default all of the Vault.'),
  except: described(z.exactOptional(Globs), 'Secrets to leave out.'),
  find: find(VAULT_FAULTS, 'What to look for. Default everything.'),
});

export const FUNCTION_FAULTS = ['missing', 'changed', 'failing'] as const;
export const FunctionProbe = z.strictObject({
  functions: described(z.exactOptional(Globs), 'Declared functions to look at. Default all.'),
  except: described(z.exactOptional(Globs), 'Functions to leave out.'),
  find: find(FUNCTION_FAULTS, 'What to look for. Default everything.'),
  failures: described(
    z.exactOptional(ShareLevels),
    'This share of calls that failed is bad. Default warning 20%, critical 60%.',
  ),
  window: z.exactOptional(Window),
  least: z.exactOptional(Least),
});

export const WORKFLOW_FAULTS = ['late', 'never_ran', 'failing', 'stuck', 'disabled'] as const;
export const WorkflowProbe = z.strictObject({
  files: described(
    z
      .array(
        z
          .string()
          .check(
            z.regex(/^[A-Za-z0-9._-]+\.ya?ml$/, 'must be a file of .github/workflows such as `drift.yml`'),
          ),
      )
      .check(z.minLength(1), z.maxLength(50)),
    'Files of .github/workflows.',
  ),
  max_age: described(z.exactOptional(DurationLevels), 'The last run began longer ago than this: bad.'),
  failing: described(z.exactOptional(CountLevels), 'So many failed runs in a row are bad. Default 1.'),
  stuck: described(
    z.exactOptional(durationBetween('1m', '35d')),
    'A run that takes longer is bad. Default 6h.',
  ),
  branch: described(
    z.exactOptional(z.string().check(z.minLength(1), z.maxLength(255))),
    'Only runs of this branch count. Default all.',
  ),
  find: find(WORKFLOW_FAULTS, 'What to look for. Default everything that is configured.'),
});

export const ProviderProbe = z.strictObject({
  name: described(z.enum(['openrouter']), 'Whose caches to read.'),
  credits: described(z.exactOptional(AmountLevels), 'So little credit left is bad, in US dollars.'),
  key_limit: described(
    z.exactOptional(AmountLevels),
    "So little left of the key's own limit is bad, in US dollars.",
  ),
  cache_age: described(z.exactOptional(DurationLevels), 'What was asked longer ago says nothing: bad.'),
  breakers: described(z.exactOptional(z.boolean()), 'Whether open circuit breakers are bad. Default true.'),
});

export const BatchProbe = z.strictObject({
  batches: described(z.exactOptional(Globs), 'Batch migrations to look at. Default all that ever ran.'),
  except: described(z.exactOptional(Globs), 'Batches to leave out.'),
  stalled: described(z.exactOptional(DurationLevels), 'So long without anything moved is bad.'),
  silent: described(z.exactOptional(DurationLevels), 'So long without a word is bad.'),
  failures: described(z.exactOptional(CountLevels), 'So many failed batches in a row are bad.'),
  auth_errors: described(
    z.exactOptional(z.boolean()),
    'Whether a batch that was not let in is bad, at once. Default true.',
  ),
});

/** What a check looks at, by the key that names it. */
export const PROBES = {
  sql: SqlProbe,
  http: HttpProbe,
  cron: CronProbe,
  queue: QueueProbe,
  pg_net: PgNetProbe,
  vault: VaultProbe,
  function: FunctionProbe,
  workflow: WorkflowProbe,
  provider: ProviderProbe,
  batch: BatchProbe,
} as const;

export type LevelsValue<T> = T | { readonly [key in Level]?: T };
