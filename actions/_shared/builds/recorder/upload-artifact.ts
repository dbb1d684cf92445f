import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Environment } from '../../io/inputs.ts';
import { zipFile } from './zip-file.ts';

/** Where a job's artifacts go; GitHub's runner tells actions, and no other step. */
export interface ArtifactService {
  readonly resultsUrl: string;
  readonly runtimeToken: string;
}

/** An artifact that is there. */
export interface UploadedArtifact {
  readonly id: string;
  /** Of the zip. */
  readonly size: number;
  readonly sha256: string;
}

/** The service this environment names; undefined outside an action. */
export function artifactService(environment: Environment): ArtifactService | undefined {
  const { ACTIONS_RESULTS_URL: resultsUrl, ACTIONS_RUNTIME_TOKEN: runtimeToken } = environment;
  return resultsUrl === undefined || runtimeToken === undefined ? undefined : { resultsUrl, runtimeToken };
}

const Created = z.object({ ok: z.literal(true), signed_upload_url: z.url() });
const Finalized = z.object({
  ok: z.literal(true),
  artifact_id: z.union([z.string(), z.number()]).transform(String),
});
const Scope = z.object({ scp: z.string() });

const ANSWER_MS = 30_000;
const UPLOAD_MS = 300_000;

/**
 * Keep one file as an artifact of the run, by the protocol of @actions/artifact 4 (packages/artifact/src/internal/upload of
 * actions/toolkit): create, put the zip at a signed address, finalize with its digest.
 *
 * @throws Error when the service refuses; no address and no token is in its message
 */
export async function uploadArtifact(
  service: ArtifactService,
  file: { readonly artifact: string; readonly name: string; readonly content: Buffer; readonly at: Date },
): Promise<UploadedArtifact> {
  const ids = backendIds(service.runtimeToken);
  const zip = zipFile(file.name, file.content, file.at);
  const sha256 = createHash('sha256').update(zip).digest('hex');
  const created = Created.parse(
    await call(service, 'CreateArtifact', { ...ids, name: file.artifact, version: 4 }),
  );
  const stored = await fetch(created.signed_upload_url, {
    method: 'PUT',
    headers: { 'x-ms-blob-type': 'BlockBlob', 'content-type': 'zip' },
    body: new Uint8Array(zip),
    signal: AbortSignal.timeout(UPLOAD_MS),
  });
  if (!stored.ok) throw new Error(`the artifact was not taken (HTTP ${stored.status})`);
  const finalized = Finalized.parse(
    await call(service, 'FinalizeArtifact', {
      ...ids,
      name: file.artifact,
      size: String(zip.length),
      hash: `sha256:${sha256}`,
    }),
  );
  return { id: finalized.artifact_id, size: zip.length, sha256 };
}

async function call(service: ArtifactService, method: string, body: unknown): Promise<unknown> {
  const address = new URL(
    `/twirp/github.actions.results.api.v1.ArtifactService/${method}`,
    service.resultsUrl,
  );
  const response = await fetch(address, {
    method: 'POST',
    headers: { authorization: `Bearer ${service.runtimeToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  if (!response.ok) throw new Error(`${method} of the artifact service answered ${response.status}`);
  return response.json();
}

/** The run and job as the service knows them: in the token's scope, `Actions.Results:<run>:<job>`. */
function backendIds(token: string): {
  readonly workflow_run_backend_id: string;
  readonly workflow_job_run_backend_id: string;
} {
  const payload = Scope.safeParse(
    parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')),
  );
  const scope = payload.data?.scp.split(' ').find((each) => each.startsWith('Actions.Results:'));
  const [, run, job] = scope?.split(':') ?? [];
  if (run === undefined || job === undefined) throw new Error('the runtime token opens no artifact service');
  return { workflow_run_backend_id: run, workflow_job_run_backend_id: job };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
