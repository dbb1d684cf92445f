/** Runs of the health-check action in this process: its real clients, files and database, GitHub beside it. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseUnreachable } from '../../../actions/_shared/alerts/reach-database.ts';
import type { Outcome } from '../../../actions/_shared/io/outcome.ts';
import { createRedaction } from '../../../actions/_shared/io/redaction.ts';
import { readRunContext } from '../../../actions/_shared/io/run-context.ts';
import { readDeclarations } from '../../../actions/_shared/target/read-declarations.ts';
import { withDatabase } from '../../../actions/_shared/target/with-database.ts';
import { lookAndTell, tellNobodyKnows } from '../../../actions/health-check/look-and-tell.ts';

/** Where a run looks and tells. */
export interface HealthPlace {
  readonly databaseUrl: string;
  readonly apiUrl: string;
  readonly token: string;
  /** Folder with runbooks/. */
  readonly workspace: string;
}

/** A folder whose one check says that whatever stands in `chaos.broken` is broken. */
export function brokenThingsWorkspace(): string {
  const workspace = mkdtempSync(path.join(tmpdir(), 'opsroom-health-'));
  mkdirSync(path.join(workspace, 'runbooks', 'checks'), { recursive: true });
  const write = (file: string, text: string): void =>
    writeFileSync(path.join(workspace, 'runbooks', file), text);
  write('environments.yaml', 'production:\n  lane: production\n  connection: { env: HEALTH_DATABASE_URL }\n');
  write(
    'checks/broken.yaml',
    [
      'description: A thing is broken',
      'owner: "@data-team"',
      'severity: warning',
      'sql:',
      '  query: select b.object, b.severity, b.detail from chaos.broken b order by b.object',
      '  rows: true',
      'hold_open: 0s',
      'reopen_within: 2h',
      '',
    ].join('\n'),
  );
  return workspace;
}

/** One run of the action, from its files to its outcome; the runner around it is left out. */
export async function runHealthCheck(place: HealthPlace, run = '1'): Promise<Outcome> {
  const environment = {
    GITHUB_EVENT_NAME: 'schedule',
    GITHUB_REPOSITORY: 'acme/ops',
    GITHUB_API_URL: place.apiUrl,
    GITHUB_SERVER_URL: 'https://github.test',
    GITHUB_RUN_ID: run,
    GITHUB_WORKSPACE: place.workspace,
    HEALTH_DATABASE_URL: place.databaseUrl,
  };
  const redaction = createRedaction();
  const context = readRunContext(environment);
  const declarations = await readDeclarations({
    workspace: place.workspace,
    root: '.',
    environment,
    redaction,
  });
  if (declarations.broken) throw new Error(JSON.stringify(declarations.diagnostics));
  const { environment: declaration } = declarations.resolve('production');
  const inputs = {
    environment: 'production',
    issueAuthor: 'github-actions[bot]',
    root: '.',
    githubToken: place.token,
  };
  const request = { inputs, context, declarations, environment, redaction };
  return withDatabase({ declaration, environment }, (sql) => lookAndTell(sql, request)).catch(
    (error: unknown) => {
      if (error instanceof DatabaseUnreachable) return tellNobodyKnows(error, request);
      throw error;
    },
  );
}
