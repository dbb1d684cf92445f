/** pg_net: is its worker up, do requests pile up, how do they end; each with the cause, not only the symptom. */
import { type NetState, probeNet } from '../statements.ts';
import { atLeast } from './judge-levels.ts';
import { type Blindness, blind, type CheckOf, type Fault, looked, type Probe } from './probe.ts';
import { count, percent, words } from './words.ts';

/** By how far back answers count. */
type Rows = ReadonlyMap<number, NetState>;
type Config = CheckOf<'pg_net'>['config'];
type Net = NonNullable<NetState>;

/** One batch: more than this many wait only when the worker can't keep up. */
const BATCH = 200;

const RESTART =
  'Restart the worker: `select net.worker_restart()`. Then send one request and see that it is answered. What waits in the queue is kept.';

export const pgNetProbe: Probe<'pg_net', Rows, undefined> = {
  kind: 'pg_net',
  async read(tx, checks, { now }) {
    const rows = new Map<number, NetState>();
    for (const { config } of checks) {
      if (!rows.has(config.windowMs)) rows.set(config.windowMs, await probeNet(tx, now, config.windowMs));
    }
    return rows;
  },
  judge({ config }, { rows }) {
    const net = rows.get(config.windowMs) ?? null;
    if (net === null) {
      return blind(
        'pg_net is not installed here, so no job can send a request.',
        'create extension pg_net (Supabase: Database, Extensions).',
      );
    }
    const faults = [...workerFaults(net), ...queueFaults(net, config), ...answerFaults(net, config)];
    return looked(faults, blindSpots(net));
  },
};

function workerFaults(net: Net): readonly Fault[] {
  if (net.is_up !== false) return [];
  return [
    {
      object: 'worker',
      severity: 'critical',
      name: 'pg_net_worker_down',
      title: 'The worker of pg_net is down',
      detail: `No process of pg_net runs in this database; ${count(net.depth, 'request')} wait.`,
      remediation: RESTART,
      evidence: workerEvidence(net),
    },
  ];
}

function queueFaults(net: Net, config: Config): readonly Fault[] {
  if (net.depth === 0 || net.oldest_s === null) return [];
  const age = atLeast(config.queueAge, net.oldest_s * 1000);
  if (age === undefined) return [];
  return [
    {
      object: 'queue',
      severity: age.severity,
      name: 'pg_net_queue_old',
      title: 'Requests wait too long in pg_net',
      detail: `${count(net.depth, 'request')} wait, the oldest for ${words(net.oldest_s * 1000)} at least.`,
      remediation: `${RESTART} If it is slow and not dead: a batch of ${BATCH} waits for its slowest request, so lower the timeouts, spread the jobs over minutes (H), and send long work through the queue.`,
      evidence: evidenceOf(net),
    },
  ];
}

/** The causes behind bad answers, the most certain first: one finding, because they share their answers. */
function answerFaults(net: Net, config: Config): readonly Fault[] {
  if (net.out_of_memory > 0 || net.bad_url > 0 || net.without_scheme > 0) {
    return [
      {
        object: 'answers',
        severity: 'critical',
        name: net.out_of_memory > 0 ? 'pg_net_out_of_memory' : 'pg_net_bad_url',
        title:
          net.out_of_memory > 0 ? 'pg_net says "Out of memory"' : 'pg_net is given addresses that are none',
        detail:
          net.out_of_memory > 0
            ? `${count(net.out_of_memory, 'answer')} say so. It is almost surely an address without https:// and not memory.`
            : `${count(Math.max(net.bad_url, net.without_scheme), 'request')} had an address that is none.`,
        remediation:
          'Give the secret that holds the URL (project_url) a value that begins with https://, without blanks or a line break. pg_net before 0.20.1 calls this out of memory. Only if the addresses are right: slow the schedule, lower the timeouts, lower pg_net.batch_size, restart the worker.',
        evidence: evidenceOf(net),
      },
    ];
  }
  const failed = net.answers - net.ok;
  if (net.answers < config.least) return [];
  const level = atLeast(config.failures, failed / net.answers);
  if (level === undefined) return [];
  const { what, remedy } = mainCause(net);
  return [
    {
      object: 'answers',
      severity: level.severity,
      name: 'pg_net_failures',
      title: `Requests of pg_net fail: ${what}`,
      detail: `${failed} of ${net.answers} answers within ${words(config.windowMs)} were no success (${percent(failed / net.answers)}); most were ${what}.`,
      remediation: remedy,
      evidence: evidenceOf(net),
    },
  ];
}

function mainCause(net: Net): { readonly what: string; readonly remedy: string } {
  const causes = [
    {
      n: net.timed_out,
      what: 'timeouts',
      remedy:
        'Raise the timeout of the jobs that need it, or let long work go through the queue (`call: enqueue`); spread jobs that fire in the same minute (H). One slow request holds up its whole batch.',
    },
    {
      n: net.client_errors,
      what: 'refused (4xx)',
      remedy:
        'Look at the token and the address of what is called: after a change of keys, functions keep the old ones until they are deployed again; 404 means that no such function is deployed.',
    },
    {
      n: net.server_errors,
      what: 'server errors (5xx)',
      remedy: 'Look at the logs of the functions that are called.',
    },
    {
      n: net.not_delivered,
      what: 'not delivered',
      remedy:
        'Look at the messages: a name that is not known, a connection refused, a certificate nobody trusts.',
    },
    { n: net.other, what: 'redirects', remedy: 'pg_net does not follow redirects: call the final address.' },
  ];
  return causes.reduce((most, cause) => (cause.n > most.n ? cause : most));
}

function blindSpots(net: Net): readonly (Blindness & { readonly object: string })[] {
  const found: (Blindness & { readonly object: string })[] = [];
  if (net.is_up === null) {
    found.push({
      object: 'worker',
      reason:
        'Whether the worker of pg_net runs cannot be seen: its process is hidden from the role that owns schema ops.',
      remediation: 'grant pg_monitor to that role (Supabase has done so).',
    });
  }
  if (net.depth >= BATCH && net.oldest_s === null) {
    found.push({
      object: 'queue',
      reason: `${net.depth} requests wait, and nothing says since when: the queue holds no times, and none of ours is among them.`,
      remediation:
        'Look at the next pass; if nothing moves, restart the worker: `select net.worker_restart()`.',
      evidence: evidenceOf(net),
    });
  }
  return found;
}

function workerEvidence(net: Net): object {
  const { is_up, depth, answers, oldest_waits, last_answer_at } = evidenceOf(net);
  return { is_up, depth, oldest_waits, answers, last_answer_at };
}

function evidenceOf(net: Net) {
  const { oldest_s: oldest, last_answer_at: last, ...rest } = net;
  return {
    ...rest,
    oldest_waits: oldest === null ? undefined : words(oldest * 1000),
    last_answer_at: last ?? undefined,
  };
}
