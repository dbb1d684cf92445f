import { asObject } from '../expressions.ts';
import type { Action } from '../load-action.ts';
import type { Step } from '../model.ts';
import { type Frame, scopeOf, type Turn } from './frame.ts';

/** What a step gives in `with:`. */
export function givenInputs(frame: Frame, step: Step, turn: Turn): Record<string, string> {
  return frame.run.order.expressions.texts(step.with, scopeOf(frame, turn.env));
}

/** Inputs of an action of ours: what the step gives, else the default, evaluated anew in every phase. */
export function actionInputs(
  { frame, step }: { readonly frame: Frame; readonly step: Step },
  action: Action,
  turn: Turn,
): Record<string, string> {
  const { order } = frame.run;
  const given = givenInputs(frame, step, turn);
  const byName = new Map(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]));
  const declared = [...action.inputs].map(([name, { fallback }]): [string, string] => [
    name,
    byName.get(name.toLowerCase()) ?? order.expressions.text(fallback, defaultScope(frame)),
  ]);
  const names = new Set(declared.map(([name]) => name.toLowerCase()));
  const unexpected = Object.entries(given).filter(([name]) => !names.has(name.toLowerCase()));
  for (const [name] of unexpected) {
    const valid = declared.map(([each]) => `'${each}'`).join(', ');
    order.log.write(`##[warning]Unexpected input(s) '${name}', valid inputs are [${valid}]`);
  }
  return Object.fromEntries([...declared, ...unexpected]);
}

/** What defaults of inputs may ask for. */
function defaultScope(frame: Frame) {
  const scope = scopeOf(frame);
  const { github, strategy, matrix, job, runner } = scope.contexts;
  return {
    ...scope,
    contexts: {
      github: { ...asObject(github), token: frame.run.order.token },
      strategy: strategy ?? {},
      matrix: matrix ?? {},
      job: job ?? {},
      runner: runner ?? {},
    },
  };
}
