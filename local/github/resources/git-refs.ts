import * as z from 'zod';
import { announcePush } from '../acts/push.ts';
import { GitHubError, invalid, notFound } from '../github-error.ts';
import type { HandledRequest, Handlers } from '../handler.ts';
import type { JsonObject } from '../json-schema.ts';
import { lineage } from '../state/commits.ts';
import type { Store } from '../store.ts';
import { actorOf } from '../world.ts';
import { parseBody } from './bodies.ts';
import { type RenderContext, repositoryUrl } from './render.ts';

const Sha = z.string().regex(/^[0-9a-f]{40}$/);
const NewRef = z.object({ ref: z.string(), sha: Sha });
const RefUpdate = z.object({ sha: Sha, force: z.boolean().default(false) });
const resource = 'Reference';

const writesContents = () => [{ scope: 'contents', level: 'write' } as const];

/** Branches and tags as git data. */
export const gitRefs = {
  'git/get-ref': {
    needs: () => [{ scope: 'contents', level: 'read' }],
    handle: (request) => {
      const { full, shelf, name } = refOf(request);
      const sha = shelf?.get(name);
      if (sha === undefined) throw notFound();
      return { status: 200, body: renderRef({ full, sha }, request) };
    },
  },
  'git/create-ref': {
    needs: writesContents,
    handle: (request) => {
      const { ref, sha } = parseBody(NewRef, { body: request.body, resource });
      const { shelf, name, full } = shelfOf(request.store, ref);
      if (shelf === null || !ref.startsWith('refs/') || !isRefName(name)) {
        throw new GitHubError(422, 'Reference name is not valid');
      }
      if (shelf.has(name)) throw new GitHubError(422, 'Reference already exists');
      requireCommit(request.store, sha);
      shelf.set(name, sha);
      announcePush(request, actorOf(request.identity), {
        ref: full,
        before: null,
        after: sha,
        forced: false,
      });
      return { status: 201, body: renderRef({ full, sha }, request) };
    },
  },
  'git/update-ref': {
    needs: writesContents,
    handle: (request) => {
      const { full, shelf, name } = refOf(request);
      const { sha, force } = parseBody(RefUpdate, { body: request.body, resource });
      const before = shelf?.get(name);
      if (before === undefined || shelf === null) throw new GitHubError(422, 'Reference does not exist');
      requireCommit(request.store, sha);
      const forward = lineage(request.store, sha).some((commit) => commit.sha === before);
      if (!forward && !force) throw new GitHubError(422, 'Update is not a fast forward');
      shelf.set(name, sha);
      announcePush(request, actorOf(request.identity), { ref: full, before, after: sha, forced: !forward });
      return { status: 200, body: renderRef({ full, sha }, request) };
    },
  },
  'git/delete-ref': {
    needs: writesContents,
    handle: (request) => {
      const { full, shelf, name } = refOf(request);
      const before = shelf?.get(name);
      if (before === undefined || shelf === null) throw new GitHubError(422, 'Reference does not exist');
      shelf.delete(name);
      announcePush(request, actorOf(request.identity), { ref: full, before, after: null, forced: false });
      return { status: 204 };
    },
  },
} satisfies Handlers;

interface NamedRef {
  /** `refs/heads/main` */
  readonly full: string;
  readonly name: string;
  /** Null for refs that are neither branches nor tags. */
  readonly shelf: Map<string, string> | null;
}

function refOf({ store, parameters }: HandledRequest): NamedRef {
  return shelfOf(store, `refs/${decodeURIComponent(parameters.ref ?? '')}`);
}

function shelfOf(store: Store, full: string): NamedRef {
  const [, kind, name = ''] = /^refs\/(heads|tags)\/(.+)$/.exec(full) ?? [];
  if (kind === undefined) return { full, name: full, shelf: null };
  return { full, name, shelf: kind === 'heads' ? store.branches : store.tags };
}

// The rules of `git check-ref-format` that matter.
function isRefName(name: string): boolean {
  return !/(^|\/)\.|\.\.|[\s~^:?*[\\]|\/$|\.lock$|@\{/.test(name) && !hasControlCharacter(name);
}

function hasControlCharacter(name: string): boolean {
  return [...name].some((character) => (character.codePointAt(0) ?? 0) < 32);
}

function requireCommit(store: Store, sha: string): void {
  if (store.commits.has(sha)) return;
  throw invalid({ resource, field: 'sha', code: 'custom', message: 'Object does not exist' });
}

function renderRef(
  { full, sha }: { readonly full: string; readonly sha: string },
  context: RenderContext,
): JsonObject {
  const git = `${repositoryUrl(context)}/git`;
  return {
    ref: full,
    node_id: `REF_${full}`,
    url: `${git}/${full}`,
    object: { type: 'commit', sha, url: `${git}/commits/${sha}` },
  };
}
