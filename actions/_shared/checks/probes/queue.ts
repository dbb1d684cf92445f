/** The job queue: too much of it, too old, dead letters, and types somebody paused and forgot. */
import type { ProbeConfigs } from '../../declare/kinds/checks-model.ts';
import { indexByName, type NameIndex } from '../name-index.ts';
import { probeQueue, type QueueState } from '../statements.ts';
import { atLeast } from './judge-levels.ts';
import { type Fault, looked, type Probe } from './probe.ts';
import { count, words } from './words.ts';

/** By how far back dead letters count. */
type Rows = ReadonlyMap<number, NameIndex<QueueState>>;

export const queueProbe: Probe<'queue', Rows, undefined> = {
  kind: 'queue',
  async read(tx, checks, { now }) {
    const rows = new Map<number, NameIndex<QueueState>>();
    for (const { config } of checks) {
      if (rows.has(config.deadWithinMs)) continue;
      const states = await probeQueue(tx, now, config.deadWithinMs);
      rows.set(
        config.deadWithinMs,
        indexByName(states, (state) => state.task_type),
      );
    }
    return rows;
  },
  judge({ config }, { rows }) {
    const states = rows.get(config.deadWithinMs)?.select(config.taskTypes) ?? [];
    return looked(states.flatMap((state) => faultsOf(state, config)));
  },
};

function faultsOf(state: QueueState, config: ProbeConfigs['queue']): readonly Fault[] {
  const { task_type: type, due } = state;
  const oldestMs = (state.oldest_s ?? 0) * 1000;
  const found: Fault[] = [];
  const add = (
    severity: Fault['severity'],
    fault: Pick<Fault, 'name' | 'title' | 'detail' | 'remediation'>,
  ) =>
    found.push({
      object: type,
      severity: severity ?? null,
      ...fault,
      evidence: {
        due,
        oldest_waits: due === 0 ? undefined : words(oldestMs),
        dead_letters: state.dead,
        dead_letters_of: words(config.deadWithinMs),
        last_error: state.last_error,
        paused_for: state.paused_s === null ? undefined : words(state.paused_s * 1000),
      },
    });
  if (state.paused_s !== null) {
    const paused = due === 0 ? undefined : atLeast(config.paused, state.paused_s * 1000);
    if (paused !== undefined) {
      add(paused.severity, {
        name: 'queue_paused',
        title: `${type} is paused`,
        detail: `Work of type ${type} has been paused for ${words(state.paused_s * 1000)}, and ${count(due, 'job')} wait.`,
        remediation: `\`opsroom jobs resume ${type}\` lets them run.`,
      });
    }
  } else {
    const oldest = due === 0 ? undefined : atLeast(config.oldest, oldestMs);
    if (oldest !== undefined) {
      add(oldest.severity, {
        name: 'queue_old',
        title: `Work of type ${type} waits too long`,
        detail: `The oldest of ${count(due, 'due job')} of type ${type} has waited ${words(oldestMs)}.`,
        remediation:
          'Does a worker run? `opsroom jobs overview` shows who works. If all are busy, add workers or raise their concurrency.',
      });
    }
    const depth = atLeast(config.depth, due);
    if (depth !== undefined) {
      add(depth.severity, {
        name: 'queue_deep',
        title: `Work of type ${type} piles up`,
        detail: `${due > 100_000 ? 'More than 100,000 jobs' : count(due, 'job')} of type ${type} are due.`,
        remediation: 'Add workers or raise their concurrency, or slow down what queues them.',
      });
    }
  }
  const dead = state.dead === 0 ? undefined : atLeast(config.deadLetters, state.dead);
  if (dead !== undefined) {
    add(dead.severity, {
      name: 'queue_dead_letters',
      title: `Jobs of type ${type} were given up`,
      detail: `${count(state.dead, 'job')} of type ${type} failed for good within ${words(config.deadWithinMs)}${state.last_error === null ? '.' : `; the last one: ${state.last_error}`}`,
      remediation: `\`opsroom jobs list --status failed --type ${type}\` shows them; \`opsroom jobs retry ID\` runs one again.`,
    });
  }
  return found;
}
