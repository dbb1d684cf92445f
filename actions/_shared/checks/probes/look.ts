/** One look of a probe at all checks of its kind, in steps that the engine times: reading, asking, judging. */

import type { Transaction } from '../../database/connect.ts';
import { errorCode, isConnectionLost } from '../../database/connection-errors.ts';
import { inSavepoint } from '../../database/transaction.ts';
import type { DesiredCheck, ProbeKind } from '../../declare/kinds/checks-model.ts';
import { errorMessage } from '../../io/errors.ts';
import { limitStatements } from '../statements.ts';
import { untilLost } from './after-loss.ts';
import {
  type Blindness,
  CannotEvaluate,
  type CheckOf,
  type Outcome,
  type Probe,
  type World,
} from './probe.ts';

/** A look that has begun. */
export interface Look {
  readonly kind: ProbeKind;
  /** Absent: nothing to read. Throws only when the connection is gone. */
  readonly read?: (tx: Transaction) => Promise<void>;
  /** Absent: nothing to ask outside. Never throws. */
  readonly ask?: () => Promise<void>;
  /** What came of each check; what was not finished is blind. */
  readonly judge: () => ReadonlyMap<string, Outcome>;
}

/** Begins a look at those of the checks that are of its kind; null when none is. */
export type BeginLook = (checks: readonly DesiredCheck[], world: World) => Look | null;

type Seen<T> = { readonly value: T } | { readonly blind: Blindness };

const OUT_OF_TIME: Blindness = {
  reason: 'The pass ran out of time before it was finished.',
  remediation: 'See what takes so long; give slow checks `every`, or a shorter timeout.',
};

/** A probe as the engine drives it. */
export function lookWith<Kind extends ProbeKind, Rows, Answers>(
  probe: Probe<Kind, Rows, Answers>,
): BeginLook {
  return (all, world) => {
    const checks = all.flatMap((check) => checkOf(probe.kind, check));
    if (checks.length === 0) return null;
    const { read, ask } = probe;
    const timeoutMs = Math.max(...checks.map(({ check }) => check.timeoutMs));
    // A probe that does not read has no rows, and its `judge` takes none.
    let rows: Seen<Rows> = read === undefined ? { value: undefined as Rows } : { blind: OUT_OF_TIME };
    let answers: Seen<Answers> = ask === undefined ? { value: undefined as Answers } : { blind: OUT_OF_TIME };
    return {
      kind: probe.kind,
      ...(read === undefined
        ? {}
        : {
            read: async (tx) => {
              rows = await attempt(async () => {
                await limitStatements(tx, Math.max(1, Math.min(timeoutMs, Math.floor(world.left()))));
                return inSavepoint(tx, (inner) => untilLost(() => read(inner, checks, world)));
              });
            },
          }),
      ...(ask === undefined
        ? {}
        : {
            ask: async () => {
              answers = await attempt(() => ask(checks, world));
            },
          }),
      judge: () => {
        const seen = { rows, answers };
        return new Map(checks.map((check) => [check.check.name, judgeOne(probe, check, seen, world)]));
      },
    };
  };
}

function judgeOne<Kind extends ProbeKind, Rows, Answers>(
  probe: Probe<Kind, Rows, Answers>,
  check: CheckOf<Kind>,
  { rows, answers }: { readonly rows: Seen<Rows>; readonly answers: Seen<Answers> },
  world: World,
): Outcome {
  if ('blind' in rows) return { state: 'blind', ...rows.blind };
  if ('blind' in answers) return { state: 'blind', ...answers.blind };
  try {
    return probe.judge(check, { rows: rows.value, answers: answers.value }, world);
  } catch (error) {
    return { state: 'blind', ...blindnessOf(error) };
  }
}

/** A check of this kind, with its configuration; none for others. */
function checkOf<Kind extends ProbeKind>(kind: Kind, check: DesiredCheck): readonly CheckOf<Kind>[] {
  const { probe } = check;
  // What `kind` says of the rest the compiler cannot follow through a generic.
  return probe.kind === kind ? [{ check, config: probe as unknown as CheckOf<Kind>['config'] }] : [];
}

async function attempt<T>(work: () => Promise<T>): Promise<Seen<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    if (isConnectionLost(error)) throw error;
    return { blind: blindnessOf(error) };
  }
}

/** Why a whole kind of checks could not look, and what to do. */
export function blindnessOf(error: unknown): Blindness {
  if (error instanceof CannotEvaluate) return { reason: error.message, remediation: error.remediation };
  const code = errorCode(error);
  const message = errorMessage(error);
  switch (code) {
    case '42883':
    case '42P01':
    case '3F000':
      return {
        reason: `Something the check looks with is not in this database: ${message}.`,
        remediation: 'Run the reconcile workflow: it applies the migrations.',
      };
    case '42501':
      return {
        reason: `The role of the checks may not look: ${message}.`,
        remediation: 'Grant it what docs/checks.md lists.',
      };
    case '57014':
      return {
        reason: 'It took longer than its timeout.',
        remediation: 'See what keeps the database busy; or raise the `timeout` of the check.',
      };
    default:
      return {
        reason: `It failed: ${message}${code === undefined ? '' : ` (${code})`}.`,
        remediation: 'See whether the database and what it answers is as expected; then look again.',
      };
  }
}
