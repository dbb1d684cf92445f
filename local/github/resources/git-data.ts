import * as z from 'zod';
import { GitHubError, invalid, notFound } from '../github-error.ts';
import type { HandledRequest, Handlers } from '../handler.ts';
import type { Json, JsonObject } from '../json-schema.ts';
import { putCommit, resolveCommit, type Signature } from '../state/commits.ts';
import { changeTree, type Mode, putBlob, type TreeChange, type TreeEntry } from '../state/git-objects.ts';
import { parseBody } from './bodies.ts';
import { type RenderContext, repositoryUrl } from './render.ts';
import { renderGitCommit } from './render-commit.ts';

const NewBlob = z.object({ content: z.string(), encoding: z.enum(['utf-8', 'base64']).default('utf-8') });
const NewTree = z.object({
  base_tree: z.string().optional(),
  tree: z
    .array(
      z.object({
        path: z.string().min(1),
        mode: z.enum(['100644', '100755', '040000', '120000']).default('100644'),
        type: z.enum(['blob', 'tree']).optional(),
        sha: z.string().nullish(),
        content: z.string().optional(),
      }),
    )
    .min(1),
});
const Person = z.object({
  name: z.string(),
  email: z.string(),
  date: z.iso.datetime({ offset: true }).optional(),
});
const NewCommit = z.object({
  message: z.string(),
  tree: z.string(),
  parents: z.array(z.string()).default([]),
  author: Person.optional(),
  committer: Person.optional(),
});

const reads = () => [{ scope: 'contents', level: 'read' } as const];
const writes = () => [{ scope: 'contents', level: 'write' } as const];

/** Git's own objects. */
export const gitData = {
  'git/create-blob': {
    needs: writes,
    handle: (request) => {
      const { content, encoding } = parseBody(NewBlob, { body: request.body, resource: 'Blob' });
      const sha = putBlob(request.store, Buffer.from(content, encoding === 'base64' ? 'base64' : 'utf8'));
      return { status: 201, body: { sha, url: `${repositoryUrl(request)}/git/blobs/${sha}` } };
    },
  },
  'git/get-blob': {
    needs: reads,
    handle: (request) => {
      const sha = request.parameters.file_sha ?? '';
      const content = request.store.blobs.get(sha);
      if (content === undefined) throw notFound();
      if (request.wantsRaw) return { status: 200, raw: content };
      return {
        status: 200,
        body: {
          sha,
          node_id: `B_${sha}`,
          size: content.length,
          url: `${repositoryUrl(request)}/git/blobs/${sha}`,
          encoding: 'base64',
          content: content.toString('base64'),
        },
      };
    },
  },
  'git/create-tree': {
    needs: writes,
    handle: (request) => {
      const { base_tree: base, tree } = parseBody(NewTree, { body: request.body, resource: 'Tree' });
      const sha = changeTree(request.store, baseOf(request, base), changesOf(request, tree));
      return { status: 201, body: renderTree(sha, request) };
    },
  },
  'git/get-tree': {
    needs: reads,
    handle: (request) => {
      const name = decodeURIComponent(request.parameters.tree_sha ?? '');
      const sha = resolveCommit(request.store, name)?.tree ?? name;
      if (!request.store.trees.has(sha)) throw notFound();
      return { status: 200, body: renderTree(sha, request, request.query.has('recursive')) };
    },
  },
  'git/create-commit': {
    needs: writes,
    handle: (request) => {
      const fresh = parseBody(NewCommit, { body: request.body, resource: 'Commit' });
      if (!request.store.trees.has(fresh.tree)) throw new GitHubError(422, 'Tree SHA does not exist');
      if (!fresh.parents.every((sha) => request.store.commits.has(sha))) {
        throw new GitHubError(422, 'Parent SHA does not exist or is not a commit object');
      }
      const commit = putCommit(request.store, {
        tree: fresh.tree,
        parents: fresh.parents,
        message: fresh.message,
        login: request.identity.login,
        author: signature(fresh.author, request),
        committer: signature(fresh.committer ?? fresh.author, request),
      });
      return { status: 201, body: renderGitCommit(commit, request) };
    },
  },
  'git/get-commit': {
    needs: reads,
    handle: (request) => {
      const commit = request.store.commits.get(request.parameters.commit_sha ?? '');
      if (commit === undefined) throw notFound();
      return { status: 200, body: renderGitCommit(commit, request) };
    },
  },
} satisfies Handlers;

function signature(
  person: z.infer<typeof Person> | undefined,
  { store }: HandledRequest,
): Signature | undefined {
  if (person === undefined) return undefined;
  return { ...person, date: person.date === undefined ? store.now() : new Date(person.date) };
}

function baseOf({ store }: HandledRequest, base: string | undefined): string | null {
  if (base === undefined) return null;
  const tree = store.commits.get(base)?.tree ?? base;
  if (!store.trees.has(tree)) throw invalid({ resource: 'Tree', field: 'base_tree', code: 'invalid' });
  return tree;
}

/** Objects that must be there, contents that become objects, and nulls that take away. */
function changesOf(
  { store }: HandledRequest,
  entries: z.infer<typeof NewTree>['tree'],
): Map<string, TreeChange> {
  const changes = new Map<string, TreeChange>();
  for (const { path, mode, sha, content } of entries) {
    if (sha === null) changes.set(path, null);
    else if (content !== undefined) changes.set(path, { mode, sha: putBlob(store, Buffer.from(content)) });
    else if (sha !== undefined && (store.blobs.has(sha) || store.trees.has(sha)))
      changes.set(path, { mode, sha });
    else throw new GitHubError(422, `tree.sha ${sha ?? ''} is not a valid blob`);
  }
  return changes;
}

function renderTree(sha: string, context: RenderContext, deep = false): JsonObject {
  const { store } = context;
  const own = store.trees.get(sha) ?? [];
  const shown: readonly { readonly path: string; readonly mode: Mode; readonly sha: string }[] = deep
    ? withFolders(sha, context)
    : own.map((entry: TreeEntry) => ({ path: entry.name, mode: entry.mode, sha: entry.sha }));
  return {
    sha,
    url: `${repositoryUrl(context)}/git/trees/${sha}`,
    truncated: false,
    tree: shown.map(({ path, mode, sha: object }): Json => {
      const type = mode === '040000' ? 'tree' : 'blob';
      const size = store.blobs.get(object)?.length;
      return {
        path,
        mode,
        type,
        sha: object,
        ...(size === undefined ? {} : { size }),
        url: `${repositoryUrl(context)}/git/${type}s/${object}`,
      };
    }),
  };
}

function withFolders(
  sha: string,
  { store }: Pick<RenderContext, 'store'>,
  folder = '',
): { path: string; mode: Mode; sha: string }[] {
  return (store.trees.get(sha) ?? []).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    const here = { path, mode: entry.mode, sha: entry.sha };
    return entry.mode === '040000' ? [here, ...withFolders(entry.sha, { store }, path)] : [here];
  });
}
