/** A database with alerts, GitHub beside it, and both hands free: what the tests of alerts share. */
import type { Sql } from 'postgres';
import { type ProjectionResult, projectAlerts } from '../../../actions/_shared/alerts/project-alerts.ts';
import type { CheckPolicy, CheckResult } from '../../../actions/_shared/checks/check-pass.ts';
import { createSingleShotClient } from '../../../actions/_shared/github/single-shot-client.ts';
import { type GitHubStandIn, startGitHub } from '../../../local/github/server.ts';
import { ACTIONS_LOGIN } from '../../../local/github/tokens.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';

/** What a pass of a test saw. */
export interface PassWish {
  readonly results?: readonly CheckResult[];
  readonly evaluated?: readonly string[];
  readonly skipped?: readonly string[];
  readonly policies?: Readonly<Record<string, CheckPolicy>>;
  readonly source?: string;
  readonly at?: string;
}

/** The world of a test. */
export interface AlertWorld {
  readonly database: TestDatabase;
  /** With the rights of service_role, as a workflow has them. */
  readonly service: Sql;
  readonly github: GitHubStandIn;
  /** Records a pass; everything declared is evaluated unless said otherwise. */
  readonly pass: (wish?: PassWish) => Promise<Record<string, unknown>>;
  /** Brings issues up to date. */
  readonly project: (options?: { readonly token?: string }) => Promise<ProjectionResult>;
  readonly issues: () => readonly IssueFacts[];
  readonly drop: () => Promise<void>;
}

/** What a test asks of an issue. */
export interface IssueFacts {
  readonly number: number;
  readonly state: string;
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
}

/** A policy with everything at its least, but for what a test wishes. */
export function policy(wish: Partial<CheckPolicy> = {}): CheckPolicy {
  return {
    for: { failing: 1, of: 1 },
    hold_open_s: 0,
    reopen_within_s: 3600,
    owner: '@data-team',
    runbook: null,
    runbook_command: null,
    group: null,
    mutes: [],
    ...wish,
  };
}

/** A result of a check. */
export function found(check: string, object = '', wish: Partial<CheckResult> = {}): CheckResult {
  const severity = wish.severity ?? 'warning';
  return {
    check,
    object,
    state: 'firing',
    severity,
    finding: {
      name: `${check}_found`,
      level: severity === 'critical' ? 'ERROR' : severity === 'warning' ? 'WARN' : 'INFO',
      title: `Something is ${check}`,
      detail: `${object} is ${check}`,
      remediation: 'Mend it.',
      evidence: { minutes: 12 },
      cache_key: `${check}:${object}`,
    },
    ...wish,
  };
}

/** Opens a database of its own and GitHub beside it. @param file `import.meta.url` of the test */
export async function startAlertWorld(
  file: string,
  policies: Readonly<Record<string, CheckPolicy>> = { late: policy() },
): Promise<AlertWorld> {
  const database = await createTestDatabase(file);
  const service = database.as('service_role');
  const github = await startGitHub({ owner: 'acme', repo: 'ops' });
  github.addUser({ login: 'data-team', role: 'write' });
  github.allow('writer', { login: ACTIONS_LOGIN, permissions: { issues: 'write' } });
  github.allow('reader', { login: ACTIONS_LOGIN, permissions: { issues: 'read' } });
  return {
    database,
    service,
    github,
    pass: async (wish = {}) => {
      const declared = wish.policies ?? policies;
      const [clock] = await service`select clock_timestamp()::text as now`;
      const pass = {
        at: clock?.now,
        environment: 'production',
        evaluated: Object.keys(declared),
        results: [],
        ...wish,
        policies: declared,
      };
      const [row] =
        await service`select ops.record_check_pass(${JSON.stringify(pass)}::text::jsonb) as counts`;
      return row?.counts;
    },
    project: ({ token = 'writer' } = {}) =>
      projectAlerts({
        sql: service,
        client: createSingleShotClient({ token, apiUrl: github.apiUrl, owner: 'acme', repo: 'ops' }),
        environment: 'production',
        author: ACTIONS_LOGIN,
        runUrl: 'https://github.test/acme/ops/actions/runs/1',
        redact: (text) => text,
      }),
    issues: () =>
      [...github.store.issues.values()].map(({ number, state, title, body, labels }) => ({
        number,
        state,
        title,
        body: body ?? '',
        labels: [...labels].sort(),
      })),
    drop: async () => {
      await github.stop();
      await database.drop();
    },
  };
}
