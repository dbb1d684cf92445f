import { describe, expect, it } from 'vitest';
import { memoryReader } from '../../../actions/_shared/declare/file-reader.ts';
import { loadDeclarations } from '../../../actions/_shared/declare/load.ts';

/** `severity code line:column` of what is said about a job whose SQL is this block; its first line is line 4. */
async function said(sql: string, block = '|'): Promise<string[]> {
  const lines = sql.split('\n').map((line) => `    ${line}`);
  const text = `schedule: "0 0 * * *"\nowner: "@a"\ncall:\n  sql: ${block}\n${lines.join('\n')}\n`;
  const { diagnostics } = await loadDeclarations({
    root: '/nowhere',
    read: memoryReader({ 'runbooks/cron/job.yaml': text }),
  });
  return diagnostics.map(
    ({ severity, code, location }) => `${severity} ${code} ${location.line}:${location.column}`,
  );
}

describe('SQL of a job', () => {
  it.each([
    ['a syntax error in the second line', 'select 1,\n  2 frm x where y', ['error sql-syntax 6:13']],
    ['a syntax error behind letters with accents', "select 'é🦊', frm from where", ['error sql-syntax 5:28']],
    ['an unclosed text', "select 'abc", ['error sql-syntax 5:12']],
    ['a value nobody gives', 'select $1', ['warning sql-parameter 5:12']],
    ['discard all', 'discard all', ['error sql-outside-transaction 5:5']],
    ['only a comment', '-- nothing yet', ['error sql-empty 4:8']],
    ['copy to stdout', 'copy foo to stdout', ['error sql-copy 5:5']],
    ['copy from stdin, after a comment', '-- load\ncopy foo from stdin', ['error sql-copy 6:5']],
    ['copy to a file', "copy foo to '/tmp/x'", ['warning sql-copy 5:5']],
    [
      'a transaction of its own',
      'begin;\nselect 1;\ncommit',
      ['error sql-transaction 5:5', 'error sql-transaction 7:5'],
    ],
    ['a commit in a block', 'do $$ begin perform 1; commit; end $$', ['error sql-transaction 5:5']],
    ['vacuum', 'vacuum analyze foo', ['error sql-outside-transaction 5:5']],
    [
      'an index, concurrently',
      'create index concurrently i on foo (a)',
      ['error sql-outside-transaction 5:5'],
    ],
    ['reindex, concurrently', 'reindex table concurrently foo', ['error sql-outside-transaction 5:5']],
    [
      'an insert into pg_net',
      "insert into net.http_request_queue (url) values ('x')",
      ['error sql-net-write 5:17'],
    ],
    [
      'a write to cron.job',
      "update cron.job set active = false where jobname = 'x'",
      ['error sql-cron-write 5:12'],
    ],
    ['cron.schedule', "select cron.schedule('a', '* * * * *', 'select 1')", ['warning sql-cron-write 5:12']],
    ['a write to vault', "insert into vault.secrets (secret) values ('x')", ['error sql-vault-write 5:17']],
    ['a secret made in SQL', "select vault.create_secret('x', 'name')", ['error sql-vault-write 5:12']],
    ['a delete of everything', 'delete from foo', ['warning sql-without-where 5:17']],
    [
      'an update of everything, in a with',
      'with gone as (\n  update foo set a = 1 returning a\n)\nselect 1',
      ['warning sql-without-where 6:14'],
    ],
    [
      'the setting that does not exist',
      "select current_setting('app.settings.service_role_key', true)",
      ['error sql-setting-secret 5:12'],
    ],
    [
      'a request nobody follows',
      "select net.http_post('https://example.org', '{}')",
      ['warning sql-http-call 5:12'],
    ],
    [
      'a body in a get',
      "select net.http_get('https://example.org', body := '{}')",
      ['error sql-http-get-body 5:12'],
    ],
    [
      'an undeclared secret',
      "select decrypted_secret from vault.decrypted_secrets where name = 'nobody'",
      ['error secret-undeclared 5:72'],
    ],
    [
      'undeclared secrets, however they are asked for',
      "select 'nobody' from vault.decrypted_secrets\nwhere name in ('nobody', 'none') or 'no one' = name or name::text = any (array['null'])",
      [
        'error secret-undeclared 6:21',
        'error secret-undeclared 6:31',
        'error secret-undeclared 6:42',
        'error secret-undeclared 6:85',
      ],
    ],
    ['a token', "select 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln'", ['error literal-secret 5:13']],
  ])('%s', async (_, sql, expected) => {
    expect(
      (await said(sql)).filter(
        (line) => !(/^error secret-undeclared/.test(line) && expected[0]?.includes('literal')),
      ),
    ).toEqual(expected);
  });

  it.each([
    ["delete from ops.job_queue where status = 'succeeded'"],
    ["select ops.prune_history(interval '30 days', 10000)"],
    ['analyze foo; refresh materialized view bar'],
    ['delete from cron.job_run_details where end_time < now()'],
    ["select current_setting('statement_timeout')"],
    ['do $$ begin perform 1; end $$'],
    ['update foo set a = 1 where true'],
    ['merge into a using b on a.id = b.id when matched then delete'],
  ])('%s is fine', async (sql) => {
    expect(await said(sql)).toEqual([]);
  });

  it('points into folded and quoted text as well as it can', async () => {
    expect(await said('delete from foo', '>')).toEqual(['warning sql-without-where 5:17']);
    const read = memoryReader({
      'runbooks/cron/a.yaml': 'schedule: "0 0 * * *"\nowner: "@a"\ncall: { sql: "select 1; vacuum" }\n',
    });
    const { diagnostics } = await loadDeclarations({ root: '/nowhere', read });
    expect(diagnostics.map(({ location }) => location)).toEqual([
      { file: 'runbooks/cron/a.yaml', line: 3, column: 25, endColumn: 31 },
    ]);
  });

  it('a secret read by SQL counts as used and belongs to the job', async () => {
    const files = {
      'runbooks/environments.yaml': 'production: { lane: production, connection: { env: X } }\n',
      'runbooks/secrets.yaml': 'my_key: { value: { env: KEY } }\n',
      'runbooks/cron/a.yaml':
        'schedule: "0 0 * * *"\nowner: "@a"\ncall:\n  sql: select decrypted_secret from vault.decrypted_secrets as s where s.name = \'my_key\'\n',
    };
    const result = await loadDeclarations({ root: '/nowhere', read: memoryReader(files) });
    expect(result.diagnostics).toEqual([]);
    expect(result.resolve('production').jobs[0]?.secrets).toEqual(['my_key']);
  });
});
