/**
 * Kills workers with SIGKILL at random while they work through the queue, restarts the database in the middle, and then
 * asks the database whether anything was lost or done twice. Exits 1 when a fact is false.
 * Usage: npm run bench -- chaos-queue [--jobs 100000] [--workers 6]
 */
import { parseArgs } from 'node:util';
import { startOwnServer } from '../test/database/queue/worker/support/own-server.ts';
import { runChaos } from './chaos-queue-run.ts';
import { concludeFacts } from './facts.ts';
import { wholeNumber } from './parts.ts';

/** Returns the table of facts. @throws ConfigurationError that names those that are false */
export async function run(args: readonly string[] = []): Promise<string> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      jobs: { type: 'string', default: '100000' },
      workers: { type: 'string', default: '6' },
    },
  });
  const jobs = wholeNumber(values.jobs, 'jobs');
  const workers = wholeNumber(values.workers, 'workers');
  const server = await startOwnServer({ durable: true });
  try {
    const result = await runChaos({
      url: server.url,
      restart: server.restart,
      jobs,
      workers,
      killEveryMs: 1000,
      limitMs: 15 * 60_000,
      say: (message) => process.stderr.write(`${message}\n`),
    });
    return concludeFacts({
      title: 'chaos-queue',
      head: [
        `${server.description}; Node ${process.versions.node}`,
        `${jobs} jobs, ${workers} worker processes, a SIGKILL every second: ${result.kills} killed in ${result.seconds} s, at least ${result.rescued} jobs rescued from their leases`,
      ],
      facts: result.facts,
    });
  } finally {
    await server.close();
  }
}
