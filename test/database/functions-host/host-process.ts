/** Runs a host over the fixtures until it is killed: says which processes it started, one line for each. */
import { startTestHost } from '../../support/supabase/functions-host.ts';

const host = await startTestHost({ limits: { cpuMs: 600_000 } });
await host.call('/moody');
// A function caught in a loop reads nothing, and so does not notice that its host is gone.
void host.call('/greedy/cpu');
while (host.host.running().length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
console.log(JSON.stringify(host.host.running().map(({ pid }) => pid)));
