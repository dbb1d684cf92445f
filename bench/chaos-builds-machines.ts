import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import { FromMachine, type JobOrder, type JobReport, type ToMachine } from './chaos-builds-messages.ts';

const program = path.join(import.meta.dirname, 'chaos-builds-machine.ts');

/** What becomes of the machine of a run: it works on, is killed with SIGKILL, or halted with SIGSTOP and woken later. */
export type Fate = 'works' | 'kill' | 'halt';

/** The machines of the chaos. */
export interface Machines {
  readonly assign: (order: JobOrder, fate: Fate) => void;
  readonly cancel: (runId: number) => void;
  readonly kills: () => number;
  readonly halts: () => number;
  /** No machine is still to be killed, or to be woken and to come to its end. */
  readonly isQuiet: () => boolean;
  readonly stop: () => Promise<void>;
}

export interface MachineOptions {
  /** Machines that nobody harms. */
  readonly steady: number;
  /** Runs that are killed together, at most. */
  readonly together: number;
  readonly random: () => number;
  /** From the first run of a machine to its end, at most. */
  readonly killWithinMs: number;
  /** How long a halted one lies still. */
  readonly haltMs: number;
  readonly onWriting: (runId: number) => void;
  readonly onReport: (report: JobReport) => void;
  /** The machine of these runs is dead, or lies still. */
  readonly onSilence: (runIds: readonly number[]) => void;
  readonly onTrouble: (words: string) => void;
}

interface Machine {
  readonly child: ChildProcess;
  readonly runs: Set<number>;
  /** Killed, or asked to stop. */
  isOver: boolean;
}

/** Starts the machines that live. Those that won't are started when there is work for them. */
export function startMachines(options: MachineOptions): Machines {
  const machines = new Set<Machine>();
  const placeOf = new Map<number, Machine>();
  const batches: { kill: Machine | null; halt: Machine | null } = { kill: null, halt: null };
  const counts = { kill: 0, halt: 0 };
  let pending = 0;

  const start = (): Machine => {
    const machine = startMachine(options);
    machines.add(machine);
    machine.child.once('exit', () => machines.delete(machine));
    return machine;
  };
  const strike = (machine: Machine, fate: 'kill' | 'halt'): void => {
    if (batches[fate] === machine) batches[fate] = null;
    counts[fate] += 1;
    if (fate === 'kill') {
      machine.isOver = true;
      machine.child.kill('SIGKILL');
      pending -= 1;
    } else {
      machine.child.kill('SIGSTOP');
      setTimeout(() => wake(machine), options.haltMs);
    }
    options.onSilence([...machine.runs]);
  };
  const wake = (machine: Machine): void => {
    machine.child.kill('SIGCONT');
    for (const runId of machine.runs) send(machine, { kind: 'go', runId });
    const looking = setInterval(() => {
      if (machine.runs.size > 0) return;
      clearInterval(looking);
      pending -= 1;
      end(machine);
    }, 100);
  };
  const doomed = (fate: 'kill' | 'halt'): Machine => {
    const open = batches[fate];
    if (open !== null) return open;
    const machine = start();
    batches[fate] = machine;
    pending += 1;
    setTimeout(() => strike(machine, fate), options.killWithinMs * (0.4 + 0.6 * options.random()));
    return machine;
  };

  const steady = Array.from({ length: options.steady }, start);
  return {
    assign: (order, fate) => {
      const machine =
        fate === 'works' ? steady.toSorted((a, b) => a.runs.size - b.runs.size)[0] : doomed(fate);
      if (machine === undefined) throw new Error('there is no machine');
      machine.runs.add(order.runId);
      placeOf.set(order.runId, machine);
      send(machine, order);
      if (fate !== 'works' && machine.runs.size >= options.together) batches[fate] = null;
    },
    cancel: (runId) => {
      const machine = placeOf.get(runId);
      if (machine !== undefined) send(machine, { kind: 'cancel', runId });
    },
    kills: () => counts.kill,
    halts: () => counts.halt,
    isQuiet: () => pending === 0,
    stop: async () => void (await Promise.all([...machines].map(stopMachine))),
  };
}

function startMachine({ onWriting, onReport, onTrouble }: MachineOptions): Machine {
  const machine: Machine = {
    child: fork(program, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], env: { PATH: process.env.PATH } }),
    runs: new Set(),
    isOver: false,
  };
  let words = '';
  machine.child.stderr?.on('data', (chunk: Buffer) => {
    words = `${words}${chunk.toString()}`.slice(-2_000);
  });
  machine.child.on('message', (message) => {
    const told = FromMachine.parse(message);
    if (told.kind === 'writing') {
      onWriting(told.runId);
      return;
    }
    const { kind: _kind, ...report } = told;
    machine.runs.delete(report.runId);
    onReport(report);
  });
  machine.child.once('exit', (code, signal) => {
    if (!machine.isOver) onTrouble(`a machine ended by itself (${code ?? signal}): ${words}`);
  });
  return machine;
}

function send({ child }: Machine, message: ToMachine): void {
  if (child.connected) child.send(message, () => undefined);
}

function end(machine: Machine): void {
  machine.isOver = true;
  if (machine.child.connected) machine.child.disconnect();
}

async function stopMachine(machine: Machine): Promise<void> {
  const gone = new Promise<void>((resolve) => machine.child.once('exit', () => resolve()));
  end(machine);
  machine.child.kill('SIGCONT');
  const impatience = setTimeout(() => machine.child.kill('SIGKILL'), 5_000);
  await gone;
  clearTimeout(impatience);
}
