/** A machine of the chaos: works on the runs it is given, several at once, until it is told to stop or killed. */
import { mkdirSync } from 'node:fs';
import { runJob } from './chaos-builds-job.ts';
import { type FromMachine, type JobOrder, ToMachine } from './chaos-builds-messages.ts';

const cancels = new Map<number, AbortController>();
const goes = new Map<number, AbortController>();

process.on('message', (message: unknown) => {
  const told = ToMachine.parse(message);
  if (told.kind === 'job') void work(told);
  else (told.kind === 'cancel' ? cancels : goes).get(told.runId)?.abort();
});
// Nobody is left to work for.
process.on('disconnect', () => process.exit(0));

async function work(order: JobOrder): Promise<void> {
  const { runId } = order;
  const [cancel, go] = [new AbortController(), new AbortController()];
  cancels.set(runId, cancel);
  goes.set(runId, go);
  mkdirSync(order.temp, { recursive: true });
  try {
    const report = await runJob(order, {
      cancel: cancel.signal,
      go: go.signal,
      onWriting: () => tell({ kind: 'writing', runId }),
    });
    tell({ kind: 'ended', ...report });
  } catch (error) {
    // A recorder must never fail its job.
    const note = error instanceof Error ? (error.stack ?? error.message) : String(error);
    tell({ kind: 'ended', runId, jobStatus: 'failure', story: 'refused', heardCancel: false, note });
  }
  cancels.delete(runId);
  goes.delete(runId);
}

function tell(message: FromMachine): void {
  if (process.connected) process.send?.(message);
}
