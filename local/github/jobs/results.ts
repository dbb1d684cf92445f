import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import * as z from 'zod';
import type { Json, JsonObject } from '../json-schema.ts';
import type { StoredArtifact } from '../state/artifacts.ts';
import { takeId } from '../store.ts';
import type { World } from '../world.ts';
import { type BlobShelf, DOWNLOADS } from './blobs.ts';

/** Path of the service, below ACTIONS_RESULTS_URL. */
export const RESULTS_PATH = '/twirp/github.actions.results.api.v1.ArtifactService/';

/** The service that takes artifacts of running jobs: twirp over JSON, as actions/toolkit speaks it. */
export interface ResultsService {
  /** The runtime token of a job. */
  readonly open: (jobId: number) => string;
  readonly close: (token: string) => void;
  readonly take: (request: ResultsRequest, outgoing: ServerResponse) => void;
}

/** A call of the service. */
export interface ResultsRequest {
  readonly method: string;
  readonly bearer: string;
  readonly body: Buffer;
}

interface Session {
  readonly runId: number;
  readonly workflow_run_backend_id: string;
  readonly workflow_job_run_backend_id: string;
}

interface Pending {
  readonly blob: string;
  readonly mimeType: string;
  readonly expiresAt: Date;
}

/** A refusal in twirp's words. */
class TwirpError extends Error {
  override readonly name = 'TwirpError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const Ids = z.object({ workflow_run_backend_id: z.string(), workflow_job_run_backend_id: z.string() });
const Named = Ids.extend({ name: z.string().min(1) });
const Creation = Named.extend({
  version: z.number().int().min(4),
  mime_type: z.string().optional(),
  expires_at: z.iso.datetime({ offset: true }).optional(),
});
const Finalization = Named.extend({ size: z.coerce.number().int(), hash: z.string().optional() });
const Listing = Ids.extend({ name_filter: z.string().optional(), id_filter: z.coerce.string().optional() });

// What a name of an artifact may not hold: it becomes a file on every system.
// https://github.com/actions/toolkit/blob/main/packages/artifact/src/internal/upload/path-and-artifact-name-validation.ts
const FORBIDDEN = /["<>|*?:\r\n\\/]/;
const RETENTION_MS = 90 * 86_400_000;

/** A service over a world, storing on a shelf. */
export function createResultsService(world: World, shelf: BlobShelf): ResultsService {
  const { store } = world;
  const key = randomBytes(32);
  const sessions = new Map<string, Session>();
  const pending = new Map<string, Pending>();
  const find = ({ runId }: Session, name: string): StoredArtifact | undefined =>
    [...store.artifacts.values()].find((each) => each.runId === runId && each.name === name);

  const create = (session: Session, body: Json): JsonObject => {
    const { name, mime_type, expires_at } = parse(Creation, body, session);
    if (FORBIDDEN.test(name)) throw new TwirpError(400, 'invalid_argument', `invalid artifact name: ${name}`);
    if (find(session, name) !== undefined || pending.has(keyOf(session, name))) {
      throw new TwirpError(
        409,
        'already_exists',
        'an artifact with this name already exists on the workflow run',
      );
    }
    const { id, uploadUrl } = shelf.reserve();
    pending.set(keyOf(session, name), {
      blob: id,
      mimeType: mime_type ?? 'application/zip',
      expiresAt:
        expires_at === undefined ? new Date(store.now().getTime() + RETENTION_MS) : new Date(expires_at),
    });
    return { ok: true, signed_upload_url: uploadUrl };
  };

  const finalize = (session: Session, body: Json): JsonObject => {
    const { name, size } = parse(Finalization, body, session);
    const upload = pending.get(keyOf(session, name));
    const content = upload === undefined ? null : shelf.content(upload.blob);
    if (upload === undefined || content === null)
      throw new TwirpError(404, 'not_found', 'nothing was uploaded');
    if (content.length !== size)
      throw new TwirpError(400, 'invalid_argument', `size is ${content.length}, not ${size}`);
    const id = takeId(store);
    store.artifacts.set(id, {
      id,
      runId: session.runId,
      name,
      content,
      digest: `sha256:${createHash('sha256').update(content).digest('hex')}`,
      mimeType: upload.mimeType,
      createdAt: store.now(),
      expiresAt: upload.expiresAt,
    });
    pending.delete(keyOf(session, name));
    shelf.forget(upload.blob);
    return { ok: true, artifact_id: String(id) };
  };

  const list = (session: Session, body: Json): JsonObject => {
    const { name_filter, id_filter } = parse(Listing, body, session);
    const artifacts = [...store.artifacts.values()].filter(
      (each) =>
        each.runId === session.runId &&
        (name_filter === undefined || each.name === name_filter) &&
        (id_filter === undefined || String(each.id) === id_filter),
    );
    return { artifacts: artifacts.map((artifact) => renderOwn(artifact, session)) };
  };

  const existing = (session: Session, body: Json): StoredArtifact => {
    const artifact = find(session, parse(Named, body, session).name);
    if (artifact === undefined) throw new TwirpError(404, 'not_found', 'artifact not found');
    return artifact;
  };

  const methods: Readonly<Record<string, (session: Session, body: Json) => JsonObject>> = {
    CreateArtifact: create,
    FinalizeArtifact: finalize,
    ListArtifacts: list,
    GetSignedArtifactURL: (session, body) => ({
      signed_url: world.tickets.url(DOWNLOADS.artifact(existing(session, body).id), 'r'),
    }),
    DeleteArtifact: (session, body) => {
      const { id } = existing(session, body);
      store.artifacts.delete(id);
      return { ok: true, artifact_id: String(id) };
    },
  };
  return {
    open: (jobId) => {
      const session: Session = {
        runId: world.runs.job(jobId).runId,
        workflow_run_backend_id: randomUUID(),
        workflow_job_run_backend_id: randomUUID(),
      };
      const token = runtimeToken(session, { key, now: store.now() });
      sessions.set(token, session);
      return token;
    },
    close: (token) => void sessions.delete(token),
    take: ({ method, bearer, body }, outgoing) => {
      const { status, answer } = call(() => {
        const session = sessions.get(bearer);
        if (session === undefined) throw new TwirpError(401, 'unauthenticated', 'invalid token');
        const run = methods[method];
        if (run === undefined) throw new TwirpError(404, 'bad_route', `no method ${method}`);
        return run(session, parseJson(body));
      });
      outgoing.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    },
  };
}

function call(run: () => JsonObject): { readonly status: number; readonly answer: JsonObject } {
  try {
    return { status: 200, answer: run() };
  } catch (error) {
    if (!(error instanceof TwirpError)) throw error;
    return { status: error.status, answer: { code: error.code, msg: error.message } };
  }
}

function parseJson(body: Buffer): Json {
  try {
    return z.json().parse(JSON.parse(body.toString('utf8')));
  } catch {
    throw new TwirpError(400, 'malformed', 'the json request could not be decoded');
  }
}

/** The fields of a message, which must speak of the job the token belongs to. */
function parse<Schema extends typeof Ids>(schema: Schema, body: Json, session: Session): z.infer<Schema> {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new TwirpError(400, 'invalid_argument', z.prettifyError(parsed.error));
  const { workflow_run_backend_id: run, workflow_job_run_backend_id: job } = parsed.data;
  if (run !== session.workflow_run_backend_id || job !== session.workflow_job_run_backend_id) {
    throw new TwirpError(403, 'permission_denied', 'the token is of another job');
  }
  return parsed.data;
}

function keyOf({ runId }: Session, name: string): string {
  return `${runId} ${name}`;
}

function renderOwn(artifact: StoredArtifact, session: Session): JsonObject {
  return {
    workflow_run_backend_id: session.workflow_run_backend_id,
    workflow_job_run_backend_id: session.workflow_job_run_backend_id,
    database_id: String(artifact.id),
    name: artifact.name,
    size: String(artifact.content.length),
    created_at: artifact.createdAt.toISOString(),
    digest: artifact.digest,
  };
}

/** A token that says which run and job it is for in its scopes, which is where clients read it. */
function runtimeToken(session: Session, { key, now }: { readonly key: Buffer; readonly now: Date }): string {
  const seconds = Math.floor(now.getTime() / 1_000);
  const encode = (value: JsonObject): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const { workflow_run_backend_id: run, workflow_job_run_backend_id: job } = session;
  const claims = {
    scp: `Actions.ExampleScope Actions.Results:${run}:${job}`,
    orch_id: `${run}.${job}`,
    iat: seconds,
    nbf: seconds - 600,
    exp: seconds + 21_600,
  };
  const signed = `${encode({ typ: 'JWT', alg: 'HS256' })}.${encode(claims)}`;
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
}
