/** Metrics: ten thousand samples a request through the function, against COPY of the same rows. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import postgres, { type Sql } from 'postgres';
import * as z from 'zod';
import { MetricsIngestAnswer } from '../functions/_shared/contracts/ops-metrics-ingest.ts';
import { type ServedProject, serveProject } from '../test/database/functions-e2e/served-project.ts';
import type { FunctionsOptions } from './functions.ts';
import { type Measured, measure, pairedRatio, ratioWords } from './measure.ts';

const samplesARequest = 10_000;
const requests = 5;

const Sample = z.object({ metric: z.string(), value: z.number(), dims: z.record(z.string(), z.string()) });
type Sample = z.infer<typeof Sample>;

interface Target {
  readonly orgId: string;
  readonly projectId: string;
  readonly ts: string;
  readonly batches: readonly (readonly Sample[])[];
}

/** Returns a table of samples per second and ratios. */
export async function benchIngest({ server, repetitions }: FunctionsOptions): Promise<string> {
  const token = randomUUID();
  const project = await serveProject({
    superuserUrl: server.cluster.superuserUrl,
    database: 'postgres',
    connectAs: server.cluster.socketLogin,
    verifyJwt: () => false,
    secrets: () => ({ OPS_INGEST_TOKEN: token }),
  });
  const login = { max: 1, onnotice: () => undefined };
  const owner = postgres({ ...server.cluster.socketLogin('postgres', 'postgres'), ...login });
  const service = postgres({
    ...server.cluster.socketLogin('postgres', 'authenticator'),
    ...login,
    connection: { role: 'service_role' },
  });
  try {
    const target = await makeTarget(owner);
    const prepare = async () => void (await owner`truncate ops.metrics`);
    const ways = [
      { name: 'COPY', run: () => copyAll(owner, target) },
      { name: 'the RPC by a direct client', run: () => callAll(service, target) },
      { name: 'ops-metrics-ingest', run: () => sendAll(project, token, target) },
    ];
    const measured = await measure(
      ways.map((way) => ({ ...way, prepare })),
      repetitions,
    );
    return table(measured, repetitions);
  } finally {
    await owner.end();
    await service.end();
    await project.stop();
  }
}

async function makeTarget(owner: Sql): Promise<Target> {
  const [org] = await owner`insert into ops.orgs (name, slug) values ('Ingest', 'ingest') returning id`;
  const [made] = await owner`
    insert into ops.projects (org_id, name, slug) values (${org?.id}, 'Shop', 'shop') returning id`;
  const batches = Array.from({ length: requests }, (_, batch) =>
    Array.from({ length: samplesARequest }, (_each, index) => ({
      metric: ['cpu_pct', 'memory_pct', 'request_rate', 'error_rate'][index % 4] ?? '',
      value: (batch * samplesARequest + index) / 7,
      dims: { host: `host-${index % 50}`, route: `/api/${index % 20}` },
    })),
  );
  return { orgId: String(org?.id), projectId: String(made?.id), ts: new Date().toISOString(), batches };
}

async function sendAll(project: ServedProject, token: string, target: Target): Promise<void> {
  for (const samples of target.batches) {
    const response = await fetch(project.url('ops-metrics-ingest'), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-ops-ingest-token': token },
      body: JSON.stringify({ project_id: target.projectId, ts: target.ts, samples }),
    });
    if (!response.ok) throw new Error(`answered ${response.status}: ${await response.text()}`);
    mustBeAll(MetricsIngestAnswer.parse(await response.json()).inserted);
  }
}

async function callAll(sql: Sql, { projectId, ts, batches }: Target): Promise<void> {
  for (const samples of batches) {
    const [row] = await sql<{ answer: unknown }[]>`
      select ops.ingest_metrics(${projectId}, null, ${ts}, ${JSON.stringify(samples)}::text::jsonb) as answer`;
    mustBeAll(MetricsIngestAnswer.parse(row?.answer).inserted);
  }
}

/** The same batches, a COPY each: a batch is a transaction here as well. */
async function copyAll(owner: Sql, { orgId, projectId, ts, batches }: Target): Promise<void> {
  for (const samples of batches) {
    const stream = await owner`
      copy ops.metrics (ts, value, org_id, project_id, metric, dims) from stdin`.writable();
    const lines = samples.map(
      ({ metric, value, dims }) =>
        `${ts}\t${value}\t${orgId}\t${projectId}\t${metric}\t${JSON.stringify(dims)}\n`,
    );
    stream.end(lines.join(''));
    await once(stream, 'finish');
  }
}

function mustBeAll(inserted: number): void {
  if (inserted !== samplesARequest) throw new Error(`${inserted} samples were kept, not ${samplesARequest}`);
}

function table(measured: readonly Measured[], repetitions: number): string {
  const [copy] = measured;
  const rows = measured.map((way) => {
    const speed = Math.round((requests * samplesARequest) / (way.median / 1000));
    const against = copy === undefined ? '' : ratioWords(pairedRatio(copy, way));
    return `| ${way.name} | ${Math.round(way.median)} | ${speed.toLocaleString('en')} | ${against} |`;
  });
  return [
    `## Metrics, ${requests} requests of ${samplesARequest.toLocaleString('en')} samples, ${repetitions} repetitions`,
    '',
    '| way | median ms | samples/s | of the speed of COPY |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
