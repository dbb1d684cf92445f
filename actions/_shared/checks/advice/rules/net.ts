/** Rules about pg_net. */

import { type AdviceRule, rule } from '../rule.ts';
import { isOlder } from '../version.ts';

export const netRules: readonly AdviceRule[] = [
  // F1
  rule({
    name: 'pg_net_missing',
    level: 'ERROR',
    title: 'Jobs send requests and there is no pg_net',
    remediation: 'create extension pg_net (Supabase: Database, Extensions).',
    needs: ['target'],
    find: ({ target }, { desired }) => {
      const senders = desired.jobs.filter(
        ({ definition, cron }) => definition.call.kind === 'http' && cron.active,
      );
      if (target.functions['net.http_post'] !== undefined || senders.length === 0) return [];
      return [
        {
          object: target.database,
          detail: `${senders.length} jobs send requests, and database ${target.database} has no pg_net: every run fails.`,
          evidence: { jobs: senders.slice(0, 20).map(({ name }) => name) },
        },
      ];
    },
  }),
  // F7, F8, F9
  rule({
    name: 'pg_net_outdated',
    level: 'WARN',
    title: 'pg_net is of a version with known faults',
    remediation: 'Upgrade it (Supabase: upgrade the project; elsewhere alter extension pg_net update).',
    needs: ['target'],
    find: ({ target }) => {
      const installed = target.extensions.pg_net;
      if (installed === undefined || !isOlder(installed, '0.20.1')) return [];
      const faults = [
        ...(isOlder(installed, '0.8')
          ? [
              'its requests time out after 2 seconds unless told otherwise, and it has no net.worker_restart()',
            ]
          : []),
        ...(isOlder(installed, '0.11') ? ['one slow request lets the whole batch time out'] : []),
        'a URL without https:// is called "Out of memory"',
      ];
      return [
        {
          object: 'pg_net',
          detail: `pg_net is ${installed}: ${faults.join('; ')}.`,
          evidence: { installed },
        },
      ];
    },
  }),
  // F4, F5
  rule({
    name: 'net_worker_down',
    level: 'ERROR',
    title: "pg_net's worker does not run",
    remediation:
      'select net.worker_restart(); on Supabase a restart of the database helps where that does not exist.',
    needs: ['net', 'netWorkers'],
    find: ({ net, netWorkers }) =>
      netWorkers === 0
        ? [
            {
              object: 'pg_net',
              detail: `No worker of pg_net is running, and ${net.waiting} requests wait.`,
              evidence: { waiting: net.waiting },
            },
          ]
        : [],
  }),
  // F4, F7
  rule({
    name: 'net_backlog',
    level: 'WARN',
    title: 'Requests pile up in pg_net',
    remediation:
      'Restart the worker: select net.worker_restart(). When it is slow and not dead, slow the schedules or lower the timeouts.',
    needs: ['net'],
    find: ({ net }, { threshold }) =>
      net.waiting > threshold('requests')
        ? [
            {
              object: 'net.http_request_queue',
              detail: `${net.waiting > 10_000 ? 'More than 10000' : net.waiting} requests wait.`,
              evidence: { waiting: net.waiting },
            },
          ]
        : [],
  }),
  // F31
  rule({
    name: 'net_triggers',
    level: 'ERROR',
    title: "Triggers on pg_net's tables",
    remediation:
      'Drop the trigger: it runs inside the worker, can send requests about requests without an end, and an error in it stops the worker.',
    needs: ['net'],
    find: ({ net }) =>
      net.triggers.map((trigger) => ({
        object: `${trigger.relation}.${trigger.name}`,
        detail: `Trigger ${trigger.name} on ${trigger.relation} calls ${trigger.function}.`,
        evidence: trigger,
      })),
  }),
  // F6
  rule({
    name: 'function_inserts_into_net',
    level: 'WARN',
    title: "A function writes into pg_net's tables",
    remediation: 'Call net.http_post in it: a row put into the queue by hand wakes no worker.',
    needs: ['net'],
    find: ({ net }) =>
      net.functions
        .filter(({ inserts }) => inserts)
        .map(({ signature }) => ({
          object: signature,
          detail: `Function ${signature} inserts into a table of schema net.`,
        })),
  }),
  // F32
  rule({
    name: 'net_closed_to_job_owner',
    level: 'ERROR',
    title: 'A role whose jobs send requests may not queue them',
    remediation:
      'Grant usage on schema net, and all on its tables and sequences, to that role: without it every request ends in 42501. On Supabase, ask who took it away; it cannot be closed there for good.',
    needs: ['net'],
    find: ({ net }) =>
      net.closedTo.map((role) => ({
        object: role,
        detail: `Role ${role} has jobs that send requests and may not insert into net.http_request_queue.`,
      })),
  }),
  // F15
  rule({
    name: 'net_open_to_public',
    level: 'INFO',
    title: 'Every role may read the headers of waiting requests',
    remediation:
      'On plain PostgreSQL, close it as docs/github.md says. On Supabase nobody can: send one-time tokens (`auth: run_token`) and no keys, and keep logins few.',
    needs: ['net'],
    find: ({ net }) =>
      net.isPublic
        ? [
            {
              object: 'net.http_request_queue',
              detail: `PUBLIC may read net.http_request_queue, which belongs to ${net.queueOwner}.`,
              evidence: { owner: net.queueOwner },
            },
          ]
        : [],
  }),
  // F2
  rule({
    name: 'net_ttl_short',
    level: 'WARN',
    title: 'pg_net forgets answers before they are collected',
    remediation:
      "Set pg_net.ttl to '6 hours' again, its default: the collector comes by every minute, and later when the scheduler was away.",
    needs: ['settings', 'net'],
    find: ({ settings }, { threshold }) => {
      const seconds = settings.netTtlSeconds;
      return seconds === null || seconds >= threshold('minutes') * 60
        ? []
        : [
            {
              object: 'pg_net.ttl',
              detail: `pg_net keeps answers for ${seconds} seconds.`,
              evidence: { seconds },
            },
          ];
    },
  }),
];
