/**
 * Runs health checks two at a time while things break and heal and GitHub fails, then asks whether issues say what alerts
 * say. Exits 1 when a fact is false. Usage: npm run bench -- chaos-alerts [--runs 500] [--things 40] [--faults 0.3]
 * [--stale 300] [--seed 1]
 */
import { parseArgs } from 'node:util';
import postgres from 'postgres';
import { startGitHub } from '../local/github/server.ts';
import { ACTIONS_LOGIN } from '../local/github/tokens.ts';
import { brokenThingsWorkspace } from '../test/database/alerts/health-run.ts';
import { startOwnServer } from '../test/database/queue/worker/support/own-server.ts';
import { runAlertChaos } from './chaos-alerts-run.ts';
import { concludeFacts } from './facts.ts';

/** Returns the table of facts. @throws ConfigurationError that names those that are false */
export async function run(args: readonly string[] = []): Promise<string> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: 'string', default: '500' },
      things: { type: 'string', default: '40' },
      faults: { type: 'string', default: '0.3' },
      stale: { type: 'string', default: '300' },
      seed: { type: 'string', default: '1' },
    },
  });
  const server = await startOwnServer({ durable: false });
  const github = await startGitHub({ owner: 'acme', repo: 'ops' });
  github.addUser({ login: 'data-team', role: 'write' });
  github.allow('writer', { login: ACTIONS_LOGIN, permissions: { issues: 'write' } });
  const sql = postgres(server.url, { max: 2, onnotice: () => {} });
  const started = performance.now();
  try {
    const { facts, calls, faults, runsOf } = await runAlertChaos({
      sql,
      github,
      place: {
        databaseUrl: server.url,
        apiUrl: github.apiUrl,
        token: 'writer',
        workspace: brokenThingsWorkspace(),
      },
      runs: Number(values.runs),
      things: Number(values.things),
      faultRate: Number(values.faults),
      staleMs: Number(values.stale),
      seed: Number(values.seed),
      say: (message) => process.stderr.write(`${message}\n`),
    });
    const seconds = Math.round((performance.now() - started) / 1000);
    return concludeFacts({
      title: 'chaos-alerts',
      head: [
        `${server.description}; Node ${process.versions.node}; seed ${values.seed}; lists lag for ${values.stale} ms at a time, several passes`,
        `${values.runs} runs, two at a time, ${values.things} things that break and heal, in ${seconds} s: ${calls} calls that reached GitHub, ${github.store.issues.size} issues opened`,
        `${faults} of them got an error for an answer, others none; runs ended as ${JSON.stringify(runsOf)}`,
      ],
      facts,
    });
  } finally {
    await sql.end();
    await github.stop();
    await server.close();
  }
}
