import type { Sql } from 'postgres';

/** What every job of the benches carries. */
export const PAYLOAD = { n: 123_456 };
export const TASK_TYPE = 'bench';

/** A worker at work, until told to stop. */
export interface RunningWorker {
  stop(): Promise<void>;
}

/** A job queue under test. One server holds them all, each in its own schema. */
export interface Contender {
  /** Name, version and the settings that matter. */
  readonly name: string;
  /** Forget every job, so that each repetition starts alike. */
  empty(): Promise<void>;
  /** Put jobs into the queue with one call of its own bulk function. */
  enqueueMany(count: number): Promise<void>;
  enqueueOne(): Promise<void>;
  /** True when nothing is left to do and everything done is recorded. */
  isDone(): Promise<boolean>;
  /** Work; `onJob` runs in the handler. */
  work(onJob: () => void): Promise<RunningWorker>;
  close(): Promise<void>;
}

/** Run `VACUUM (ANALYZE)` on the tables of a schema, as autovacuum would have by the time a real queue is that long. */
export async function settleTables(sql: Sql, tables: readonly string[]): Promise<void> {
  for (const table of tables) await sql.unsafe(`vacuum (analyze) ${table}`);
  await sql`checkpoint`;
}

/**
 * Drain a queue of `count` jobs: milliseconds from the first call of a handler until everything done is recorded, which
 * is asked on a connection of its own.
 */
export async function timeDrain(contender: Contender, count: number): Promise<number> {
  let started = 0;
  let done = 0;
  let onAll = (): void => {};
  const all = new Promise<void>((resolve) => {
    onAll = resolve;
  });
  const worker = await contender.work(() => {
    if (done === 0) started = performance.now();
    done += 1;
    if (done === count) onAll();
  });
  await all;
  while (!(await contender.isDone())) await new Promise((resolve) => setTimeout(resolve, 1));
  const elapsed = performance.now() - started;
  await worker.stop();
  if (done !== count) throw new Error(`${contender.name}: ${done} runs of ${count} jobs`);
  return elapsed;
}

/** Milliseconds from the call that queues a job to the call of its handler, for one job at a time on an idle queue. */
export async function timeLatencies(contender: Contender, samples: number): Promise<number[]> {
  const latencies: number[] = [];
  let onStart = (): void => {};
  const worker = await contender.work(() => onStart());
  await new Promise((resolve) => setTimeout(resolve, 1000));
  for (let index = 0; index < samples; index += 1) {
    const started = new Promise<number>((resolve) => {
      onStart = () => resolve(performance.now());
    });
    const before = performance.now();
    await contender.enqueueOne();
    latencies.push((await started) - before);
    await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 20));
  }
  await worker.stop();
  return latencies;
}
