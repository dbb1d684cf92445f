/** Rules about what the commands of hand-made jobs do. F numbers: docs/advisories.md. */
import type { SeenJob } from '../facts.ts';
import { type AdviceRow, type AdviceRule, rule } from '../rule.ts';

/** Jobs that will run, with what their commands do. */
function* readJobs(jobs: readonly SeenJob[]) {
  for (const job of jobs) if (job.reading !== null) yield { job, reading: job.reading };
}

/** A rule that repeats what the lint of declared SQL says of live commands. */
function remarked(jobs: readonly SeenJob[], ...codes: readonly string[]): readonly AdviceRow[] {
  const rows: AdviceRow[] = [];
  for (const { job, reading } of readJobs(jobs)) {
    const remark = reading.remarks.find(({ code }) => codes.includes(code));
    if (remark !== undefined) {
      rows.push({
        object: job.label,
        detail: `Job ${job.label}: ${remark.message}.`,
        evidence: { jobid: job.jobid, code: remark.code, active: job.active },
      });
    }
  }
  return rows;
}

export const cronCommandRules: readonly AdviceRule[] = [
  // F14
  rule({
    name: 'cron_secret_in_command',
    level: 'ERROR',
    title: 'A secret is written out in the command of a job',
    remediation:
      'Let `opsroom adopt --store-secrets` move it into the Vault and declare the job, then replace the secret where it came from: the command is copied into every row of cron.job_run_details and into the server log.',
    needs: ['jobs'],
    find: ({ jobs }) =>
      [...readJobs(jobs)]
        .filter(({ reading }) => reading.holdsSecret)
        .map(({ job }) => ({
          object: job.label,
          detail: `The command of job ${job.label} (of ${job.username}) holds what looks like a secret.`,
          evidence: { jobid: job.jobid, username: job.username, command_md5: job.commandMd5 },
        })),
  }),
  // F1
  rule({
    name: 'cron_bypasses_fire',
    level: 'WARN',
    title: 'A job sends a request whose answer nobody follows',
    remediation:
      'Declare it (`opsroom adopt`): ops.fire follows the request to its answer, retries and alerts. By itself the job succeeds once the request is queued, whatever the answer is.',
    needs: ['jobs', 'net'],
    find: ({ jobs, net }) => {
      const senders = new Map(
        net.functions.filter((each) => each.sends).map((each) => [`${each.schema}.${each.name}`, each]),
      );
      return [...readJobs(jobs)].flatMap(({ job, reading }) => {
        const [direct] = reading.netCalls;
        const through = reading.calls.map((name) => senders.get(name)).find((each) => each !== undefined);
        if (direct === undefined && through === undefined) return [];
        const how = direct?.function ?? through?.signature ?? '';
        return [
          {
            object: job.label,
            detail: `Job ${job.label} calls ${how}: pg_cron calls it succeeded although nobody looks at the answer.`,
            evidence: { jobid: job.jobid, calls: how, active: job.active },
          },
        ];
      });
    },
  }),
  // F6
  rule({
    name: 'cron_inserts_into_net',
    level: 'ERROR',
    title: 'A job writes into the tables of pg_net',
    remediation:
      'Call net.http_post, or better declare the job: a row put into the queue by hand wakes no worker.',
    needs: ['jobs'],
    find: ({ jobs }) => remarked(jobs, 'sql-net-write'),
  }),
  // F8
  rule({
    name: 'cron_default_timeout',
    level: 'WARN',
    title: "A job leaves the timeout of its request to pg_net's default",
    remediation:
      'Say timeout_milliseconds, longer than a cold start takes: the default is 5 seconds, and 2 before pg_net 0.8.',
    needs: ['jobs'],
    find: ({ jobs }) =>
      [...readJobs(jobs)].flatMap(({ job, reading }) => {
        const bare = reading.netCalls.find(({ function: name, names, positional }) => {
          const place = name === 'net.http_post' ? 5 : 4;
          return !names.includes('timeout_milliseconds') && positional < place;
        });
        return bare === undefined
          ? []
          : [
              {
                object: job.label,
                detail: `Job ${job.label} calls ${bare.function} without timeout_milliseconds.`,
                evidence: { jobid: job.jobid, function: bare.function },
              },
            ];
      }),
  }),
  // F10
  rule({
    name: 'cron_wrong_net_arguments',
    level: 'ERROR',
    title: 'A job calls pg_net with arguments it does not have',
    remediation:
      'net.http_get has no body; names are url, params, headers, body (post, delete) and timeout_milliseconds.',
    needs: ['jobs'],
    find: ({ jobs }) =>
      [...readJobs(jobs)].flatMap(({ job, reading }) => {
        const wrong = reading.netCalls.flatMap(({ function: name, names }) =>
          names
            .filter((argument) => !argumentsOf(name).includes(argument))
            .map((argument) => ({ name, argument })),
        );
        const [first] = wrong;
        return first === undefined
          ? []
          : [
              {
                object: job.label,
                detail: `Job ${job.label} gives ${first.name} the argument ${first.argument}, which it does not have: every run fails.`,
                evidence: { jobid: job.jobid, wrong },
              },
            ];
      }),
  }),
  // F12
  rule({
    name: 'cron_reads_missing_setting',
    level: 'ERROR',
    title: 'A job takes its key from a setting hosted databases do not have',
    remediation: 'Read the key from the Vault, or declare the job with `auth:`.',
    needs: ['jobs'],
    find: ({ jobs }) => remarked(jobs, 'sql-setting-secret'),
  }),
  // F12, F14
  rule({
    name: 'cron_writes_vault',
    level: 'ERROR',
    title: 'A job writes secrets by SQL',
    remediation:
      'Declare the secret in runbooks/secrets.yaml: a value in a command ends up in the log and in the history.',
    needs: ['jobs'],
    find: ({ jobs }) => remarked(jobs, 'sql-vault-write'),
  }),
  // F20
  rule({
    name: 'cron_breaks_scheduler',
    level: 'ERROR',
    title: 'A command that stops the scheduler',
    remediation:
      'Take COPY to stdout or from stdin out of it: pg_cron waits for it for ever, and no job runs until a restart.',
    needs: ['jobs'],
    find: ({ jobs }) => remarked(jobs, 'sql-copy'),
  }),
  rule({
    name: 'cron_cannot_run',
    level: 'WARN',
    title: 'A command that fails every time',
    remediation: 'Correct it, or unschedule the job: it fills the history with failures.',
    needs: ['jobs'],
    find: ({ jobs }) =>
      remarked(jobs, 'sql-syntax', 'sql-empty', 'sql-http-get-body').filter(
        // COPY ... and commands that were cut are not ours to judge by syntax.
        (row) => jobs.some((job) => job.label === row.object && (job.command?.length ?? 0) < 20_000),
      ),
  }),
  // F33
  rule({
    name: 'cron_foreign_host',
    level: 'ERROR',
    title: 'A job calls the Supabase project of another environment',
    remediation: 'Declare it with `function: SLUG`: the address then comes from the environment itself.',
    needs: ['jobs'],
    find: ({ jobs }, { environment }) => {
      const own = environment.projectRef;
      if (own === undefined) return [];
      return [...readJobs(jobs)].flatMap(({ job, reading }) => {
        const foreign = reading.urls.map(projectOf).find((ref) => ref !== null && ref !== own);
        return foreign === undefined || foreign === null
          ? []
          : [
              {
                object: job.label,
                detail: `Job ${job.label} calls the project ${foreign}; the one of ${environment.name} is ${own}.`,
                evidence: { jobid: job.jobid, calls: foreign, own },
              },
            ];
      });
    },
  }),
  // F33
  rule({
    name: 'cron_ghost_function',
    level: 'WARN',
    title: 'A job calls a function nobody declares',
    remediation:
      'Unschedule it, or declare the function in runbooks/functions/: what is not deployed answers 404.',
    needs: ['jobs'],
    find: ({ jobs }, { desired }) => {
      const declared = new Set(desired.functions.map(({ slug }) => slug));
      return [...readJobs(jobs)].flatMap(({ job, reading }) => {
        const slug = reading.urls.map(slugOf).find((each) => each !== null && !declared.has(each));
        return slug === undefined || slug === null
          ? []
          : [
              {
                object: job.label,
                detail: `Job ${job.label} calls the function ${slug}, which no file declares here.`,
                evidence: { jobid: job.jobid, function: slug },
              },
            ];
      });
    },
  }),
];

function argumentsOf(name: string): readonly string[] {
  const common = ['url', 'params', 'headers', 'timeout_milliseconds'];
  return name === 'net.http_get' ? common : [...common, 'body'];
}

function projectOf(url: string): string | null {
  return (
    /^https?:\/\/([a-z0-9]{20})\.(?:functions\.)?supabase\.(?:co|in|red)(?:[:/?#]|$)/i
      .exec(url)?.[1]
      ?.toLowerCase() ?? null
  );
}

function slugOf(url: string): string | null {
  return (
    /\/functions\/v1\/([A-Za-z][\w-]*)/.exec(url)?.[1] ??
    /^https?:\/\/[a-z0-9]{20}\.functions\.supabase\.\w+\/([A-Za-z][\w-]*)/i.exec(url)?.[1] ??
    null
  );
}
