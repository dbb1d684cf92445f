/** The real advisories.yml: a rule that finds something has one issue, which closes and comes back by itself. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunView } from '../../local/workflows/engine/session.ts';
import {
  jobOf,
  logOf,
  startWorkflowWorld,
  visibleOf,
  type WorkflowWorld,
} from '../support/workflow-world.ts';

let world: WorkflowWorld;
const CANARY = 'sb_secret_canary0123456789abcdef';

/** Rules this test is about; the repository's own state is not. */
const ONLY = [
  'secret_missing',
  'cron_secret_in_command',
  'cron_unmanaged_jobs',
  'no_primary_key',
  'suppression_unused',
];

async function defaults(more = ''): Promise<string> {
  const { ADVISORY_RULES } = await import('../../actions/_shared/declare/kinds/advisory-rules.ts');
  const off = Object.keys(ADVISORY_RULES)
    .filter((name) => !ONLY.includes(name))
    .map((name) => `  ${name}: { enabled: false }`);
  return `owner: "@platform-team"\nrules:\n  no_primary_key: { level: WARN }\n${off.join('\n')}\n${more}`;
}

const CRON = /^runbooks\/(cron|functions|advisories|checks)\//;

beforeAll(async () => {
  const { repositoryFiles } = await import('../../local/workflows/repository-files.ts');
  const { root } = await import('../contract/action-metadata.ts');
  const gone = Object.keys(repositoryFiles(root, (file) => CRON.test(file))).map(
    (file) => [file, null] as const,
  );
  world = await startWorkflowWorld({
    file: import.meta.url,
    files: {
      ...Object.fromEntries(gone),
      'runbooks/secrets.yaml':
        'job_token: { value: { env: OPS_JOB_TOKEN } }\nother_token: { value: { env: OPS_OTHER_TOKEN } }\n',
      'runbooks/cron/sync.yaml':
        'schedule: "7 * * * *"\nowner: "@data-team"\ncall:\n  http: { url: "https://x.example" }\n  auth: [{ header: x-a-token, secret: job_token }, { header: x-b-token, secret: other_token }]\n  timeout: 5s\n',
      'runbooks/advisories/defaults.yaml': await defaults(),
    },
  });
}, 120_000);
afterAll(() => world.stop());

function scan(): Promise<RunView> {
  return world.dispatch('advisories.yml', { environment: 'production' });
}

function issues(): readonly {
  number: number;
  state: string;
  title: string;
  body: string;
  labels: readonly string[];
}[] {
  return [...world.github.store.issues.values()]
    .map(({ number, state, title, body, labels }) => ({
      number,
      state,
      title,
      body: body ?? '',
      labels: [...labels],
    }))
    .sort((a, b) => a.number - b.number);
}

function writes(before: number): readonly string[] {
  return world.github.calls
    .slice(before)
    .map(({ operation }) => operation ?? '')
    .filter((operation) => !/list|get/.test(operation));
}

const giveSecret = (name: string): Promise<unknown> =>
  world.database.sql`select vault.create_secret('0123456789abcdef', ${name}, '')`;

describe('advisories.yml', { timeout: 120_000 }, () => {
  it('opens one issue per rule with a checklist of its objects, and shows everything in the summary', async () => {
    const run = await scan();
    expect(run.conclusion, logOf(run)).toBe('success');
    expect(jobOf(run).summary).toContain('secret_missing');
    expect(issues()).toMatchObject([{ number: 1, state: 'open' }]);
    const [issue] = issues();
    expect(issue?.body).toContain('job_token');
    expect(issue?.body).toContain('other_token');
    expect(issue?.labels).toEqual(expect.arrayContaining(['ops-alert', 'severity:critical']));
    const rows = await world.database.sql`select cache_key from ops.list_advice()`;
    expect(rows.map((row) => row.cache_key)).toEqual([
      'secret_missing_job_token',
      'secret_missing_other_token',
    ]);
  });

  it('writes nothing when nothing changed', async () => {
    const before = world.github.calls.length;
    const run = await scan();
    expect(run.conclusion, logOf(run)).toBe('success');
    expect(writes(before)).toEqual([]);
  });

  it('leaves what people wrote, and takes an object off the list when it is gone', async () => {
    const [issue] = issues();
    world.alice.editIssue(1, { body: `Looking at it. Bob\n\n${issue?.body ?? ''}\n\nSee the wiki.` });
    await giveSecret('other_token');
    await scan();
    const [later] = issues();
    expect(later?.body).toMatch(/^Looking at it\. Bob[\s\S]*See the wiki\.$/);
    expect(later?.state).toBe('open');
    const [row] = await world.database.sql`select count(*)::int as n from ops.list_advice()`;
    expect(row).toEqual({ n: 1 });
  });

  it('closes by itself when the rows are gone, and comes back as the same issue', async () => {
    await giveSecret('job_token');
    await scan();
    expect(issues()).toMatchObject([{ number: 1, state: 'closed' }]);
    await world.database.sql`delete from vault.secrets where name = 'job_token'`;
    await scan();
    expect(issues()).toMatchObject([{ number: 1, state: 'open' }]);
    await giveSecret('job_token');
    await scan();
    expect(issues()).toMatchObject([{ number: 1, state: 'closed' }]);
  });

  it('opens no issue for a note, and keeps it all the same', async () => {
    await world.database.sql`select cron.schedule('stranger', '0 0 1 1 *', 'select 1')`;
    const run = await scan();
    expect(jobOf(run).summary).toContain('stranger');
    expect(issues()).toHaveLength(1);
    const rows = await world.database.sql`select cache_key, level from ops.list_advice()`;
    expect(rows).toEqual([{ cache_key: 'cron_unmanaged_jobs_stranger', level: 'INFO' }]);
    await world.database.sql`select cron.unschedule('stranger')`;
  });

  it('shows no secret anywhere', async () => {
    await world.database
      .sql`select cron.schedule('leaky', '0 0 1 1 *', ${`select net.http_get('https://x.example?apikey=${CANARY}', timeout_milliseconds := 1)`})`;
    const run = await scan();
    expect(issues().find(({ state }) => state === 'open')?.body).toContain('leaky');
    const kept = await world.database
      .sql`select a::text as text from ops.advice a union all select a::text from ops.alerts a`;
    for (const text of [visibleOf([run]), JSON.stringify(issues()), JSON.stringify(kept)])
      expect(text).not.toContain(CANARY);
    await world.database.sql`select cron.unschedule('leaky')`;
    await scan();
  });

  it('lives with what a file suppresses: the issue closes, and the file says who and why', async () => {
    await world.database.sql`create table public.notes (note text)`;
    await scan();
    expect(issues().at(-1)).toMatchObject({ state: 'open', body: expect.stringContaining('notes') });
    world.change({
      'runbooks/advisories/defaults.yaml': await defaults(
        'suppressions:\n  - { cache_key: no_primary_key_public_notes, owner: "@bob", reason: a log nobody joins, expires: 2099-12-31 }\n',
      ),
    });
    const run = await scan();
    expect(issues().filter(({ state }) => state === 'open')).toEqual([]);
    expect(jobOf(run).summary).toContain('a log nobody joins');
  });

  it('looks at nothing while files have errors', async () => {
    const good = world.text('runbooks/advisories/defaults.yaml');
    world.change({ 'runbooks/advisories/defaults.yaml': 'rules: { no_such_rule: {} }\n' });
    const run = await scan();
    expect(run.conclusion).toBe('failure');
    expect(logOf(run)).toContain('no_such_rule');
    world.change({ 'runbooks/advisories/defaults.yaml': good });
  });

  it('runs on its schedule for staging and production, each in the environment that watches', async () => {
    const runs = await world.tick('advisories.yml');
    const jobs = runs.flatMap((run) => run.jobs);
    expect(jobs.map(({ name }) => name).sort()).toEqual(['scan (production)', 'scan (staging)']);
    for (const run of runs) expect(run.conclusion, logOf(run)).toBe('success');
  });

  it('says which right is missing', async () => {
    await world.database.sql`alter table public.notes add column more text`;
    await world.database.sql`create table public.papers (note text)`;
    const workflow = world.text('.github/workflows/advisories.yml');
    world.edit('.github/workflows/advisories.yml', /^ {6}issues: write.*\n/m, '');
    const run = await scan();
    expect(run.conclusion).toBe('failure');
    expect(logOf(run)).toContain('issues: write');
    world.change({ '.github/workflows/advisories.yml': workflow });
    expect((await scan()).conclusion).toBe('success');
    expect(issues().at(-1)).toMatchObject({ state: 'open', body: expect.stringContaining('papers') });
  });

  it('makes a dozen writes at most, however many rules find something', async () => {
    const { ADVISORY_RULES } = await import('../../actions/_shared/declare/kinds/advisory-rules.ts');
    world.change({ 'runbooks/advisories/defaults.yaml': 'owner: "@platform-team"\n' });
    for (let n = 0; n < 5; n += 1) {
      await world.database.sql.unsafe(`create table public.bad${n} (a int, password text); grant all on public.bad${n} to anon;
        create policy p on public.bad${n} for all to anon using (true)`);
    }
    await world.database.sql.unsafe(`
      create view public.v as select * from public.bad1; create materialized view public.m as select 1 as one; grant select on public.v, public.m to anon;
      create function public.f() returns int language sql security definer as 'select 1';
      create index a1 on public.bad1 (a); create index a2 on public.bad1 (a);
      select cron.schedule('x1', '0 0 1 1 *', 'selct 1'), cron.schedule('x2', '0 0 1 1 *', 'copy (select 1) to stdout'),
        cron.schedule('x3', '0 0 1 1 *', 'select net.http_get(url := ''https://x.example'', body := ''{}''::jsonb)'),
        cron.schedule('X1', '0 0 1 1 *', 'select vault.create_secret(''a'', ''b'')')`);
    const before = world.github.calls.length;
    const run = await scan();
    expect(run.conclusion, logOf(run)).toBe('success');
    const [row] = await world.database.sql<{ rules: number }[]>`
      select count(distinct rule)::int as rules from ops.list_advice() where level <> 'INFO'`;
    expect(row?.rules).toBeGreaterThan(12);
    expect(writes(before).length).toBeLessThanOrEqual(12);
    expect(Object.keys(ADVISORY_RULES).length).toBeGreaterThan(90);
  });
});
