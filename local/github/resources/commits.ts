import { GitHubError, notFound } from '../github-error.ts';
import type { HandledRequest, Handlers } from '../handler.ts';
import type { JsonObject } from '../json-schema.ts';
import { lineage, resolveCommit, type StoredCommit } from '../state/commits.ts';
import type { Store } from '../store.ts';
import { htmlUrl, repositoryUrl } from './render.ts';
import { renderCommit } from './render-commit.ts';
import { renderFile } from './render-pull-request.ts';

const readsContents = () => [{ scope: 'contents', level: 'read' } as const];

/** Commits and branches. */
export const commits = {
  'repos/get-commit': {
    needs: readsContents,
    handle: (request) => {
      const name = decodeURIComponent(request.parameters.ref ?? '');
      const commit = resolveCommit(request.store, name);
      if (commit === null) throw new GitHubError(422, `No commit found for SHA: ${name}`);
      return { status: 200, body: withFiles(commit, request) };
    },
  },
  'repos/list-commits': {
    needs: readsContents,
    handle: (request) => {
      const { store, query } = request;
      const start = resolveCommit(store, query.get('sha') ?? store.defaultBranch);
      if (start === null) throw notFound();
      const path = query.get('path');
      const touches = ({ files }: StoredCommit): boolean =>
        path === null || files.some(({ filename }) => filename === path || filename.startsWith(`${path}/`));
      return {
        status: 200,
        page: lineage(store, start.sha)
          .filter(touches)
          .map((commit) => renderCommit(commit, request)),
      };
    },
  },
  'repos/list-branches': {
    needs: readsContents,
    handle: (request) => ({
      status: 200,
      page: [...request.store.branches].map(([name, sha]) => ({
        name,
        commit: { sha, url: `${repositoryUrl(request)}/commits/${sha}` },
        protected: isProtected(request.store, name),
      })),
    }),
  },
  'repos/get-branch': {
    needs: readsContents,
    handle: (request) => {
      const name = decodeURIComponent(request.parameters.branch ?? '');
      const commit = request.store.commits.get(request.store.branches.get(name) ?? '');
      if (commit === undefined) throw notFound('Branch not found');
      return { status: 200, body: renderBranch(name, commit, request) };
    },
  },
} satisfies Handlers;

function withFiles(commit: StoredCommit, request: HandledRequest): JsonObject {
  const sum = (count: 'additions' | 'deletions'): number =>
    commit.files.reduce((total, file) => total + file[count], 0);
  const [additions, deletions] = [sum('additions'), sum('deletions')];
  return {
    ...renderCommit(commit, request),
    stats: { additions, deletions, total: additions + deletions },
    files: commit.files.map((file) => renderFile(file, commit.sha, request)),
  };
}

function isProtected(store: Store, branch: string): boolean {
  return store.branchProtection.has(branch) || store.branchRules.has(branch);
}

function renderBranch(name: string, commit: StoredCommit, request: HandledRequest): JsonObject {
  const self = `${repositoryUrl(request)}/branches/${name}`;
  const enabled = request.store.branchProtection.has(name);
  return {
    name,
    commit: renderCommit(commit, request),
    _links: { self, html: `${htmlUrl(request)}/tree/${name}` },
    protected: isProtected(request.store, name),
    protection: {
      enabled,
      required_status_checks: { contexts: [], checks: [], enforcement_level: enabled ? 'everyone' : 'off' },
    },
    protection_url: `${self}/protection`,
  };
}
