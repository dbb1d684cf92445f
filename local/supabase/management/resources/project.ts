import { createHash } from 'node:crypto';
import * as z from 'zod';
import { ManagementError } from '../api-error.ts';
import type { Handlers } from '../handler.ts';
import { CreateSecrets, UpdatePostgrestConfig } from '../shapes.ts';

const MOST_SECRETS = 100;

type ProjectOperation =
  | 'v1-get-project'
  | 'v1-list-all-secrets'
  | 'v1-bulk-create-secrets'
  | 'v1-bulk-delete-secrets'
  | 'v1-get-postgrest-service-config'
  | 'v1-update-postgrest-service-config';

/** The project itself, its secrets, its Data API. */
export const project: Pick<Handlers, ProjectOperation> = {
  'v1-get-project': ({ project: { ref, name, createdAt } }) => ({
    body: {
      id: ref,
      ref,
      organization_id: 'local',
      organization_slug: 'local',
      name,
      region: 'local',
      created_at: createdAt,
      status: 'ACTIVE_HEALTHY',
      database: {
        host: `db.${ref}.localhost`,
        version: '17.0.0',
        postgres_engine: '17',
        release_channel: 'ga',
      },
    },
  }),
  'v1-list-all-secrets': ({ project: { secrets } }) => ({
    // A value never comes back: only its digest.
    body: secrets.map(({ name, value, updatedAt }) => ({
      name,
      value: createHash('sha256').update(value).digest('hex'),
      updated_at: updatedAt,
    })),
  }),
  'v1-bulk-create-secrets': ({ project: { secrets }, body, now }) => {
    const wanted = CreateSecrets.parse(body);
    const names = new Set([...secrets, ...wanted].map(({ name }) => name));
    if (names.size > MOST_SECRETS)
      throw new ManagementError(400, 'Max number of secrets reached for project');
    for (const { name, value } of wanted) {
      const updatedAt = new Date(now).toISOString();
      const known = secrets.find((secret) => secret.name === name);
      if (known === undefined) secrets.push({ name, value, updatedAt });
      else Object.assign(known, { value, updatedAt });
    }
    return {};
  },
  'v1-bulk-delete-secrets': ({ project: { secrets }, body }) => {
    const names = new Set(z.array(z.string()).parse(body));
    secrets.splice(0, secrets.length, ...secrets.filter(({ name }) => !names.has(name)));
    return { body: {} };
  },
  'v1-get-postgrest-service-config': ({ project: { postgrest } }) => ({ body: postgrest }),
  'v1-update-postgrest-service-config': (request) => {
    Object.assign(request.project.postgrest, UpdatePostgrestConfig.parse(request.body));
    return { body: request.project.postgrest };
  },
};
