/** Every probe. A new one is a file beside this and a line here. */
import { batchProbe } from './batch.ts';
import { cronProbe } from './cron.ts';
import { functionProbe } from './function.ts';
import { httpProbe } from './http.ts';
import { type BeginLook, lookWith } from './look.ts';
import { pgNetProbe } from './pg-net.ts';
import { providerProbe } from './provider.ts';
import { queueProbe } from './queue.ts';
import { sqlProbe } from './sql.ts';
import { vaultProbe } from './vault.ts';
import { workflowProbe } from './workflow.ts';

/** In the order they look into the database: what everything depends on first, people's own queries last. */
export const LOOKS: readonly BeginLook[] = [
  lookWith(cronProbe),
  lookWith(pgNetProbe),
  lookWith(queueProbe),
  lookWith(vaultProbe),
  lookWith(functionProbe),
  lookWith(providerProbe),
  lookWith(batchProbe),
  lookWith(httpProbe),
  lookWith(workflowProbe),
  lookWith(sqlProbe),
];
