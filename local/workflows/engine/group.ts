import { asObject, asText, type Expressions, type Scope } from '../expressions.ts';
import type { Part } from '../model.ts';
import type { Workshop } from './session.ts';

/** A place in a concurrency group, held or waited for. */
export interface Place {
  /** Resolves to true when it is held, to false when it will never be. */
  readonly held: Promise<boolean>;
  readonly leave: () => void;
}

/** What `concurrency:` says, evaluated. */
export interface GroupSetting {
  readonly group: string;
  readonly cancelInProgress: boolean;
  readonly queue: 'single' | 'max';
}

/** Evaluates `concurrency:`; null where there is none, or its name is empty. */
export function groupSetting(expressions: Expressions, part: Part, scope: Scope): GroupSetting | null {
  if (part === undefined) return null;
  const value = expressions.resolve(part, scope);
  const {
    group,
    queue,
    'cancel-in-progress': cancel,
  } = typeof value === 'string' ? { group: value } : asObject(value);
  const name = asText(group);
  if (name === '') return null;
  return { group: name, cancelInProgress: cancel === true, queue: queue === 'max' ? 'max' : 'single' };
}

/**
 * Asks for a place.
 *
 * @param gone set when whoever asks is not interested any more
 * @param onCancel somebody else wants it to end: it waits no more, or runs no longer
 */
export function takePlace(
  { concurrency }: Workshop,
  setting: GroupSetting,
  on: { readonly gone: AbortSignal; readonly wait: () => void; readonly cancel: (reason: string) => void },
): Place {
  const { promise: held, resolve } = Promise.withResolvers<boolean>();
  let started = false;
  const ticket = {
    ...setting,
    start: () => {
      started = true;
      resolve(true);
    },
    cancel: (reason: string) => {
      on.cancel(reason);
      resolve(false);
    },
  };
  concurrency.join(ticket);
  if (!started) on.wait();
  const leave = (): void => {
    on.gone.removeEventListener('abort', giveUp);
    concurrency.leave(ticket);
  };
  const giveUp = (): void => {
    if (!started) leave();
    resolve(false);
  };
  if (on.gone.aborted) giveUp();
  else on.gone.addEventListener('abort', giveUp, { once: true });
  return { held, leave };
}
