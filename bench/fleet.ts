import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A repository with `count` generated jobs of every kind, in a temporary folder; the caller removes it. */
export function writeFleet(count: number): string {
  const root = mkdtempSync(path.join(tmpdir(), 'opsroom-fleet-'));
  const cron = path.join(root, 'runbooks', 'cron');
  mkdirSync(cron, { recursive: true });
  mkdirSync(path.join(root, 'migrations'));
  writeFileSync(
    path.join(root, 'runbooks', 'environments.yaml'),
    'production:\n  lane: production\n  connection: { env: OPSROOM_BENCH_DATABASE_URL }\n  prune: [cron]\n',
  );
  writeFileSync(
    path.join(root, 'runbooks', 'secrets.yaml'),
    'project_url:\n  description: Base URL of the project\n  value: { env: BENCH_PROJECT_URL }\n  shape: ^https://\n',
  );
  for (let index = 0; index < count; index += 1) {
    writeFileSync(path.join(cron, `${fleetJobName(index)}.yaml`), fleetJob(index));
  }
  return root;
}

/** Name of the n-th generated job. */
export function fleetJobName(index: number): string {
  return `fleet-${String(index).padStart(5, '0')}`;
}

function fleetJob(index: number): string {
  const minute = (index * 7) % 60;
  const hour = (index * 13) % 24;
  const head = `description: Job ${index} of the fleet\nowner: "@fleet"\nschedule: "${minute} ${hour} * * *"\n`;
  switch (index % 4) {
    case 0:
      return `${head}call:\n  function: sync-${index % 50}\n  body: { tenant: ${index} }\n  timeout: 10s\nretry: { attempts: 3, backoff: 30s, on: [5xx, timeout, network] }\nexpect: { within: 2m }\nalert: { after: 2, severity: warning }\n`;
    case 1:
      return `${head}timezone: America/New_York\ncall:\n  function: report-${index % 50}\n  timeout: 5s\nalert: { after: 1, severity: critical }\n`;
    case 2:
      return `${head}call:\n  sql: select count(*) from pg_catalog.pg_class where oid = ${index}\n`;
    default:
      return `${head}call:\n  enqueue: totals\n  payload: { tenant: ${index} }\n`;
  }
}
