import { notAccessible, notFound } from '../github-error.ts';
import type { Handlers } from '../handler.ts';
import type { JsonObject } from '../json-schema.ts';
import type { Allowance } from '../rate-limit.ts';
import { kindOf } from '../tokens.ts';
import { instant, type RenderContext, renderUser } from './render.ts';

const open = () => [{ scope: 'metadata', level: 'read' } as const];

/** Accounts, teams, and what is left of the hour. */
export const accounts = {
  'users/get-authenticated': {
    needs: open,
    handle: (request) => {
      // An app is nobody: https://docs.github.com/en/rest/users/users#get-the-authenticated-user
      if (kindOf(request.identity) !== 'person') throw notAccessible(request.identity);
      return { status: 200, body: renderProfile(request.identity.login, request) };
    },
  },
  'users/get-by-username': {
    needs: open,
    handle: (request) => {
      const login = decodeURIComponent(request.parameters.username ?? '');
      if (!request.store.users.has(login.toLowerCase())) throw notFound();
      return { status: 200, body: renderProfile(login, request) };
    },
  },
  'teams/get-membership-for-user-in-org': {
    needs: () => [{ scope: 'members', level: 'read' }],
    handle: ({ store, parameters, baseUrl }) => {
      const slug = decodeURIComponent(parameters.team_slug ?? '');
      const login = decodeURIComponent(parameters.username ?? '');
      const team = [...(store.teams.get(slug) ?? [])];
      if (!team.some((each) => each.toLowerCase() === login.toLowerCase())) throw notFound();
      const url = `${baseUrl}/orgs/${store.owner}/teams/${slug}/memberships/${login}`;
      return { status: 200, body: { url, role: 'member', state: 'active' } };
    },
  },
  'rate-limit/get': {
    needs: open,
    handle: ({ allowance }) => {
      const core = renderAllowance(allowance);
      const search = renderAllowance({ ...allowance, limit: 30, used: 0, remaining: 30 });
      return { status: 200, body: { resources: { core, search }, rate: core } };
    },
  },
} satisfies Handlers;

function renderAllowance({ limit, used, remaining, reset }: Allowance): JsonObject {
  return { limit, used, remaining, reset: Math.ceil(reset.getTime() / 1_000) };
}

function renderProfile(login: string, context: RenderContext): JsonObject {
  const epoch = instant(new Date(0));
  return {
    ...renderUser(login, context),
    name: null,
    company: null,
    blog: null,
    location: null,
    email: null,
    hireable: null,
    bio: null,
    twitter_username: null,
    public_repos: 0,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: epoch,
    updated_at: epoch,
  };
}
