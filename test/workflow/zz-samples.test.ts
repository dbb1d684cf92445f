import { mkdirSync, writeFileSync } from 'node:fs';
import { it } from 'vitest';
import { startGitHub } from '../../local/github/server.ts';
import { pushCommit } from '../../local/github/store.ts';
import { bareDatabase } from '../support/database.ts';
import { runBundledAction } from './bundled-action.ts';
import { CANARIES, controlRepository } from './control-repository.ts';
import { allowWorkflowTokens, openPullRequest } from './pull-request.ts';

it('samples', async () => {
  mkdirSync('/tmp/h6-samples', { recursive: true });
  const github = await startGitHub({ owner: 'acme', repo: 'ops' });
  allowWorkflowTokens(github);
  pushCommit(github.store, { branch: 'main', sha: 'c'.repeat(40), files: [] });
  const database = await bareDatabase(import.meta.url);
  const repository = controlRepository();
  const pull = openPullRequest(github);
  const step = (action: string, env = {}, inputs = {}) =>
    runBundledAction({
      action,
      with:
        action === 'plan'
          ? { environments: 'production', ...inputs }
          : { environment: 'production', ...inputs },
      env: { OPS_PRODUCTION_DATABASE_URL: database.url, ...env },
      workspace: repository.workspace,
      token: `ghs_${action}`,
      apiUrl: github.apiUrl,
      event: action === 'plan' ? pull.event() : { name: 'push', payload: {} },
    });
  const save = (name: string, text: string | undefined) =>
    writeFileSync(`/tmp/h6-samples/${name}.md`, text ?? '');
  const comment = () => [...github.store.comments.values()].at(-1)?.body;
  await step('plan');
  save('01-first-plan', comment());
  const a = await step('reconcile', CANARIES);
  save('02-reconcile-summary', a.summary);
  writeFileSync('/tmp/h6-samples/02-log.txt', a.stdout);
  await step('plan');
  save('03-nothing', comment());
  repository.edit('runbooks/cron/sync_game_platform_stats.yaml', 'schedule: ', "schedule: '30 2 * * *' # ");
  repository.remove('runbooks/cron/openrouter-health-check.yaml');
  repository.write(
    'runbooks/cron/refresh_totals.yaml',
    `description: Refresh totals\nschedule: "15 6 * * 1-5"\ntimezone: Europe/Berlin\ncall: { sql: "select 1", timeout: 5s }\n`,
  );
  await database.sql`select cron.alter_job(jobid, schedule => '1 1 * * *') from cron.job where jobname = 'job_queue_cleanup_daily'`;
  await database.sql`select cron.schedule('by_hand', '5 5 * * *', 'select 1')`;
  repository.write(
    'runbooks/secrets.yaml',
    (await import('node:fs')).readFileSync(repository.workspace + '/runbooks/secrets.yaml', 'utf8') +
      `\nnew_secret:\n  description: A new one\n  value: { env: OPS_NEW_SECRET }\n`,
  );
  const p = await step('plan');
  save('04-plan', comment());
  writeFileSync('/tmp/h6-samples/04-log.txt', p.stdout);
  const d = await step('drift');
  save('05-drift-issue', [...github.store.issues.values()].at(-1)?.body ?? '');
  save('05-drift-summary', d.summary);
  writeFileSync('/tmp/h6-samples/05-log.txt', d.stdout);
  const blocked = await step('reconcile', CANARIES);
  save('06-blocked-summary', blocked.summary);
  writeFileSync('/tmp/h6-samples/06-log.txt', blocked.stdout);
  const file = 'migrations/20261121010024_prune_job_queue.sql';
  repository.edit(file, '-- Why', '-- Why not');
  await step('plan');
  save('07-edited-migration', comment());
  repository.edit(file, '-- Why not', '-- Why');
  repository.edit('runbooks/cron/refresh_totals.yaml', '15 6', '75 6');
  const l = await step('plan');
  save('08-lint', comment());
  writeFileSync('/tmp/h6-samples/08-log.txt', l.stdout);
  repository.edit('runbooks/cron/refresh_totals.yaml', '75 6', '15 6');
  for (let index = 0; index < 1_500; index += 1)
    repository.write(
      `runbooks/cron/generated_${index}.yaml`,
      `description: Generated job ${index}\nowner: "@data-team"\nschedule: "H * * * *"\ncall: { sql: "select ${index}", timeout: 5s }\n`,
    );
  await step('plan');
  save('09-fleet', comment());
  await github.stop();
  await database.drop();
}, 120_000);
