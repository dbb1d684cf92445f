import { alertBlock } from '../../../actions/_shared/alerts/issue-marker.ts';
import { ADVISORY_RULES } from '../../../actions/_shared/declare/kinds/advisory-rules.ts';
import type { WorkflowWorld } from '../../support/workflow-world.ts';
import { newNumber, notGreen, type Scenario, withoutDeclarations } from './scenario.ts';

/** A check that has to ask GitHub. */
const WORKFLOW_CHECK = `
description: A workflow fails
owner: "@platform-team"
severity: warning
workflow: { files: [health.yml], failing: 50 }
`;

/** One rule, so that nothing but what the scenario does by hand is found. */
function oneRule(name: string): string {
  const others = Object.keys(ADVISORY_RULES).filter((each) => each !== name);
  return [
    'owner: "@platform-team"',
    'rules:',
    ...others.map((each) => `  ${each}: { enabled: false }`),
    '',
  ].join('\n');
}

function openIssues({ github }: WorkflowWorld): string[] {
  return [...github.store.issues.values()]
    .filter(({ state }) => state === 'open')
    .map(({ title, body }) => `${title}\n${body}`);
}

/** An alert with its issue, as the health workflow leaves it. @returns number of the issue */
async function alertWithIssue(world: WorkflowWorld, key: string): Promise<number> {
  const { database, github } = world;
  const repository = `${github.store.owner}/${github.store.repo}`;
  await database.sql`select ops.raise_alert('late', ${key}, 'warning', 'sync is late')`;
  const block = alertBlock({ environment: 'staging', key: `alert:${key}`, id: crypto.randomUUID() }, 'late');
  const labels = ['ops-alert', 'env:staging'];
  const token = github.issueToken({ permissions: { issues: 'write' }, kind: 'workflow' });
  const answer = await fetch(`${github.apiUrl}/repos/${repository}/issues`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ title: 'sync is late', body: block, labels }),
  });
  if (!answer.ok) throw new Error(`no issue: ${answer.status}`);
  const number = Math.max(...github.store.issues.keys());
  await database.superuser`
    with kept as (
      insert into ops.alert_issues (repository, kind, key, number, state, opened_at)
      values (${repository}, 'alert', ${`alert:${key}`}, ${number}, 'open', now())
      returning id
    )
    update ops.alerts set issue_repository = ${repository}, issue_number = ${number}, issue_id = (select id from kept)
    where dedupe_key = ${key}`;
  return number;
}

/** Workflows that look, and tell people. */
export const ALERTS: Readonly<Record<string, Scenario>> = {
  'health.yml': {
    world: { files: { ...withoutDeclarations(), 'runbooks/checks/workflows.yaml': WORKFLOW_CHECK } },
    play: async (world) => {
      const title = `thing ${newNumber()} broke`;
      await world.database.sql`select ops.raise_alert('broken', ${`own:${title}`}, 'warning', ${title})`;
      const problems = notGreen([await world.dispatch('health.yml', { environment: 'production' })]);
      const blind = await world.database.sql`
        select title || ': ' || message as words from ops.alerts where resolved_at is null and condition = 'unknown'`;
      const told = openIssues(world).some((text) => text.includes(title));
      return [...problems, ...(told ? [] : ['no issue']), ...blind.map(({ words }) => String(words))];
    },
  },
  'advisories.yml': {
    world: {
      files: {
        ...withoutDeclarations(),
        'runbooks/advisories/defaults.yaml': oneRule('cron_secret_in_command'),
      },
    },
    play: async (world) => {
      const job = `by_hand_${newNumber()}`;
      const command = "select net.http_get('https://x.example?apikey=sb_secret_0123456789abcdef')";
      await world.database.sql`select cron.schedule(${job}, '5 5 * * *', ${command})`;
      const problems = notGreen([await world.dispatch('advisories.yml', { environment: 'production' })]);
      return openIssues(world).some((text) => text.includes(job)) ? problems : [...problems, 'no issue'];
    },
  },
  'triage.yml': {
    play: async (world) => {
      const key = `own:late:${newNumber()}`;
      const issue = await alertWithIssue(world, key);
      const problems = notGreen(await world.after(() => world.bob.comment(issue, '/ack on it')));
      const [alert] = await world.database.sql`select status from ops.alerts where dedupe_key = ${key}`;
      const answered = [...world.github.store.comments.values()].some(
        (each) => each.issue === issue && each.body.startsWith('<!-- opsroom:answer'),
      );
      return [
        ...problems,
        ...(alert?.status === 'acknowledged' ? [] : [`the alert is ${alert?.status}`]),
        ...(answered ? [] : ['nobody answered']),
      ];
    },
  },
};
