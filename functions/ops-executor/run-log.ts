import * as z from 'zod';
import type { OpsClient } from '../_shared/database/clients.ts';
import { callRpc } from '../_shared/database/rpc.ts';

/** The run is somebody else's now: write nothing more. */
export class RunLost extends Error {
  override readonly name = 'RunLost';

  constructor() {
    super('the lease of the run has passed on');
  }
}

/** Somebody asked for the run to stop. */
export class RunCancelled extends Error {
  override readonly name = 'RunCancelled';

  constructor() {
    super('somebody asked for the run to stop');
  }
}

interface Line {
  readonly seq: number;
  readonly at: string;
  readonly level: 'info' | 'notice' | 'warning' | 'error';
  readonly source: string;
  readonly message: string;
  readonly data?: unknown;
}

/** The log of one claimed attempt. Lines are sent as they come, together with those that wait; order is by their count. */
export interface RunLog {
  write(level: Line['level'], source: string, message: string, data?: unknown): void;
  /** Send what waits. @throws RunLost, RunCancelled */
  flush(): Promise<void>;
  /** Keep the lease while a step takes its time. @throws RunLost, RunCancelled */
  heartbeat(): Promise<void>;
  /** Keep sending in the background until `stop` is called; what goes wrong is thrown by the next `flush`. */
  start(): { stop(): Promise<void> };
}

const Appended = z.looseObject({ accepted: z.boolean(), cancel: z.boolean().nullish() });
const sendEvery = 300;
const beatEvery = 15_000;
const mostAtOnce = 200;

export function openRunLog(
  client: OpsClient,
  run: { readonly id: string; readonly token: number },
  now: () => number,
): RunLog {
  const waiting: Line[] = [];
  let seq = 0;
  let failure: unknown;
  let sending: Promise<void> = Promise.resolve();
  let contact = now();

  const send = async (): Promise<void> => {
    while (waiting.length > 0) {
      const lines = waiting.slice(0, mostAtOnce);
      const answer = await callRpc(client, 'append_run_events', Appended, {
        p_run_id: run.id,
        p_token: run.token,
        p_events: lines,
      });
      // Kept until the database has them: sent twice they are still one line each.
      waiting.splice(0, lines.length);
      if (!answer.accepted) throw new RunLost();
      if (answer.cancel === true) throw new RunCancelled();
    }
  };
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const next = sending.then(work);
    sending = next.catch(() => undefined);
    return next;
  };
  const beat = async (): Promise<void> => {
    const verdict = await callRpc(client, 'heartbeat_run', z.enum(['ok', 'cancel', 'lost']), {
      p_run_id: run.id,
      p_token: run.token,
      p_lease: '1 minute',
    });
    contact = now();
    if (verdict === 'lost') throw new RunLost();
    if (verdict === 'cancel') throw new RunCancelled();
  };
  return {
    write(level, source, message, data) {
      seq += 1;
      const at = new Date(now()).toISOString();
      waiting.push({
        seq,
        at,
        level,
        source,
        message: message.slice(0, 8000),
        ...(data === undefined ? {} : { data }),
      });
    },
    async flush() {
      if (failure !== undefined) throw failure;
      await inTurn(send);
    },
    heartbeat: () => inTurn(beat),
    start() {
      const tick = setInterval(() => {
        const work = now() - contact > beatEvery ? beat : send;
        inTurn(work).catch((error: unknown) => {
          failure ??= error;
        });
      }, sendEvery);
      return {
        async stop() {
          clearInterval(tick);
          await sending;
        },
      };
    },
  };
}
