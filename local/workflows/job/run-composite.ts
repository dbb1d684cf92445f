import type { Action } from '../load-action.ts';
import type { Step } from '../model.ts';
import { type Executed, type Frame, scopeOf, type Turn } from './frame.ts';
import { runnablesOf } from './step-runnable.ts';
import { runTurn } from './turn.ts';

/** Runs the steps of a composite action, in a frame of their own. */
export async function runComposite(
  outer: Frame,
  use: {
    readonly step: Step;
    readonly action: Action;
    readonly steps: readonly Step[];
    readonly inputs: Readonly<Record<string, string>>;
    readonly turn: Turn;
  },
): Promise<Executed> {
  const { run } = outer;
  let status: 'success' | 'failure' = 'success';
  const frame: Frame = {
    run,
    outer,
    steps: {},
    inputs: use.inputs,
    env: { ...outer.env, ...use.turn.env },
    github: { ...outer.github, action: use.step.id, action_path: use.action.folder },
    status: () => status,
    fail: () => {
      status = 'failure';
    },
  };
  for (const step of use.steps) await runTurn(runnablesOf(frame, step).main, use.turn.stop);
  const { expressions } = run.order;
  const outputs = [...use.action.outputs].map(([name, value]) => [
    name,
    expressions.text(value, scopeOf(frame)),
  ]);
  return { ok: status === 'success', outputs: Object.fromEntries(outputs) };
}
