/** The ten functions on a database of their own, with stand-ins for what they call, and somebody for each way in. */
import { randomUUID } from 'node:crypto';
import type { DesiredState } from '../../../actions/_shared/declare/model.ts';
import { mintUserToken } from '../../../local/supabase/keys.ts';
import { type PlayedActivity, startGamePlatform } from '../../../local/upstreams/game-platform.ts';
import { type OdooStandIn, startOdoo } from '../../../local/upstreams/odoo.ts';
import { createRunningDatabase, type RunningDatabase } from '../../support/real-cluster.ts';
import { declaredState, type ServedProject, serveProject } from './served-project.ts';

/** What a call was answered. */
export interface Answered {
  readonly status: number;
  readonly body: unknown;
}

/** A running project with its surroundings. */
export interface EndToEnd {
  readonly database: RunningDatabase;
  readonly project: ServedProject;
  readonly declared: DesiredState;
  readonly odoo: OdooStandIn;
  /** Values of the declared secrets, by environment variable. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly userToken: (userId: string) => Promise<string>;
  /** POST without anything but what is given. */
  readonly post: (
    slug: string,
    body: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Answered>;
  /** The same through supabase-js, as a user or with the publishable key alone. */
  readonly invoke: (
    slug: string,
    body: Readonly<Record<string, unknown>>,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Answered>;
  readonly close: () => Promise<void>;
}

/**
 * @param file `import.meta.url` of the test
 * @param options.files attachments Odoo has
 * @param options.played what competitors did
 */
export async function startEndToEnd(
  file: string,
  options: {
    readonly files: number;
    readonly content?: (id: number) => Buffer;
    readonly played?: (competitor: string) => readonly PlayedActivity[];
  },
): Promise<EndToEnd> {
  const database = await createRunningDatabase(file);
  const odooKey = `odoo-${randomUUID()}`;
  const platformToken = `platform-${randomUUID()}`;
  const odoo = await startOdoo({
    files: options.files,
    key: odooKey,
    ...(options.content === undefined ? {} : { content: options.content }),
  });
  const platform = await startGamePlatform({ token: platformToken, played: options.played ?? (() => []) });
  const declared = await declaredState();
  const names = declared.edgeSecrets.map(({ name }) => name);
  const secrets = {
    ...Object.fromEntries(names.map((name) => [name, `${name.toLowerCase()}-${randomUUID()}`])),
    ODOO_URL: odoo.url,
    ODOO_API_KEY: odooKey,
    GAME_PLATFORM_URL: platform.url,
    GAME_PLATFORM_TOKEN: platformToken,
  };
  const verifyJwt = new Map(declared.functions.map((each) => [each.slug, each.verifyJwt]));
  const project = await serveProject({
    superuserUrl: database.superuserUrl,
    database: database.name,
    connectAs: database.connectAs,
    verifyJwt: (slug) => verifyJwt.get(slug) ?? true,
    secrets: () => secrets,
  });
  return {
    database,
    project,
    declared,
    odoo,
    secrets,
    userToken: (sub) => mintUserToken(project.keys, { sub }),
    post: async (slug, body, headers = {}) => {
      const response = await fetch(project.url(slug), {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
      return { status: response.status, body: await response.json() };
    },
    invoke: async (slug, body, headers = {}) => {
      const { data, error, response } = await project.anonymous.functions.invoke<unknown>(slug, {
        body,
        headers,
      });
      if (response === undefined) throw error;
      return { status: response.status, body: error === null ? data : await response.json() };
    },
    close: async () => {
      await project.stop();
      await Promise.all([odoo.close(), platform.close()]);
      await database.drop();
    },
  };
}
