/** A dispatcher of its own process: round after round of what the action dispatch-builds does, until SIGTERM. */
import { setTimeout as sleep } from 'node:timers/promises';
import { dispatchBuilds } from '../actions/_shared/builds/dispatch/dispatch-builds.ts';
import { openClients } from '../actions/_shared/builds/dispatch/open-clients.ts';
import { reconcileRuns } from '../actions/_shared/builds/dispatch/reconcile-runs.ts';
import { recoverLogs } from '../actions/_shared/builds/recovery/recover-logs.ts';
import { connect } from '../actions/_shared/database/connect.ts';
import { DispatcherOrder, type RoundReport } from './chaos-builds-messages.ts';

const order = DispatcherOrder.parse(JSON.parse(process.env.CHAOS_ORDER ?? 'null'));
const { repository, name: dispatcher, patience, extendMs, doublesAfterMs, holdMs, graceMs } = order;
const repositories = [repository];
const sql = connect({ url: order.url, applicationName: dispatcher, max: 1 });
const clientOf = openClients(repositories, order);

let isAsked = false;
process.on('SIGTERM', () => {
  isAsked = true;
});
// Nobody is left to work for.
process.on('disconnect', () => process.exit(1));

while (!isAsked) {
  try {
    tell(await makeRound());
  } catch (error) {
    // The database is away: the action would fail, and the next one of the schedule come by.
    tell({ failures: [error instanceof Error ? error.message : String(error)] });
  }
  await sleep(order.pauseMs * (0.5 + Math.random()));
}
await sql.end({ timeout: 1 });
process.removeAllListeners('disconnect');
process.disconnect();

async function makeRound(): Promise<RoundReport> {
  const dispatched = await dispatchBuilds({ sql, clientOf, repositories, dispatcher, patience });
  const recovered = await recoverLogs({ sql, clientOf, graceMs, holdMs });
  const reconciled = await reconcileRuns({ sql, clientOf, repositories, extendMs, doublesAfterMs });
  const { sent, open, refused } = dispatched;
  return {
    did: {
      sent,
      open,
      refused: refused.length,
      replayed: recovered.replayed,
      imported: recovered.imported,
      stopped: reconciled.stopped,
      ...Object.fromEntries(
        Object.entries(reconciled.became).map(([state, count]) => [`became ${state}`, count]),
      ),
    },
    failures: [...refused, ...dispatched.failures, ...recovered.failures, ...reconciled.failures],
  };
}

function tell(report: RoundReport): void {
  if (process.connected) process.send?.(report);
}
