import { WorkflowError } from '../expressions.ts';
import type { Part, Step } from '../model.ts';
import { type Frame, type Runnable, scopeOf } from './frame.ts';

/** What all phases of a step have in common. */
export function settingsOf({
  frame,
  step,
}: {
  readonly frame: Frame;
  readonly step: Step;
}): Pick<Runnable, 'frame' | 'env' | 'timeoutMinutes' | 'continueOnError'> {
  const { expressions } = frame.run.order;
  return {
    frame,
    env: () => expressions.texts(step.env, scopeOf(frame)),
    timeoutMinutes: (env) => minutes(expressions.text(step.timeoutMinutes, scopeOf(frame, env))),
    continueOnError: (env) => isTrue(frame, step.continueOnError, env),
  };
}

/** Minutes of a `timeout-minutes`; null where it says nothing. @throws WorkflowError */
export function minutes(text: string): number | null {
  if (text === '') return null;
  const value = Number(text);
  if (!(value > 0)) throw new WorkflowError(`timeout-minutes cannot be ${text}`);
  return value;
}

function isTrue(frame: Frame, part: Part, env: Readonly<Record<string, string>>): boolean {
  return frame.run.order.expressions.text(part, scopeOf(frame, env)) === 'true';
}

/** What people see of a step. */
export function nameOf(frame: Frame, step: Step): string {
  const { expressions } = frame.run.order;
  if (step.name !== undefined) return expressions.text(step.name, scopeOf(frame));
  if (step.uses !== null) return `Run ${step.uses}`;
  return `Run ${expressions.text(step.run, scopeOf(frame)).split('\n')[0] ?? ''}`;
}
