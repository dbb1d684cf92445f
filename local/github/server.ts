/**
 * A stateful stand-in for GitHub on 127.0.0.1, held to GitHub's own OpenAPI description on every request and response. It
 * knows the operations of operations.ts and nothing else. README.md is a short tour.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import * as z from 'zod';
import { loadContract } from './contract.ts';
import { createWorld } from './create-world.ts';
import type { EventListener, GitHubEvent } from './events/event.ts';
import { type Chaos, createFaultPlan, type Fault } from './faults.ts';
import { createJobDesk, type JobCredentials, type JobDesk } from './jobs/job-desk.ts';
import { type Person, personIn } from './people/person.ts';
import { createRateLimiter } from './rate-limit.ts';
import type { RunTable } from './runs/run-table.ts';
import { type RepositorySettings, settle } from './settle.ts';
import { putUser, type StoredUser } from './state/people.ts';
import { lagFrom } from './state/staleness.ts';
import { createStore, type Store, type StoreOptions } from './store.ts';
import type { Identity, NewToken, Permissions } from './tokens.ts';
import { answer, type Desk, type RecordedCall } from './turn.ts';

export type { RecordedCall } from './turn.ts';

/** A running stand-in. */
export interface GitHubStandIn {
  /** What GITHUB_API_URL is set to. */
  readonly apiUrl: string;
  readonly store: Store;
  /** Every call, oldest first. */
  readonly calls: RecordedCall[];
  /** What GitHub's description objects to, in requests or in our own answers. */
  readonly violations: string[];

  /** Lets a token of one's own choice in. */
  readonly allow: (token: string, identity: Identity) => void;
  /** A new token. */
  readonly issueToken: (token: NewToken) => string;
  /** From now on the token is refused with 401. */
  readonly revokeToken: (token: string) => void;

  /** Adds an account, or changes its role. */
  readonly addUser: (user: Parameters<typeof putUser>[1]) => StoredUser;
  readonly addTeam: (slug: string, logins: readonly string[]) => void;
  /** The hands of somebody; an unknown login is an outsider. */
  readonly as: (login: string) => Person;
  /** Sets the repository up: environments, protection, names of secrets and variables. */
  readonly settle: (settings: RepositorySettings) => void;

  /** Hears everything that happens, in order; returns how to stop. */
  readonly onEvent: (listener: EventListener) => () => void;
  /** What happened so far, oldest first. */
  readonly events: readonly GitHubEvent[];
  /** Runs and their jobs: the runner's side. */
  readonly runs: RunTable;
  /** Issuer of the identity tokens jobs get; its keys are at `<issuer>/.well-known/jwks`. */
  readonly oidcIssuer: string;
  /** What a job is given when it starts: token, OIDC, artifacts. */
  readonly openJob: (jobId: number, options: { readonly permissions: Permissions }) => JobCredentials;

  /** Makes the next calls of an operation fail. */
  readonly fail: (fault: Fault) => void;
  /** Makes calls fail by chance; returns how to stop. */
  readonly failAtRandom: (chaos: Chaos) => () => void;
  /** The next `lists` lists show the world of now. */
  readonly lagBehind: (lists: number) => void;
  /** Lists show the world of now for so long. */
  readonly lagBehindFor: (milliseconds: number) => void;
  readonly stop: () => Promise<void>;
}

/** What a stand-in is started with. */
export interface GitHubOptions extends StoreOptions {
  /** Default: a free one. */
  readonly port?: number;
}

/** Starts the stand-in on 127.0.0.1. */
export async function startGitHub(options: GitHubOptions): Promise<GitHubStandIn> {
  const store = createStore(options);
  const calls: RecordedCall[] = [];
  const violations: string[] = [];
  const broke = (error: unknown): void => {
    violations.push(
      `the stand-in broke: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  };
  let take: (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void> = async () => {};
  const server = createServer((incoming, outgoing) => {
    take(incoming, outgoing).catch((error: unknown) => {
      broke(error);
      if (!outgoing.headersSent) outgoing.writeHead(500);
      outgoing.end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = z.object({ port: z.number() }).parse(server.address());

  const baseUrl = `http://127.0.0.1:${port}`;
  const world = createWorld(store, { baseUrl, onBroken: broke });
  const jobs = createJobDesk(world);
  const faults = createFaultPlan();
  const desk: Desk = {
    world,
    contract: loadContract(),
    faults,
    limiter: createRateLimiter(() => store.rateLimit, store.now),
    record: (call) => void remember(calls, call),
    object: (objections) => void violations.push(...objections),
  };
  take = takeWith(desk, jobs);

  return {
    apiUrl: baseUrl,
    store,
    calls,
    violations,
    allow: world.tokens.allow,
    issueToken: world.tokens.issue,
    revokeToken: world.tokens.revoke,
    addUser: (user) => putUser(store, user),
    addTeam: (slug, logins) => void store.teams.set(slug, new Set(logins)),
    as: (login) => personIn(world, login),
    settle: (settings) => settle(store, settings),
    onEvent: world.events.listen,
    events: world.events.history,
    runs: world.runs,
    oidcIssuer: jobs.issuer,
    openJob: jobs.open,
    fail: faults.fail,
    failAtRandom: faults.failAtRandom,
    lagBehind: (lists) => lagFrom(store, { lists }),
    lagBehindFor: (milliseconds) => lagFrom(store, { until: new Date(store.now().getTime() + milliseconds) }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The doors beside the API (tokens of jobs, artifacts, downloads) take what is theirs; the rest is the API's. */
function takeWith(desk: Desk, jobs: JobDesk) {
  return async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    if (await jobs.take(incoming, outgoing)) return;
    await answer(desk, incoming, outgoing);
  };
}

/** A stack that runs for weeks forgets its oldest calls. */
const MOST_CALLS = 200_000;

function remember(calls: RecordedCall[], call: RecordedCall): void {
  calls.push(call);
  if (calls.length > MOST_CALLS) calls.splice(0, MOST_CALLS / 2);
}
