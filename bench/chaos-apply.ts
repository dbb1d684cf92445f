/**
 * Kills an apply with SIGKILL at 50 random moments, on a durable server with the real pg_cron where installed. After
 * each the next apply must find all of it or nothing to do, and the plan after that must be empty.
 * Usage: npm run bench -- chaos-apply [MOMENTS]
 */
import { connect } from '../actions/_shared/database/connect.ts';
import type { DesiredState } from '../actions/_shared/declare/model.ts';
import { applyPlan } from '../actions/_shared/reconcile/apply.ts';
import { computePlan } from '../actions/_shared/reconcile/plan.ts';
import { desiredState, fleet, secret } from '../test/database/reconcile/desired.ts';
import { applyAndKill } from '../test/database/reconcile/kill-apply.ts';
import { startBenchServer } from './server.ts';

const JOBS = 1000;
const env = { TEST_PROJECT_URL: 'https://example.test' };

/** Everything is different each round, so that an apply always has all to do. */
function round(number: number): DesiredState {
  const jobs = fleet(JOBS).map((job, index) => ({
    ...job,
    cron: { ...job.cron, schedule: `${(index + number) % 60} ${number % 24} 1 1 *` },
    definition: { ...job.definition, description: `round ${number}` },
  }));
  return desiredState({ secrets: [secret('project_url', { description: `round ${number}` })], jobs });
}

/** Returns a summary; throws when a database was found in between. */
export async function run(args: readonly string[] = []): Promise<string> {
  const moments = Number(args[0] ?? 50);
  const server = await startBenchServer();
  const sql = connect({ url: server.url, applicationName: 'opsroom-chaos' });
  try {
    await applyAndKill({ url: server.url, desired: round(0), env, killAfterMs: null });
    const whole = await applyAndKill({ url: server.url, desired: round(1), env, killAfterMs: null });
    const seen = { killed: 0, undone: 0, kept: 0 };
    for (let number = 2; number < moments + 2; number += 1) {
      const desired = round(number);
      const { killed } = await applyAndKill({
        url: server.url,
        desired,
        env,
        killAfterMs: Math.random() * whole.durationMs * 1.1,
      });
      const next = await applyPlan({ sql, desired, env, prune: true, actor: { name: 'chaos' } });
      const left = next.plan.changes.length;
      if (left !== 0 && left !== 2 * JOBS + 1) throw new Error(`round ${number}: ${left} changes were left`);
      const after = await computePlan({ sql, desired, env, prune: true });
      if (after.changes.length > 0) throw new Error(`round ${number}: the plan was not empty`);
      if (killed) seen.killed += 1;
      if (left === 0) seen.kept += 1;
      else seen.undone += 1;
      process.stderr.write('.');
    }
    process.stderr.write('\n');
    return [
      `${server.description}; ${JOBS} jobs, one apply takes ${Math.round(whole.durationMs)} ms`,
      `${moments} applies, ${seen.killed} of them killed at work: ${seen.undone} undone as a whole, ${seen.kept} kept as a whole, 0 in between; the plan after the next apply was empty every time`,
      '',
    ].join('\n');
  } finally {
    await sql.end();
    await server.close();
  }
}

if (import.meta.main) process.stdout.write(await run(process.argv.slice(2)));
