/** The real files of this repository, and some that use what those do not. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Path -> text of everything in `runbooks/` that is YAML. */
export function realFiles(): Record<string, string> {
  const paths = [
    'runbooks/environments.yaml',
    'runbooks/secrets.yaml',
    ...readdirSync(`${ROOT}runbooks/cron`).map((name) => `runbooks/cron/${name}`),
  ];
  return Object.fromEntries(paths.map((path) => [path, readFileSync(`${ROOT}${path}`, 'utf8')]));
}

/** A job that uses every part of the language but the other calls. */
export const FULL_JOB = `# yaml-language-server: $schema=../schemas/cron.schema.json
description: Pull fresh stats from the game platform
owner: "@data-team"
schedule: "H/30 8-18 * * mon-fri"
timezone: America/New_York
active: true
call:
  function: sync
  method: post
  headers: { x-trace: "on" }
  body: { mode: incremental, limit: 25, deep: { list: [1, two, 3.5, null, true] } }
  auth:
    - run_token
    - { header: x-job-token, secret: internal_job_token }
  timeout: 10s
retry: { attempts: 3, backoff: 30s, on: [5xx, 429, timeout, network] }
overlap: queue_one
misfire: once
expect: { within: 2m, max_duration: 1m, min_success: 99.5%/24h, report: true }
alert: { after: 2, severity: critical, runbook: restart-sync }
environments:
  production: {}
  staging: { active: true, schedule: "0 6 * * *", call: { body: { mode: full }, timeout: 20s } }
  local:
    active: false
    timezone: UTC
    alert: { after: 5 }
`;

export const SQL_JOB = `schedule: "15 3 * * *"
owner: "@data-team"
call:
  sql: |
    -- keep two weeks
    delete from ops.job_queue
    where status = 'succeeded'
      and updated_at < now() - interval '14 days';
  timeout: 2m
`;
