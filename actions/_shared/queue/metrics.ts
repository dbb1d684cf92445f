import { DURATION_BUCKETS, type TypeFigures } from './job-meter.ts';
import type { WorkerStats } from './worker-stats.ts';

/** A worker's figures in the text format of Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/). */
export function renderMetrics(stats: WorkerStats, memoryBytes: number): string {
  const lines: string[] = [];
  const metric = (name: string, type: 'counter' | 'gauge', help: string, value: number): void => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, `${name} ${value}`);
  };
  metric('opsroom_worker_up', 'gauge', '1 while the worker takes jobs.', stats.stopping ? 0 : 1);
  metric('opsroom_worker_connected', 'gauge', '1 while the database answers.', stats.connected ? 1 : 0);
  metric('opsroom_worker_listening', 'gauge', '1 while notices of new jobs arrive.', stats.listening ? 1 : 0);
  metric('opsroom_worker_concurrency', 'gauge', 'Jobs that may run at once.', stats.concurrency);
  metric('opsroom_worker_running', 'gauge', 'Jobs that run now.', stats.running);
  metric('opsroom_worker_prefetched', 'gauge', 'Jobs claimed and not begun.', stats.waiting);
  metric('opsroom_worker_unsettled', 'gauge', 'Jobs that ended and are not yet recorded.', stats.unsettled);
  metric('opsroom_worker_abandoned', 'gauge', 'Handlers that ignore their signal.', stats.abandoned);
  metric('opsroom_worker_claimed_total', 'counter', 'Jobs claimed.', stats.claimed);
  metric('opsroom_worker_turns_total', 'counter', 'Exchanges with the database.', stats.turns);
  metric('opsroom_worker_turn_seconds_total', 'counter', 'Time they took.', stats.turnMs / 1000);
  metric('opsroom_worker_outages_total', 'counter', 'Times the database was away.', stats.outages);
  metric('opsroom_worker_leases_lost_total', 'counter', 'Jobs whose lease ran out here.', stats.leasesLost);
  metric(
    'opsroom_worker_dead_letters_total',
    'counter',
    'Jobs that failed for good here.',
    stats.deadLetters,
  );
  metric(
    'opsroom_worker_lag_seconds',
    'gauge',
    'How late the most overdue job of the last claim was.',
    stats.lagMs / 1000,
  );
  metric(
    'opsroom_worker_last_claim_timestamp_seconds',
    'gauge',
    'When a claim was last answered.',
    (stats.lastClaimAt ?? 0) / 1000,
  );
  metric('process_start_time_seconds', 'gauge', 'When the process started.', stats.startedAt / 1000);
  metric('process_resident_memory_bytes', 'gauge', 'Resident memory.', memoryBytes);
  lines.push(...outcomeLines(stats), ...durationLines(stats));
  return `${lines.join('\n')}\n`;
}

function outcomeLines(stats: WorkerStats): string[] {
  const lines = [
    '# HELP opsroom_jobs_total Attempts by how they ended here.',
    '# TYPE opsroom_jobs_total counter',
  ];
  for (const [taskType, { outcomes }] of stats.types) {
    for (const [outcome, count] of Object.entries(outcomes)) {
      lines.push(`opsroom_jobs_total{task_type="${taskType}",outcome="${outcome}"} ${count}`);
    }
  }
  return lines;
}

function durationLines(stats: WorkerStats): string[] {
  const lines = [
    '# HELP opsroom_job_duration_seconds How long attempts ran.',
    '# TYPE opsroom_job_duration_seconds histogram',
  ];
  for (const [taskType, figures] of stats.types) lines.push(...histogram(taskType, figures));
  return lines;
}

function histogram(taskType: string, { buckets, runs, seconds }: TypeFigures): string[] {
  let below = 0;
  const lines = DURATION_BUCKETS.map((bound, index) => {
    below += buckets[index] ?? 0;
    return `opsroom_job_duration_seconds_bucket{task_type="${taskType}",le="${bound}"} ${below}`;
  });
  return [
    ...lines,
    `opsroom_job_duration_seconds_bucket{task_type="${taskType}",le="+Inf"} ${runs}`,
    `opsroom_job_duration_seconds_sum{task_type="${taskType}"} ${seconds}`,
    `opsroom_job_duration_seconds_count{task_type="${taskType}"} ${runs}`,
  ];
}
