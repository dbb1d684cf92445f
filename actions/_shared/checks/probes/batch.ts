/** Batch migrations that fail, stall or fall silent: what used to be an error every minute with nobody told. */
import type { ProbeConfigs } from '../../declare/kinds/checks-model.ts';
import { indexByName, type NameIndex } from '../name-index.ts';
import { type BatchState, probeBatches } from '../statements.ts';
import { atLeast } from './judge-levels.ts';
import { type Fault, looked, type Probe } from './probe.ts';
import { count, words } from './words.ts';

export const batchProbe: Probe<'batch', NameIndex<BatchState>, undefined> = {
  kind: 'batch',
  async read(tx, _checks, { now }) {
    return indexByName(await probeBatches(tx, now), ({ batch }) => batch);
  },
  judge({ config }, { rows }) {
    const states = rows.select(config.batches);
    const silent = config.batches.names.filter(
      (name) => !/[*?]/.test(name) && !states.some(({ batch }) => batch === name),
    );
    return looked(
      states.flatMap((state) => faultsOf(state, config)),
      silent.map((object) => ({
        object,
        reason: `No batch ${object} has ever written to ops.migration_logs.`,
        remediation: 'Let it run once, or correct the name.',
      })),
    );
  },
};

/** The most certain cause first; one is enough, because each explains the next. */
function faultsOf(state: BatchState, config: ProbeConfigs['batch']): readonly Fault[] {
  const { batch, remaining } = state;
  const evidence = {
    batch,
    migrated: state.migrated,
    remaining,
    total: state.total,
    last_status: state.last_status,
    failed_in_a_row: state.failures,
    last_word: `${words(state.silent_s * 1000)} ago`,
    last_progress: `${words(state.stalled_s * 1000)} ago`,
    last_error: state.last_error,
  };
  const because = state.last_error === null ? '' : ` It says: ${state.last_error}`;
  const found: Fault[] = [];
  if (config.authErrors && state.last_status === 'auth_error') {
    found.push({
      object: batch,
      severity: 'critical',
      name: 'batch_auth_error',
      title: `${batch} is not let in`,
      detail: `The last batch was refused; nothing will move until its key is right.${because}`,
      remediation:
        'Renew the key it uses where it comes from, give it to its variable in secrets.yaml, and run the reconcile workflow.',
      evidence,
    });
  }
  const failing = state.failures === 0 ? undefined : atLeast(config.failures, state.failures);
  if (failing !== undefined) {
    found.push({
      object: batch,
      severity: failing.severity,
      name: 'batch_failing',
      title: `${batch} fails`,
      detail: `${state.failures >= 100 ? '100 batches or more' : count(state.failures, 'batch', 'batches')} in a row failed.${because}`,
      remediation: 'Look at the errors of its last logs: select * from ops.migration_logs order by id desc.',
      evidence,
    });
  }
  // What has nothing left to do may rest.
  if (remaining === 0) return found;
  const silent = atLeast(config.silent, state.silent_s * 1000);
  if (silent !== undefined) {
    found.push({
      object: batch,
      severity: silent.severity,
      name: 'batch_silent',
      title: `${batch} has fallen silent`,
      detail: `${batch} wrote its last log ${words(state.silent_s * 1000)} ago, with ${remaining ?? 'an unknown number'} left to do.`,
      remediation: 'Does its job still run? `opsroom runs JOB` shows when it last did, and how that ended.',
      evidence,
    });
  }
  const stalled = atLeast(config.stalled, state.stalled_s * 1000);
  if (stalled !== undefined) {
    found.push({
      object: batch,
      severity: stalled.severity,
      name: 'batch_stalled',
      title: `${batch} does not get on`,
      detail: `Nothing was moved for ${words(state.stalled_s * 1000)}, with ${remaining ?? 'an unknown number'} left to do.${because}`,
      remediation:
        'If it fails, mend that first. If it succeeds and moves nothing, look at what it is offered: everything left may have been given up.',
      evidence,
    });
  }
  return found;
}
