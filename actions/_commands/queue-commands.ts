import { type Command, InvalidArgumentError, Option } from 'commander';
import { DURATION, parseDuration } from '../_shared/declare/duration.ts';
import { type CommonOptions, type Does, formatOption } from './common-options.ts';

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`);
  };
}

function duration(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = DURATION.test(text) ? parseDuration(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError('Give a duration such as 500ms, 30s or 5m.');
  };
}

function moment(text: string): Date {
  const value = new Date(text);
  if (Number.isNaN(value.getTime())) {
    throw new InvalidArgumentError('Give a time such as 2026-11-21T14:00:00Z.');
  }
  return value;
}

const jobId = wholeNumber(1, Number.MAX_SAFE_INTEGER);
const jobIds = (text: string, before: readonly number[] = []): readonly number[] => [...before, jobId(text)];
const list = (text: string): readonly string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
const handlersOption = () =>
  new Option('--handlers <folder>', 'the folder with a file for each task type').default('functions/_jobs');

const hour = 3_600_000;

/** `opsroom work`. */
export function addWorkCommand(program: Command, { root, environment }: CommonOptions, does: Does): void {
  program
    .command('work')
    .description(
      'work on the job queue until stopped: SIGTERM or Ctrl-C lets running jobs finish, twice stops them',
    )
    .addOption(root())
    .addOption(environment())
    .addOption(handlersOption())
    .option('-c, --concurrency <n>', 'jobs that run at once', wholeNumber(1, 1000), 8)
    .option(
      '--prefetch <n|auto>',
      'jobs claimed ahead; auto follows how long jobs take',
      (text: string) => (text === 'auto' ? 'auto' : wholeNumber(0, 10_000)(text)),
      'auto',
    )
    .option('--task-types <types>', 'only these, separated by commas', list)
    .option('--poll <duration>', 'how often to look without being told', duration(50, hour), 2000)
    .option('--no-listen', 'poll only, do not LISTEN')
    .option(
      '--lease <duration>',
      'how long a silent worker keeps its jobs',
      duration(1000, 24 * hour),
      60_000,
    )
    .option(
      '--grace <duration>',
      'how long running jobs may take to finish when asked to stop',
      duration(0, hour),
      25_000,
    )
    .option('--drain', 'end when nothing is due any more, exit 0')
    .addOption(new Option('--once', 'the same as --drain'))
    .option('--health-port <port>', 'serve /healthz and /metrics (0: any free port)', wholeNumber(0, 65_535))
    .option('--health-host <host>', 'where to serve them', '127.0.0.1')
    .addOption(
      new Option('--log-level <level>', 'what to write')
        .choices(['error', 'warn', 'info', 'debug'])
        .default('info'),
    )
    .addOption(
      new Option('--format <format>', 'how to write (default: terminal on one, else json)').choices([
        'terminal',
        'json',
      ]),
    )
    .addHelpText(
      'after',
      '\nJobs that call Edge Functions need OPSROOM_FUNCTIONS_URL and OPSROOM_JOB_TOKEN. docs/queue.md says more.',
    )
    .action((options) => does(async () => (await import('./work.ts')).work(options)));
}

/** `opsroom jobs ...`. */
export function addJobsCommand(program: Command, { root, environment }: CommonOptions, does: Does): void {
  const jobs = program.command('jobs').description('look at the job queue and steer it');
  const add = (name: string, description: string): Command =>
    jobs
      .command(name)
      .description(description)
      .addOption(root())
      .addOption(environment())
      .addOption(formatOption());

  add('list', 'jobs, newest last')
    .addOption(
      new Option('--status <status>', 'only these').choices([
        'pending',
        'running',
        'succeeded',
        'failed',
        'cancelled',
      ]),
    )
    .option('--type <task type>', 'only of this type')
    .option('--before <id>', 'only older ones: the next page', jobId)
    .option('--limit <n>', 'how many', wholeNumber(1, 1000), 20)
    .action((options) => does(async () => (await import('./jobs.ts')).list(options)));

  add('show', 'one job: payload, attempts, error, who runs it')
    .argument('<id>', 'the job', jobId)
    .action((id, options) => does(async () => (await import('./jobs.ts')).show({ ...options, id })));

  add('retry', 'run waiting jobs now, and dead letters or cancelled ones again')
    .argument('<ids...>', 'the jobs', jobIds)
    .action((ids, options) => does(async () => (await import('./jobs.ts')).retry({ ...options, ids })));

  add('cancel', 'cancel waiting jobs; running ones are told to stop')
    .argument('<ids...>', 'the jobs', jobIds)
    .action((ids, options) => does(async () => (await import('./jobs.ts')).cancel({ ...options, ids })));

  add('pause', 'claim nothing of a type any more; what runs goes on')
    .argument('<type>', 'the task type')
    .action((taskType, options) =>
      does(async () => (await import('./jobs.ts')).setPaused({ ...options, taskType, paused: true })),
    );

  add('resume', 'claim a paused type again')
    .argument('<type>', 'the task type')
    .action((taskType, options) =>
      does(async () => (await import('./jobs.ts')).setPaused({ ...options, taskType, paused: false })),
    );

  add('overview', 'counts by type, age of the oldest due job, who works').action((options) =>
    does(async () => (await import('./jobs.ts')).overview(options)),
  );

  add('enqueue', 'queue a job; its payload is checked by the handler, when that is here')
    .argument('<type>', 'the task type')
    .addOption(handlersOption())
    .option('--payload <json>', 'what the handler gets', '{}')
    .option('--run-at <time>', 'not before this time', moment)
    .option('--priority <n>', 'higher runs first', wholeNumber(-32_768, 32_767))
    .option('--max-attempts <n>', 'tries before it is a dead letter', wholeNumber(1, 1000))
    .option('--unique-key <key>', 'at most one open job of the type has it')
    .addOption(
      new Option('--unique-mode <mode>', 'what happens to a second one').choices([
        'keep',
        'replace',
        'debounce',
      ]),
    )
    .option('--serial-key <key>', 'jobs with the same one run one after the other')
    .action((taskType, options) =>
      does(async () => (await import('./jobs.ts')).enqueue({ ...options, taskType })),
    );
}
