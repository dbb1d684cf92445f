/**
 * A process that applies a project to its database and its Supabase project: what tests kill.
 * Usage: node apply-process.ts DATABASE_URL FOLDER API_URL FUNCTIONS_URL
 */
import { connect } from '../../../actions/_shared/database/connect.ts';
import { loadDeclarations } from '../../../actions/_shared/declare/load.ts';
import { applyPlan } from '../../../actions/_shared/reconcile/apply.ts';
import { createManagementClient } from '../../../actions/_shared/supabase/management-client.ts';
import { env, ref, token } from './project.ts';

const [url = '', root = '', apiUrl = '', functionsUrl = ''] = process.argv.slice(2);
const desired = (await loadDeclarations({ root, cache: false })).resolve('testing');
const sql = connect({ url, applicationName: 'opsroom to be killed' });
const result = await applyPlan({
  sql,
  desired,
  env,
  prune: true,
  actor: { name: 'victim' },
  platform: {
    client: createManagementClient({ token, projectRef: ref, apiUrl }),
    functionsUrl,
    onProgress: (message) => process.stdout.write(`${message}\n`),
  },
});
process.stdout.write(`${result.reason} ${result.message}\n`);
await sql.end();
