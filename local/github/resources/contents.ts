import * as z from 'zod';
import { push } from '../acts/push.ts';
import { GitHubError, notFound } from '../github-error.ts';
import type { HandledRequest, HandledResponse, Handlers } from '../handler.ts';
import type { Json, JsonObject } from '../json-schema.ts';
import { resolveCommit, type StoredCommit } from '../state/commits.ts';
import { findEntry, putBlob, type TreeEntry } from '../state/git-objects.ts';
import { actorOf } from '../world.ts';
import { parseBody } from './bodies.ts';
import { htmlUrl, type RenderContext, repositoryUrl } from './render.ts';
import { renderGitCommit } from './render-commit.ts';

const Sha = z.string();
const FileUpdate = z.object({
  message: z.string().min(1),
  content: z.base64(),
  sha: Sha.optional(),
  branch: z.string().optional(),
});
const FileRemoval = z.object({ message: z.string().min(1), sha: Sha, branch: z.string().optional() });
const resource = 'Content';
const writes = () => [{ scope: 'contents', level: 'write' } as const];

/** Files, one at a time. */
export const contents = {
  'repos/get-content': {
    needs: () => [{ scope: 'contents', level: 'read' }],
    handle: (request) => {
      const commit = commitOf(request, request.query.get('ref'));
      const path = pathOf(request);
      const entry = findEntry(request.store, commit.tree, path);
      if (entry === null) throw notFound();
      return show(request, { entry, path, ref: request.query.get('ref') ?? request.store.defaultBranch });
    },
  },
  'repos/create-or-update-file-contents': {
    needs: writes,
    handle: (request) => {
      const update = parseBody(FileUpdate, { body: request.body, resource });
      const path = pathOf(request);
      const before = checkSha(request, { path, branch: update.branch, sha: update.sha });
      const content = Buffer.from(update.content, 'base64');
      const commit = commitFile(request, { ...update, path, content });
      const entry: TreeEntry = {
        name: path.split('/').at(-1) ?? '',
        mode: '100644',
        sha: putBlob(request.store, content),
      };
      const ref = update.branch ?? request.store.defaultBranch;
      return {
        status: before === null ? 201 : 200,
        body: {
          content: renderEntry({ entry, path, ref }, request),
          commit: renderGitCommit(commit, request),
        },
      };
    },
  },
  'repos/delete-file': {
    needs: writes,
    handle: (request) => {
      const removal = parseBody(FileRemoval, { body: request.body, resource });
      const path = pathOf(request);
      if (checkSha(request, { path, branch: removal.branch, sha: removal.sha }) === null) throw notFound();
      const commit = commitFile(request, { ...removal, path, content: null });
      return { status: 200, body: { content: null, commit: renderGitCommit(commit, request) } };
    },
  },
} satisfies Handlers;

function pathOf({ parameters }: HandledRequest): string {
  return decodeURIComponent(parameters.path ?? '').replace(/^\/|\/$/g, '');
}

function commitOf({ store }: HandledRequest, ref: string | null | undefined): StoredCommit {
  const commit = resolveCommit(store, ref ?? store.defaultBranch);
  if (commit === null) throw notFound(`No commit found for the ref ${ref ?? store.defaultBranch}`);
  return commit;
}

interface Located {
  readonly entry: TreeEntry;
  readonly path: string;
  readonly ref: string;
}

/** Bytes when asked for, else the file with its content in Base64, or what a folder holds. */
function show(request: HandledRequest, located: Located): HandledResponse {
  const { store } = request;
  const { entry, path, ref } = located;
  if (entry.mode === '040000') {
    const children = (store.trees.get(entry.sha) ?? []).map(
      (child): Json =>
        renderEntry({ entry: child, path: path === '' ? child.name : `${path}/${child.name}`, ref }, request),
    );
    return { status: 200, body: children };
  }
  const content = store.blobs.get(entry.sha) ?? Buffer.alloc(0);
  if (request.wantsRaw) return { status: 200, raw: content };
  const body = { ...renderEntry(located, request), encoding: 'base64', content: inLines(content) };
  return { status: 200, body };
}

/** Base64 as GitHub breaks it: 60 characters a line. */
function inLines(content: Buffer): string {
  return content.toString('base64').replaceAll(/(.{60})/g, '$1\n');
}

/** Refuses to overwrite what the caller has not seen. @throws GitHubError 404, 409, 422 */
function checkSha(
  request: HandledRequest,
  {
    path,
    branch,
    sha,
  }: { readonly path: string; readonly branch: string | undefined; readonly sha: string | undefined },
): TreeEntry | null {
  const name = branch ?? request.store.defaultBranch;
  if (!request.store.branches.has(name)) throw notFound(`Branch ${name} not found`);
  const entry = findEntry(request.store, commitOf(request, name).tree, path);
  if (entry !== null && sha === undefined)
    throw new GitHubError(422, 'Invalid request.\n\n"sha" wasn\'t supplied.');
  if (sha !== undefined && entry?.sha !== sha) throw new GitHubError(409, `${path} does not match ${sha}`);
  return entry;
}

interface FileCommit {
  readonly path: string;
  readonly content: Buffer | null;
  readonly message: string;
  readonly branch?: string | undefined;
}

function commitFile(request: HandledRequest, { path, content, message, branch }: FileCommit): StoredCommit {
  return push(request, actorOf(request.identity), {
    branch: branch ?? request.store.defaultBranch,
    files: { [path]: content },
    message,
  });
}

function renderEntry({ entry, path, ref }: Located, context: RenderContext): JsonObject {
  const isFolder = entry.mode === '040000';
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  const self = `${repositoryUrl(context)}/contents/${encoded}?ref=${encodeURIComponent(ref)}`;
  const html = `${htmlUrl(context)}/${isFolder ? 'tree' : 'blob'}/${ref}/${encoded}`;
  const git = `${repositoryUrl(context)}/git/${isFolder ? 'trees' : 'blobs'}/${entry.sha}`;
  return {
    type: isFolder ? 'dir' : 'file',
    size: isFolder ? 0 : (context.store.blobs.get(entry.sha)?.length ?? 0),
    name: entry.name,
    path,
    sha: entry.sha,
    url: self,
    git_url: git,
    html_url: html,
    download_url: isFolder ? null : `${htmlUrl(context)}/raw/${ref}/${encoded}`,
    _links: { self, git, html },
  };
}
