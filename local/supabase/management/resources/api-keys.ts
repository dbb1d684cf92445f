import { randomBytes, randomUUID } from 'node:crypto';
import { ManagementError } from '../api-error.ts';
import type { HandledRequest, Handlers, ProjectApiKeys } from '../handler.ts';
import { CreateApiKey, UpdateApiKey } from '../shapes-project.ts';
import type { StoredApiKey, StoredProject } from '../store.ts';

const KEYS_OF_A_TYPE = 100;
const SHOWN_CHARACTERS = 15;

/** API keys: those every project has, those made through the API, and whether the legacy ones are let in. */
export const apiKeys: Pick<Handlers, Extract<keyof Handlers, `${string}api-key${string}`>> = {
  'v1-get-project-api-keys': (request) => ({
    body: [
      ...(request.apiKeys === null ? [] : builtIn(request.apiKeys, reveals(request))),
      ...request.project.apiKeys.map((key) => shown(key, reveals(request))),
    ],
  }),
  'v1-create-project-api-key': (request) => {
    const { type, name, description, secret_jwt_template: template } = CreateApiKey.parse(request.body);
    const alike = request.project.apiKeys.filter((key) => key.type === type);
    if (alike.some((key) => key.name === name))
      throw new ManagementError(409, `An API key with the name ${name} exists already`);
    if (alike.length >= KEYS_OF_A_TYPE) throw new ManagementError(400, 'Max number of API keys reached');
    const at = new Date(request.now).toISOString();
    const key = `sb_${type}_${randomBytes(24).toString('base64url').replaceAll(/[-_]/g, 'x')}`;
    const added: StoredApiKey = {
      id: randomUUID(),
      type,
      name,
      key,
      description: description ?? null,
      template: template ?? null,
      createdAt: at,
      updatedAt: at,
    };
    request.project.apiKeys.push(added);
    return { body: shown(added, reveals(request)) };
  },
  'v1-get-project-api-key': (request) => ({ body: shown(find(request), reveals(request)) }),
  'v1-update-project-api-key': (request) => {
    const { name, description, secret_jwt_template: template } = UpdateApiKey.parse(request.body);
    const key = find(request);
    if (name !== undefined) key.name = name;
    if (description !== undefined) key.description = description;
    if (template !== undefined) key.template = template;
    key.updatedAt = new Date(request.now).toISOString();
    return { body: shown(key, reveals(request)) };
  },
  'v1-delete-project-api-key': (request) => {
    const key = find(request);
    request.project.apiKeys.splice(request.project.apiKeys.indexOf(key), 1);
    return { body: shown(key, reveals(request)) };
  },
  'v1-get-project-legacy-api-keys': ({ project }) => ({ body: legacyKeys(project) }),
  'v1-update-project-legacy-api-keys': ({ project, query, now }) => {
    project.legacyKeysDisabledAt = query.get('enabled') === 'true' ? null : new Date(now).toISOString();
    return { body: legacyKeys(project) };
  },
};

function legacyKeys({ legacyKeysDisabledAt }: StoredProject): { readonly enabled: boolean } {
  return { enabled: legacyKeysDisabledAt === null };
}

function reveals({ query }: HandledRequest): boolean {
  return query.get('reveal') === 'true';
}

function find({ project, item }: HandledRequest): StoredApiKey {
  const key = project.apiKeys.find(({ id }) => id === item);
  if (key === undefined) throw new ManagementError(404, 'API key not found');
  return key;
}

function builtIn(keys: ProjectApiKeys, reveal: boolean): unknown[] {
  return [
    { name: 'anon', type: 'legacy', id: 'anon', api_key: keys.anonJwt },
    {
      name: 'service_role',
      type: 'legacy',
      id: 'service_role',
      api_key: masked(keys.serviceRoleJwt, reveal),
    },
    { name: 'default', type: 'publishable', id: 'publishable', api_key: keys.publishable },
    { name: 'default', type: 'secret', id: 'secret', api_key: masked(keys.secret, reveal) },
  ];
}

/** A publishable key is public; a secret one is shown to who asks for it to be revealed. */
function shown(key: StoredApiKey, reveal: boolean): unknown {
  return {
    api_key: key.type === 'publishable' ? key.key : masked(key.key, reveal),
    id: key.id,
    type: key.type,
    prefix: key.key.slice(`sb_${key.type}_`.length, SHOWN_CHARACTERS),
    name: key.name,
    description: key.description ?? null,
    secret_jwt_template: key.template ?? null,
    inserted_at: key.createdAt,
    updated_at: key.updatedAt,
  };
}

function masked(key: string, reveal: boolean): string {
  return reveal ? key : `${key.slice(0, SHOWN_CHARACTERS)}······`;
}
