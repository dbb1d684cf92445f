import type { Sql } from 'postgres';
import { connect } from '../actions/_shared/database/connect.ts';
import type { DesiredState } from '../actions/_shared/declare/model.ts';
import { ConfigurationError } from '../actions/_shared/io/errors.ts';
import { applyDeclarations, type HowToApply } from './apply-declarations.ts';
import { type GitHubSide, startGitHubSide } from './github-side.ts';
import { checkGivenServer } from './given-server.ts';
import { type LocalProject, startLocalProject } from './local-project.ts';
import { startLocalWorker } from './local-worker.ts';
import type { StartOptions } from './options.ts';
import { openPage, type Page } from './page/server.ts';
import { type Cluster, removeCluster, startCluster } from './postgres/cluster.ts';
import { type InstalledExtension, prepareDatabase } from './postgres/prepare.ts';
import type { Progress } from './progress.ts';
import { createSampleData } from './sample-data.ts';
import { stablePorts } from './stable-ports.ts';
import { startStandIns } from './standins/start.ts';
import { openStateFolder, type StateFolder } from './state-folder.ts';

const ownDatabase = 'postgres';

/** A running control room: everything a newcomer's commands act on. */
export interface ControlRoom {
  readonly root: string;
  readonly sql: Sql;
  readonly databaseUrl: string;
  /** Gateway, Management API and functions on this machine. */
  readonly project: LocalProject;
  /** Whether the database has an extension, its own or the stand-in. Only a server somebody gave lacks one. */
  readonly has: (extension: InstalledExtension['name']) => boolean;
  /** The state last applied, once there is one. */
  readonly desired: () => DesiredState | undefined;
  /** Read the files, plan and apply; false when nothing was applied (errors, a no, a refusal). */
  readonly applyDeclarations: (how: HowToApply) => Promise<boolean>;
  /** GitHub on this machine and its page, once settled. */
  readonly github: () => { readonly side: GitHubSide; readonly page: Page } | undefined;
  /** What makes the room livelier once everything is applied: sample data, a worker for the queue, the GitHub side and its page. */
  readonly settle: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface OpenControlRoom {
  readonly root: string;
  readonly options: StartOptions;
  readonly progress: Progress;
  /** Called once when the database of the room ends by itself; the sentence says what happened. */
  readonly onLost: (what: string) => void;
}

/** What was opened is closed in the opposite order, also when opening stops half way. */
class Closers {
  #stack: { readonly name: string; readonly close: () => Promise<void> | void }[] = [];

  add(name: string, close: () => Promise<void> | void): void {
    this.#stack.push({ name, close });
  }

  async closeAll(): Promise<void> {
    for (const { name, close } of this.#stack.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        process.stderr.write(`closing ${name}: ${error instanceof Error ? error.message : String(error)}\n`);
      }
    }
  }
}

/** Start everything, in order, on 127.0.0.1. */
export async function openControlRoom(request: OpenControlRoom): Promise<ControlRoom> {
  const state = openStateFolder(request.root);
  const closers = new Closers();
  state.claim();
  closers.add('state folder', () => state.release());
  try {
    return await open(request, state, closers);
  } catch (error) {
    await closers.closeAll();
    throw error;
  }
}

/** Ways into the database of this room. */
interface OpenedDatabase {
  readonly superuserUrl: string;
  /** As the role that jobs and commands use; the same URL for a server that is not ours. */
  readonly url: string;
  readonly database: string;
  /** How the stand-in of pg_cron logs in as a job's own user; only a server of ours offers it. */
  readonly connectAs?: Cluster['socketLogin'];
}

async function openDatabase(
  { options, progress, onLost }: OpenControlRoom,
  state: StateFolder,
  closers: Closers,
): Promise<OpenedDatabase> {
  const { databaseUrl } = options;
  if (databaseUrl !== undefined) {
    const database = databaseOf(databaseUrl);
    await progress.step(
      'PostgreSQL',
      () => checkGivenServer(databaseUrl),
      (version) => `${version}, database ${database} of the server you gave`,
    );
    return { superuserUrl: databaseUrl, url: databaseUrl, database };
  }
  if (options.fresh) {
    await progress.step('Forgetting earlier runs', async () => {
      await removeCluster(state.postgres);
      state.wipe();
    });
  }
  const cluster = await progress.step(
    'PostgreSQL',
    () => startCluster({ dataDir: state.postgres, log: (line) => progress.line(`  ${line}`) }),
    (started) => `${started.version} at 127.0.0.1:${started.port}`,
  );
  let stopping = false;
  void cluster.exited.then(() => {
    if (!stopping) onLost(`PostgreSQL ended by itself; its last words are in ${cluster.dataDir}/server.log.`);
  });
  closers.add('PostgreSQL', () => {
    stopping = true;
    return cluster.stop();
  });
  return {
    superuserUrl: cluster.superuserUrl,
    url: cluster.url(ownDatabase, 'postgres'),
    database: ownDatabase,
    connectAs: cluster.socketLogin,
  };
}

/** @throws ConfigurationError when the address is none; its text may hold a password and is not repeated. */
function databaseOf(url: string): string {
  const name = URL.canParse(url) ? decodeURIComponent(new URL(url).pathname.slice(1)) : '';
  if (name !== '') return name;
  throw new ConfigurationError('--database-url is not a connection string that names a database.', {
    hint: 'It looks like postgres://user:password@host:5432/database.',
  });
}

async function open(request: OpenControlRoom, state: StateFolder, closers: Closers): Promise<ControlRoom> {
  const { root, options, progress } = request;
  const { superuserUrl, url, database, connectAs } = await openDatabase(request, state, closers);
  const installed = await progress.step(
    'Roles and extensions',
    () => prepareDatabase({ superuserUrl, database }),
    (parts) =>
      parts
        .map((part) => `${part.name} ${part.version}${part.kind === 'stand-in' ? ' (stand-in)' : ''}`)
        .join(', '),
  );
  if (installed.some((part) => part.kind === 'stand-in')) {
    const standIns = await startStandIns({
      superuserUrl,
      database,
      log: (line) => progress.line(`  ${line}`),
      ...(connectAs === undefined ? {} : { connectAs }),
    });
    closers.add('stand-ins', () => standIns.stop());
  }
  const sql = connect({ url, applicationName: 'opsroom-local', max: 4 });
  closers.add('connection', () => sql.end({ timeout: 5 }));

  let github: { readonly side: GitHubSide; readonly page: Page } | undefined;
  const project = await progress.step(
    'Local Supabase project (stand-in)',
    () =>
      startLocalProject({
        superuserUrl,
        database,
        databaseUrl: url,
        ...(connectAs === undefined ? {} : { connectAs }),
        state,
        // Runs of the stand-in prove themselves by its tokens, as those of github.com do by GitHub's.
        platform: () => (github === undefined ? {} : { OPS_OIDC_ISSUER: github.side.github.oidcIssuer }),
        log: (line) => progress.line(`  ${line}`),
      }),
    (started) => `${started.url}, functions under Deno`,
  );
  closers.add('local project', () => project.stop());
  state.publish({
    databaseUrl: url,
    supabase: { projectUrl: project.url, apiUrl: project.management.url, accessToken: project.accessToken },
  });

  let desired: DesiredState | undefined;
  return {
    root,
    sql,
    databaseUrl: url,
    project,
    has: (extension) => installed.some((part) => part.name === extension),
    desired: () => desired,
    github: () => github,
    applyDeclarations: async (how) => {
      const next = await applyDeclarations({
        ...how,
        root,
        sql,
        state,
        progress,
        project,
        environment: options.environment,
      });
      desired = next ?? desired;
      if (next !== undefined) await github?.side.commit();
      return next !== undefined;
    },
    settle: async () => {
      await progress.step(
        'Sample data',
        () => createSampleData(sql, project),
        (made) => made,
      );
      const worker = await progress.step('Worker of the job queue', () =>
        startLocalWorker({ root, databaseUrl: url, project, state, log: (line) => progress.line(line) }),
      );
      closers.add('worker', () => worker.stop({ graceMs: 2_000 }));
      const ports = await stablePorts(state, ['github', 'page']);
      github = await progress.step(
        'GitHub (stand-in) and its page',
        async () => {
          const side = await startGitHubSide({
            root,
            sql,
            databaseUrl: url,
            supabase: { apiUrl: project.management.url, accessToken: project.accessToken },
            recordBuildUrl: `${project.url}/functions/v1/ops-record-build`,
            port: ports.github,
            log: (line) => progress.line(line),
          });
          closers.add('GitHub', () => side.stop());
          const page = await openPage({ source: side.page, port: ports.page });
          closers.add('page', () => page.stop());
          return { side, page };
        },
        ({ page }) => page.url,
      );
    },
    close: () => closers.closeAll(),
  };
}
