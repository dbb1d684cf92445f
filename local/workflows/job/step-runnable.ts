import path from 'node:path';
import type { Action, Phase } from '../load-action.ts';
import type { Step } from '../model.ts';
import { actionInputs, givenInputs } from './action-inputs.ts';
import { executeProgram } from './execute-program.ts';
import type { Executed, Frame, Runnable, Turn } from './frame.ts';
import { type Resolved, resolveAction } from './resolve-action.ts';
import { runComposite } from './run-composite.ts';
import { header, runScript } from './run-script.ts';
import { nameOf, settingsOf } from './step-settings.ts';

/** A step with what its phases share. */
interface Use {
  readonly frame: Frame;
  readonly step: Step;
  /** Found at the start of the job, or when it is its turn (`./`). */
  resolved: Resolved | null;
  /** GITHUB_STATE: what an action remembers for its later phases. */
  state: Readonly<Record<string, string>>;
  preRan: boolean;
}

/** What a step makes run: perhaps something before all others, and itself. Post steps come when it ran. */
export function runnablesOf(
  frame: Frame,
  step: Step,
): { readonly pre: Runnable | null; readonly main: Runnable } {
  const { order } = frame.run;
  const early = step.uses !== null && !step.uses.startsWith('./');
  const use: Use = {
    frame,
    step,
    resolved: early && step.uses !== null ? resolveAction(order, step.uses) : null,
    state: {},
    preRan: false,
  };
  return { pre: preOf(use), main: mainOf(use) };
}

function mainOf(use: Use): Runnable {
  const { frame, step } = use;
  return {
    ...settingsOf(use),
    name: () => nameOf(frame, step),
    if: step.if,
    id: step.id,
    execute: (turn) => (step.uses === null ? runScript(frame, step, turn) : runUse(use, turn)),
  };
}

function preOf(use: Use): Runnable | null {
  const { resolved, frame, step } = use;
  if (resolved?.kind !== 'own' || resolved.action.runs.kind !== 'javascript') return null;
  const { pre } = resolved.action.runs;
  if (pre === null) return null;
  return phase(use, resolved.action, {
    ...pre,
    name: () => `Pre ${nameOf(frame, step)}`,
    before: () => {
      use.preRan = true;
      addPost(use, resolved.action);
    },
  });
}

/** `pre` or `post` of a JavaScript action. */
function phase(
  use: Use,
  action: Action,
  of: Phase & { readonly name: () => string; readonly before?: () => void },
): Runnable {
  return {
    ...settingsOf(use),
    name: of.name,
    if: of.if,
    id: null,
    execute: (turn) => {
      of.before?.();
      return runFile(use, action, { file: of.file, turn });
    },
  };
}

function addPost(use: Use, action: Action): void {
  const { frame, step } = use;
  if (action.runs.kind !== 'javascript' || action.runs.post === null) return;
  frame.run.posts.push(
    phase(use, action, { ...action.runs.post, name: () => `Post ${nameOf(frame, step)}` }),
  );
}

async function runUse(use: Use, turn: Turn): Promise<Executed> {
  const { frame, step } = use;
  use.resolved ??= resolveAction(frame.run.order, step.uses ?? '');
  const { resolved } = use;
  const inputs =
    resolved.kind === 'known' ? knownInputs(use, resolved, turn) : actionInputs(use, resolved.action, turn);
  header(frame, {
    title: step.uses ?? '',
    body: [
      'with:',
      ...Object.entries(inputs)
        .filter(([, value]) => value !== '')
        .map(([name, value]) => `  ${name}: ${value}`),
    ],
    env: turn.env,
  });
  if (resolved.kind === 'known') return runKnown(use, resolved, inputs);
  const { action } = resolved;
  if (action.runs.kind === 'composite')
    return runComposite(frame, { step, action, steps: action.runs.steps, inputs, turn });
  if (!use.preRan) addPost(use, action);
  return runFile(use, action, { file: action.runs.main, turn });
}

async function runKnown(
  use: Use,
  { action }: Extract<Resolved, { kind: 'known' }>,
  inputs: Readonly<Record<string, string>>,
): Promise<Executed> {
  const { frame, step } = use;
  const { run } = frame;
  const result = await action.run({
    order: run.order,
    inputs,
    log: run.order.log.write,
    addPath: (folder) => {
      run.path = [folder, ...run.path];
    },
  });
  const { post } = result;
  if (post !== undefined) {
    run.posts.push({
      ...settingsOf(use),
      name: () => `Post ${nameOf(frame, step)}`,
      if: result.postIf ?? 'always()',
      id: null,
      execute: async () => {
        await post();
        return { ok: true, outputs: {} };
      },
    });
  }
  return { ok: true, outputs: result.outputs ?? {} };
}

function knownInputs(
  { frame, step }: Use,
  { action, name }: Extract<Resolved, { kind: 'known' }>,
  turn: Turn,
): Record<string, string> {
  const given = givenInputs(frame, step, turn);
  for (const each of Object.keys(given).filter((input) => !(input in action.inputs))) {
    frame.run.order.log.write(`##[warning]Unexpected input(s) '${each}' of ${name}`);
  }
  return { ...action.inputs, ...given };
}

/** Runs a file of a JavaScript action with its inputs, its state, and the tokens only actions see. */
function runFile(
  use: Use,
  action: Action,
  of: { readonly file: string; readonly turn: Turn },
): Promise<Executed> {
  const { frame, step } = use;
  const { order } = frame.run;
  const inputs = Object.entries(actionInputs(use, action, of.turn)).map(([name, value]) => [
    `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`,
    value,
  ]);
  const state = Object.entries(use.state).map(([name, value]) => [`STATE_${name}`, value]);
  return executeProgram({
    frame,
    turn: of.turn,
    command: order.node,
    args: [path.join(action.folder, of.file)],
    cwd: order.folders.workspace,
    github: { action: step.id, action_path: action.folder },
    more: { ...order.serviceVariables.actions, ...Object.fromEntries([...inputs, ...state]) },
    onState: (more) => {
      use.state = { ...use.state, ...more };
    },
  });
}
