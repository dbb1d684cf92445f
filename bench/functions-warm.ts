/** One call of a warm function that makes one RPC, against that RPC by a client with a connection of its own. */
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import postgres, { type Sql } from 'postgres';
import {
  functionsFolder,
  type ServedProject,
  serveProject,
} from '../test/database/functions-e2e/served-project.ts';
import type { FunctionsOptions } from './functions.ts';
import { type Contender, type Measured, measure, median, percentile } from './measure.ts';

const servedFolder = join(import.meta.dirname, 'functions-served');
const warmUpCalls = 100;

/** One RPC, in every way it can be asked for. */
interface Subject {
  readonly name: string;
  readonly direct: (sql: Sql) => Promise<unknown>;
  /** Name and arguments for the Data API. */
  readonly rpc: readonly [string, unknown];
  readonly project: ServedProject;
  readonly slug: string;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

/** Returns tables of medians, 95th percentiles and ratios. */
export async function benchWarmCalls({ server, calls }: FunctionsOptions): Promise<string> {
  const token = randomUUID();
  const projectOptions = {
    superuserUrl: server.cluster.superuserUrl,
    database: 'postgres',
    connectAs: server.cluster.socketLogin,
    verifyJwt: () => false,
  };
  const small = await serveProject({
    ...projectOptions,
    folder: servedFolder,
    secrets: () => ({ BENCH_TOKEN: token }),
  });
  const real = await serveProject({
    ...projectOptions,
    folder: functionsFolder,
    secrets: () => ({ OPS_INGEST_TOKEN: token }),
  });
  // As the Data API connects, in the role it takes on for us.
  const login = {
    ...server.cluster.socketLogin('postgres', 'authenticator'),
    max: 1,
    onnotice: () => undefined,
  };
  const prepared = postgres({ ...login, connection: { role: 'service_role' } });
  const plain = postgres({ ...login, connection: { role: 'service_role' }, prepare: false });
  const owner = postgres(server.url, { max: 1, onnotice: () => undefined });
  try {
    let text = '## A warm call with one RPC\n\n';
    for (const subject of await subjects(owner, { small, real, token })) {
      const measured = await measure(
        contenders(subject, { prepared, plain, small, token }),
        calls + warmUpCalls,
      );
      text += `${table(subject.name, measured.map(withoutWarmUp))}\n`;
    }
    return text;
  } finally {
    await Promise.all([prepared, plain, owner].map((sql) => sql.end()));
    await Promise.all([small.stop(), real.stop()]);
  }
}

async function subjects(
  owner: Sql,
  { small, real, token }: { small: ServedProject; real: ServedProject; token: string },
): Promise<readonly Subject[]> {
  const [org] = await owner`insert into ops.orgs (name, slug) values ('One', 'one') returning id`;
  const [made] = await owner`
    insert into ops.projects (org_id, name, slug) values (${org?.id}, 'Shop', 'shop') returning id`;
  const [queued] = await owner<{ id: string }[]>`select ops.enqueue_job('bench', '{"n": 1}') as id`;
  const project = String(made?.id);
  const job = Number(queued?.id);
  const samples = [{ metric: 'cpu_pct', value: 12.5, dims: { host: 'a' } }];
  const ts = new Date().toISOString();
  return [
    {
      name: 'ops.enqueue_job, which commits',
      direct: (sql) => sql`select ops.enqueue_job('bench', '{"n": 1}'::jsonb)`,
      rpc: ['enqueue_job', { p_task_type: 'bench', p_payload: { n: 1 } }],
      project: small,
      slug: 'enqueue-job',
      body: { task_type: 'bench', payload: { n: 1 } },
      headers: { 'x-job-token': token },
    },
    {
      name: 'ops.get_job, which reads',
      direct: (sql) => sql`select ops.get_job(${job})`,
      rpc: ['get_job', { p_id: job }],
      project: small,
      slug: 'get-job',
      body: { id: job },
      headers: { 'x-job-token': token },
    },
    {
      name: 'ops.ingest_metrics with one sample, by the real ops-metrics-ingest',
      direct: (sql) =>
        sql`select ops.ingest_metrics(${project}, null, ${ts}, ${JSON.stringify(samples)}::text::jsonb)`,
      rpc: ['ingest_metrics', { p_project_id: project, p_branch_id: null, p_ts: ts, p_samples: samples }],
      project: real,
      slug: 'ops-metrics-ingest',
      body: { project_id: project, ts, samples },
      headers: { 'x-ops-ingest-token': token },
    },
  ];
}

const names = {
  prepared: 'direct, prepared',
  plain: 'direct, plain',
  gateway: 'the RPC through the gateway, without a function',
  nothing: 'a function that makes no RPC',
  ours: 'the function with the RPC',
};

function contenders(
  subject: Subject,
  ways: { prepared: Sql; plain: Sql; small: ServedProject; token: string },
): readonly Contender[] {
  const { project, slug, body, headers, direct } = subject;
  const [routine, args] = subject.rpc;
  const rpcUrl = `${project.gateway.url}/rest/v1/rpc/${routine}`;
  const rpcHeaders = { apikey: project.keys.secret, 'content-profile': 'ops' };
  const nothing = ways.small.url('nothing');
  return [
    { name: names.prepared, run: async () => void (await direct(ways.prepared)) },
    { name: names.plain, run: async () => void (await direct(ways.plain)) },
    { name: names.gateway, run: () => post(rpcUrl, args, rpcHeaders) },
    { name: names.nothing, run: () => post(nothing, {}, { 'x-job-token': ways.token }) },
    { name: names.ours, run: () => post(project.url(slug), body, headers) },
  ];
}

const agent = new Agent({ keepAlive: true });

/** A POST over a kept connection with as little around it as pg_net has. @throws Error for another answer than 200 */
function post(url: string, body: unknown, headers: Readonly<Record<string, string>>): Promise<void> {
  return new Promise((resolve, reject) => {
    const payload = JSON.stringify(body);
    const sent = request(url, {
      method: 'POST',
      agent,
      headers: {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(payload)),
        ...headers,
      },
    });
    sent.once('error', reject);
    sent.once('response', (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (part: string) => {
        text += part;
      });
      answer.once('error', reject);
      answer.once('end', () => {
        if (answer.statusCode === 200) resolve();
        else reject(new Error(`${url} answered ${answer.statusCode}: ${text.slice(0, 300)}`));
      });
    });
    sent.end(payload);
  });
}

function withoutWarmUp({ name, samples }: Measured): Measured {
  const kept = samples.slice(warmUpCalls);
  return { name, samples: kept, median: median(kept) };
}

function table(title: string, measured: readonly Measured[]): string {
  const [prepared] = measured;
  const base = prepared?.median ?? Number.NaN;
  const rows = measured.map(({ name, samples, median: middle }) => {
    const ratio = middle / base;
    return `| ${name} | ${ms(middle)} | ${ms(percentile(samples, 0.95))} | ${ratio.toFixed(1)}x, ${middle < base ? '' : '+'}${ms(middle - base)} |`;
  });
  return `${title}, ${prepared?.samples.length} calls each, in turn:\n\n| way | median ms | p95 ms | against direct, prepared |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}

function ms(value: number): string {
  return value.toFixed(2);
}
