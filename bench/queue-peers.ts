import postgres from 'postgres';
import { peerModule } from './peers.ts';
import { type Contender, PAYLOAD, settleTables, TASK_TYPE } from './queue-contender.ts';

/** The part of graphile-worker 0.18 that is used here. */
interface GraphileWorker {
  run(options: object): Promise<{ stop(): Promise<void> }>;
  makeWorkerUtils(options: object): Promise<{
    migrate(): Promise<void>;
    addJobs(specs: readonly object[]): Promise<unknown>;
    addJob(task: string, payload: object): Promise<unknown>;
    release(): Promise<void>;
  }>;
  readonly Logger: new (factory: () => () => void) => object;
}

/** The part of pg-boss 12 that is used here. */
interface Boss {
  readonly PgBoss: new (
    options: object,
  ) => {
    on(event: 'error', listener: (error: Error) => void): void;
    start(): Promise<unknown>;
    stop(options: object): Promise<void>;
    createQueue(name: string, options?: object): Promise<void>;
    deleteAllJobs(name: string): Promise<void>;
    insert(name: string, jobs: readonly object[]): Promise<unknown>;
    send(name: string, data: object): Promise<unknown>;
    work(
      name: string,
      options: object,
      handler: (jobs: readonly unknown[]) => Promise<void>,
    ): Promise<string>;
    offWork(name: string, options?: object): Promise<void>;
  };
}

/**
 * graphile-worker. `tuned` is its own perfTest (perfTest/graphile.config.js: localQueue of 500, completions in batches
 * without delay), otherwise its defaults.
 */
export async function openGraphile(options: {
  readonly url: string;
  readonly superuserUrl: string;
  readonly concurrency: number;
  readonly tuned: boolean;
}): Promise<Contender | undefined> {
  const module = peerModule('graphile-worker');
  if (module === undefined) return undefined;
  const { run, makeWorkerUtils, Logger } = module as GraphileWorker;
  const logger = new Logger(() => () => {});
  const utils = await makeWorkerUtils({ connectionString: options.url, logger });
  await utils.migrate();
  const sql = postgres(options.url, { max: 1, onnotice: () => {} });
  const superuser = postgres(options.superuserUrl, { max: 1, onnotice: () => {} });
  const batching = { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 };
  return {
    name: `graphile-worker 0.18.0, ${options.tuned ? 'localQueue 500, batch completion' : 'defaults'}`,
    async empty() {
      await sql`truncate graphile_worker._private_jobs`;
    },
    async enqueueMany(count) {
      await utils.addJobs(Array.from({ length: count }, () => ({ identifier: TASK_TYPE, payload: PAYLOAD })));
    },
    async enqueueOne() {
      await utils.addJob(TASK_TYPE, PAYLOAD);
    },
    async isDone() {
      const [row] = await sql`select not exists (select from graphile_worker._private_jobs) as done`;
      return row?.done === true;
    },
    async work(onJob) {
      await settleTables(superuser, ['graphile_worker._private_jobs']);
      const runner = await run({
        taskList: { [TASK_TYPE]: async () => onJob() },
        preset: {
          worker: {
            connectionString: options.url,
            concurrentJobs: options.concurrency,
            maxPoolSize: options.concurrency + 1,
            logger,
            ...(options.tuned ? batching : {}),
          },
        },
        noHandleSignals: true,
      });
      return { stop: () => runner.stop() };
    },
    async close() {
      await Promise.all([utils.release(), sql.end(), superuser.end()]);
    },
  };
}

/** pg-boss, with its workers at `batchSize` 100 and `burstWhenBatchFull`; its LISTEN/NOTIFY switched on. */
export async function openBoss(options: {
  readonly url: string;
  readonly superuserUrl: string;
  readonly concurrency: number;
}): Promise<Contender | undefined> {
  const module = peerModule('pg-boss');
  if (module === undefined) return undefined;
  const { PgBoss } = module as Boss;
  const boss = new PgBoss({
    connectionString: options.url,
    supervise: false,
    schedule: false,
    useListenNotify: true,
    max: options.concurrency + 2,
  });
  boss.on('error', (error) => process.stderr.write(`pg-boss: ${error.message}\n`));
  await boss.start();
  await boss.createQueue(TASK_TYPE, { notify: true });
  const sql = postgres(options.url, { max: 1, onnotice: () => {} });
  const superuser = postgres(options.superuserUrl, { max: 1, onnotice: () => {} });
  return {
    name: `pg-boss 12.35.0, batchSize 100, burstWhenBatchFull, localConcurrency ${options.concurrency}`,
    async empty() {
      await boss.deleteAllJobs(TASK_TYPE);
      await settleTables(superuser, ['pgboss.job']);
    },
    async enqueueMany(count) {
      await boss.insert(
        TASK_TYPE,
        Array.from({ length: count }, () => ({ data: PAYLOAD })),
      );
    },
    async enqueueOne() {
      await boss.send(TASK_TYPE, PAYLOAD);
    },
    async isDone() {
      const [row] =
        await sql`select not exists (select from pgboss.job where name = ${TASK_TYPE} and state < 'completed') as done`;
      return row?.done === true;
    },
    async work(onJob) {
      await settleTables(superuser, ['pgboss.job']);
      await boss.work(
        TASK_TYPE,
        {
          batchSize: 100,
          burstWhenBatchFull: true,
          localConcurrency: options.concurrency,
          pollingIntervalSeconds: 0.5,
        },
        async (jobs) => {
          for (const _ of jobs) onJob();
        },
      );
      return { stop: () => boss.offWork(TASK_TYPE, { wait: true }) };
    },
    async close() {
      await boss.stop({ graceful: false, close: true });
      await Promise.all([sql.end(), superuser.end()]);
    },
  };
}
