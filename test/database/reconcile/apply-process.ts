/**
 * A process that applies a desired state and says when it starts and ends: what chaos tests kill.
 * Usage: node apply-process.ts URL STATE.json
 */
import { readFileSync } from 'node:fs';
import { connect } from '../../../actions/_shared/database/connect.ts';
import type { DesiredState } from '../../../actions/_shared/declare/model.ts';
import { applyPlan } from '../../../actions/_shared/reconcile/apply.ts';

const [url = '', file = ''] = process.argv.slice(2);
const { desired, env }: { desired: DesiredState; env: Record<string, string> } = JSON.parse(
  readFileSync(file, 'utf8'),
);
const sql = connect({ url, applicationName: 'opsroom to be killed', max: 1 });
process.stdout.write('started\n');
const result = await applyPlan({
  sql,
  desired,
  env,
  prune: true,
  allowDeletes: 100_000,
  actor: { name: 'victim' },
});
process.stdout.write(`${result.reason}\n`);
await sql.end();
