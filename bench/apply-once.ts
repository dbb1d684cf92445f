import { existsSync, readFileSync } from 'node:fs';
import { connect } from '../actions/_shared/database/connect.ts';
import { loadDeclarations } from '../actions/_shared/declare/load.ts';
import { applyPlan } from '../actions/_shared/reconcile/apply.ts';

/** Linux hands a parent's peak on to its children's resource usage; the high-water mark is this process's own. */
function peakMemoryMb(): number {
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : '';
  const own = /VmHWM:\s+(\d+)/.exec(status)?.[1];
  return (own === undefined ? process.resourceUsage().maxRSS : Number(own)) / 1024;
}

/** Read, plan and apply one repository, then print this process's peak memory in MB. Started by the benches. */
async function main(root: string): Promise<void> {
  const desired = (await loadDeclarations({ root })).resolve('production');
  const sql = connect({
    url: process.env[desired.environment.connectionEnv] ?? '',
    applicationName: 'opsroom-bench',
  });
  const result = await applyPlan({ sql, desired, env: process.env, actor: { name: 'bench' }, prune: true });
  await sql.end();
  if (result.reason !== 'applied') throw new Error(result.message);
  process.stdout.write(`${peakMemoryMb()}\n`);
}

await main(process.argv[2] ?? '.');
