import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { WorkflowError } from '../expressions.ts';
import { createFileCommands, type Left } from '../file-commands.ts';
import { startProgram } from '../program.ts';
import { createCommandReader } from '../workflow-commands.ts';
import { type Executed, type Frame, processEnvironment, type Turn } from './frame.ts';

/** A process of a step. */
export interface StepProgram {
  readonly frame: Frame;
  readonly turn: Turn;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** What `github` has more for this step: `action`, `action_path`. */
  readonly github: Readonly<Record<string, string>>;
  /** Inputs, state, and the tokens of an action. */
  readonly more?: Readonly<Record<string, string>>;
  /** Where the state of an action goes between its phases. */
  readonly onState?: (state: Readonly<Record<string, string>>) => void;
}

/** Runs a process of a step: its commands are followed while it runs, its files when it is over. */
export async function executeProgram(program: StepProgram): Promise<Executed & { readonly code: number }> {
  const { frame, turn } = program;
  const { order } = frame.run;
  const files = createFileCommands(path.join(order.folders.own, randomUUID()));
  const told: { outputs: Record<string, string>; state: Record<string, string> } = { outputs: {}, state: {} };
  const read = createCommandReader({
    mask: order.masks.add,
    annotate: (annotation) => annotate(frame, annotation),
    output: (name, value) => Object.assign(told.outputs, { [name]: value }),
    state: (name, value) => Object.assign(told.state, { [name]: value }),
  });
  const env = processEnvironment(frame, {
    env: turn.env,
    github: program.github,
    more: { ...files.env, ...program.more },
  });
  const running = startProgram({
    command: program.command,
    args: program.args,
    cwd: program.cwd,
    env,
    onLine: (line) => {
      const shown = read(line);
      if (shown !== null) order.log.write(shown);
    },
  });
  const release = [
    on(turn.stop, () => running.interrupt(order.patience)),
    on(order.vanish, () => running.kill()),
  ];
  const code = await running.exited;
  for (const each of release) each();
  return settle(program, { code, told, collect: files.collect });
}

/** Calls back when the signal comes, at once when it came already. @returns takes the callback back */
export function on(signal: AbortSignal, act: () => void): () => void {
  if (signal.aborted) act();
  signal.addEventListener('abort', act, { once: true });
  return () => signal.removeEventListener('abort', act);
}

/** Keeps an annotation, without secrets. */
export function annotate(frame: Frame, annotation: Frame['run']['annotations'][number]): void {
  const { annotations, order } = frame.run;
  if (annotations.length < MOST_ANNOTATIONS) {
    const { hide } = order.masks;
    annotations.push({ ...annotation, message: hide(annotation.message), title: hide(annotation.title) });
  }
}

/** An error of the runner itself, in the log and as an annotation. */
export function complain(frame: Frame, message: string): void {
  frame.run.order.log.write(`##[error]${message}`);
  annotate(frame, { level: 'error', message, title: '', file: '', line: null });
}

// What GitHub keeps of one job.
const MOST_ANNOTATIONS = 50;

function settle(
  { frame, onState }: StepProgram,
  done: {
    readonly code: number;
    readonly told: { readonly outputs: Record<string, string>; readonly state: Record<string, string> };
    readonly collect: () => Left;
  },
): Executed & { readonly code: number } {
  const { code, told } = done;
  try {
    const left = done.collect();
    const { run } = frame;
    run.env = { ...run.env, ...left.env };
    run.path = [...left.path.toReversed(), ...run.path];
    if (left.summary !== '') run.summaries.push(run.order.masks.hide(left.summary));
    if (left.summaryTooLong)
      complain(frame, '$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of 1024k.');
    onState?.({ ...told.state, ...left.state });
    return { ok: code === 0, code, outputs: { ...told.outputs, ...left.outputs } };
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error;
    complain(frame, `Unable to process file command successfully. ${error.message}`);
    return { ok: false, code, outputs: told.outputs };
  }
}
