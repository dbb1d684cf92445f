import { GitHubError, notFound } from '../github-error.ts';
import type { HandledRequest, HandledResponse, Handlers } from '../handler.ts';
import { DOWNLOADS } from '../jobs/blobs.ts';
import type { JsonObject } from '../json-schema.ts';
import type { StoredArtifact } from '../state/artifacts.ts';
import { instant, type RenderContext, repositoryUrl } from './render.ts';
import { elsewhere } from './run-control.ts';
import { runOf } from './workflow-runs.ts';

const readsActions = () => [{ scope: 'actions', level: 'read' } as const];

/** What runs left behind. */
export const artifacts = {
  'actions/list-workflow-run-artifacts': {
    needs: readsActions,
    handle: (request) => {
      const run = runOf(request);
      return list(request, (artifact) => artifact.runId === run.id);
    },
  },
  'actions/list-artifacts-for-repo': {
    needs: readsActions,
    handle: (request) => list(request, () => true),
  },
  'actions/get-artifact': {
    needs: readsActions,
    handle: (request) => ({ status: 200, body: renderArtifact(artifactOf(request), request) }),
  },
  'actions/download-artifact': {
    needs: readsActions,
    handle: (request) => {
      const artifact = artifactOf(request);
      if (request.parameters.archive_format !== 'zip') throw notFound();
      if (isExpired(artifact, request)) throw new GitHubError(410, 'Artifact has expired');
      return elsewhere(request.tickets.url(DOWNLOADS.artifact(artifact.id), 'r'));
    },
  },
  'actions/delete-artifact': {
    needs: () => [{ scope: 'actions', level: 'write' }],
    handle: (request) => {
      request.store.artifacts.delete(artifactOf(request).id);
      return { status: 204 };
    },
  },
} satisfies Handlers;

function artifactOf({ store, parameters }: HandledRequest): StoredArtifact {
  const artifact = store.artifacts.get(Number(parameters.artifact_id));
  if (artifact === undefined) throw notFound();
  return artifact;
}

function list(request: HandledRequest, isWanted: (artifact: StoredArtifact) => boolean): HandledResponse {
  const name = request.query.get('name');
  const found = [...request.store.artifacts.values()].filter(
    (artifact) => isWanted(artifact) && (name === null || artifact.name === name),
  );
  return {
    status: 200,
    pageName: 'artifacts',
    page: found.toReversed().map((artifact) => renderArtifact(artifact, request)),
  };
}

function isExpired(artifact: StoredArtifact, { store }: Pick<RenderContext, 'store'>): boolean {
  return artifact.expiresAt <= store.now();
}

function renderArtifact(artifact: StoredArtifact, context: RenderContext): JsonObject {
  const { store } = context;
  const url = `${repositoryUrl(context)}/actions/artifacts/${artifact.id}`;
  const run = store.runs.get(artifact.runId);
  return {
    id: artifact.id,
    node_id: `AR_${artifact.id}`,
    name: artifact.name,
    size_in_bytes: artifact.content.length,
    url,
    archive_download_url: `${url}/zip`,
    expired: isExpired(artifact, context),
    digest: artifact.digest,
    created_at: instant(artifact.createdAt),
    updated_at: instant(artifact.createdAt),
    expires_at: instant(artifact.expiresAt),
    workflow_run:
      run === undefined
        ? null
        : {
            id: run.id,
            repository_id: store.repositoryId,
            head_repository_id: store.repositoryId,
            head_branch: run.headBranch ?? '',
            head_sha: run.headSha,
          },
  };
}
