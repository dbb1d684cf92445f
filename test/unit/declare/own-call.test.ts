import { loadModule, parseSync } from 'libpg-query';
import { beforeAll, describe, expect, test } from 'vitest';
import { isOwnCall } from '../../../actions/_shared/declare/lint/own-call.ts';

beforeAll(() => loadModule());

describe('a call of our own that needs no parser', () => {
  test.each([
    'select ops.collect()',
    "select ops.prune_history(interval '30 days', 10000)",
    "select ops.prune_job_queue(interval '1 week', 5, true);\n",
    'select ops.watch_watchers(), ops.prune_alert_issues(1);',
    // Postgres takes any keyword behind a dot.
    'select ops.select()',
    'select ops.user(1)',
  ])('is one single statement to Postgres too: %s', (sql) => {
    expect(isOwnCall(sql)).toBe(true);
    const tree: { readonly stmts: readonly { readonly stmt: object }[] } = parseSync(sql);
    expect(tree.stmts.map(({ stmt }) => Object.keys(stmt))).toEqual([['SelectStmt']]);
  });

  test.each([
    'select net.http_post()',
    'select ops.collect(); delete from ops.alerts',
    "select ops.enqueue_job('x')",
    'select ops.collect(), secret from ops.collect()',
    'select ops.collect() from ops.alerts',
    'select ops.collect() -- and more',
    "select ops.f(interval '30 days' || 'x')",
    'SELECT ops.collect()',
    '',
  ])('is left to the parser when it could be anything else: %s', (sql) => {
    expect(isOwnCall(sql)).toBe(false);
  });
});
