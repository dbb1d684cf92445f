import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { ManagementError } from '../api-error.ts';
import type { HandledRequest, Handlers } from '../handler.ts';
import { BulkFunction, CreateFunctionBody, type FunctionResponse, UpdateFunctionBody } from '../shapes.ts';
import type { StoredFunction } from '../store.ts';
import { readDeployment, readSources, removeSources, writeSources } from './function-sources.ts';

/** Functions of a project: https://supabase.com/docs/guides/functions/limits for a paid one. */
const MOST_FUNCTIONS = 500;

type FunctionOperation = Extract<keyof Handlers, `${string}function${string}`>;

/** Edge Functions. */
export const functions: Pick<Handlers, FunctionOperation> = {
  'v1-list-all-functions': ({ project }) => ({ body: project.functions.map(({ shown }) => shown) }),
  'v1-get-a-function': (request) => ({ body: findFunction(request).shown }),
  'v1-delete-a-function': (request) => {
    const { shown } = findFunction(request);
    const { functions } = request.project;
    functions.splice(
      functions.findIndex((each) => each.shown.id === shown.id),
      1,
    );
    return {};
  },
  'v1-get-a-function-body': (request) => ({ form: bodyForm(request) }),
  'v1-create-a-function': (request) => {
    const { slug, name, body, verify_jwt: verifyJwt } = parseSource(CreateFunctionBody, request);
    if (request.project.functions.some((each) => each.shown.slug === slug))
      throw new ManagementError(400, 'Duplicated function slug');
    const deployed = deployText({ ...request, slug }, { text: body, name, verifyJwt });
    return { body: deployed };
  },
  'v1-update-a-function': (request) => {
    const known = findFunction(request);
    const { body, name, verify_jwt: verifyJwt } = parseSource(UpdateFunctionBody, request);
    if (body !== undefined) return { body: deployText(request, { text: body, name, verifyJwt }) };
    if (name !== undefined) known.shown.name = name;
    if (verifyJwt !== undefined) known.shown.verify_jwt = verifyJwt;
    known.shown.updated_at = request.now;
    return { body: known.shown };
  },
  'v1-deploy-a-function': (request) => {
    const deployment = readDeployment(request);
    const { metadata, files, digest } = deployment;
    const slug = request.slug === '' ? (metadata.name ?? '') : request.slug;
    const bundleOnly = request.query.get('bundleOnly') === 'true';
    const draft = draftOf({ ...request, slug }, digest, {
      name: metadata.name,
      verify_jwt: metadata.verify_jwt,
      entrypoint_path: metadata.entrypoint_path,
      import_map_path: metadata.import_map_path,
    });
    writeSources(request.store.sourcesOf(request.project.ref, slug, draft.version), files);
    if (bundleOnly) {
      // The version is used up, and nothing is shown before the bulk update comes.
      request.project.reserved[slug] = { id: draft.id, version: draft.version };
      const { created_at: _created, updated_at: _updated, ...rest } = draft;
      return { body: { ...rest, ...(isNew(request, slug) ? {} : { created_at: draft.created_at }) } };
    }
    putInPlace(request, draft, metadata.static_patterns ?? []);
    return { body: draft };
  },
  'v1-bulk-update-functions': (request) => {
    const wanted = z.array(BulkFunction).parse(request.body);
    const updated = wanted.map((each) => bulkUpdate(request, each));
    return { body: { functions: updated } };
  },
};

function findFunction({ project, slug }: HandledRequest): StoredFunction {
  const found = project.functions.find((each) => each.shown.slug === slug);
  if (found === undefined) throw new ManagementError(404, 'Function not found');
  return found;
}

function isNew({ project }: HandledRequest, slug: string): boolean {
  return !project.functions.some((each) => each.shown.slug === slug);
}

function parseSource<Schema extends z.ZodType>(schema: Schema, request: HandledRequest): z.infer<Schema> {
  if (request.body === undefined)
    throw new ManagementError(400, 'This stand-in bundles nothing: deploy the sources, not an eszip.');
  return schema.parse(request.body);
}

interface Wanted {
  readonly name?: string | undefined;
  readonly verify_jwt?: boolean | undefined;
  readonly entrypoint_path: string;
  readonly import_map_path?: string | undefined;
}

/** The function as it will be shown. What the request doesn't say stays as it was; JWTs are checked unless told otherwise. */
function draftOf(request: HandledRequest, digest: string, wanted: Wanted): FunctionResponse {
  const { project, slug, now } = request;
  const known = project.functions.find((each) => each.shown.slug === slug);
  if (known === undefined && project.functions.length >= MOST_FUNCTIONS)
    throw new ManagementError(402, 'Max number of functions reached for project');
  const reserved = project.reserved[slug];
  const importMap = wanted.import_map_path ?? '';
  return {
    id: known?.shown.id ?? reserved?.id ?? randomUUID(),
    slug,
    name: wanted.name ?? known?.shown.name ?? slug,
    status: 'ACTIVE',
    version: Math.max(known?.lastVersion ?? 0, reserved?.version ?? 0) + 1,
    created_at: known?.shown.created_at ?? now,
    updated_at: now,
    verify_jwt: wanted.verify_jwt ?? known?.shown.verify_jwt ?? true,
    import_map: importMap !== '',
    entrypoint_path: wanted.entrypoint_path,
    ...(importMap === '' ? {} : { import_map_path: importMap }),
    ezbr_sha256: digest,
  };
}

function putInPlace(
  request: HandledRequest,
  shown: FunctionResponse,
  staticPatterns: readonly string[],
): void {
  const { project } = request;
  const stored = { shown, lastVersion: shown.version, staticPatterns: [...staticPatterns] };
  const at = project.functions.findIndex((each) => each.shown.slug === shown.slug);
  if (at < 0) project.functions.push(stored);
  else project.functions[at] = stored;
  delete project.reserved[shown.slug];
  // The version before stays: its process may still be answering.
  removeSources(request.store.sourcesOf(project.ref, shown.slug, shown.version - 2));
}

function deployText(
  request: HandledRequest,
  source: {
    readonly text: string;
    readonly name: string | undefined;
    readonly verifyJwt: boolean | undefined;
  },
): FunctionResponse {
  const entry = 'source/index.ts';
  const files = [{ path: entry, content: Buffer.from(source.text) }];
  const draft = draftOf(request, '', {
    name: source.name,
    verify_jwt: source.verifyJwt,
    entrypoint_path: entry,
  });
  writeSources(request.store.sourcesOf(request.project.ref, request.slug, draft.version), files);
  putInPlace(request, draft, []);
  return draft;
}

function bulkUpdate(request: HandledRequest, wanted: z.infer<typeof BulkFunction>): FunctionResponse {
  const known = request.project.functions.find((each) => each.shown.slug === wanted.slug);
  const reserved = request.project.reserved[wanted.slug];
  if (wanted.version < (known?.shown.version ?? 0))
    throw new ManagementError(400, `Version conflict of function ${wanted.slug}`);
  const shown: FunctionResponse = {
    ...wanted,
    id: known?.shown.id ?? reserved?.id ?? wanted.id,
    created_at: known?.shown.created_at ?? wanted.created_at ?? request.now,
    updated_at: request.now,
  };
  putInPlace(request, shown, known?.staticPatterns ?? []);
  return shown;
}

function bodyForm(request: HandledRequest): FormData {
  const { shown, staticPatterns } = findFunction(request);
  if (!request.accept.includes('multipart/form-data'))
    throw new ManagementError(406, 'This stand-in keeps sources, no eszip: ask for multipart/form-data.');
  const form = new FormData();
  const metadata = {
    entrypoint_path: shown.entrypoint_path,
    import_map_path: shown.import_map_path,
    static_patterns: staticPatterns,
    verify_jwt: shown.verify_jwt,
    name: shown.name,
  };
  form.append('metadata', JSON.stringify(metadata));
  const folder = request.store.sourcesOf(request.project.ref, shown.slug, shown.version);
  for (const { path, content } of readSources(folder)) {
    form.append('file', new File([new Uint8Array(content)], path, { type: 'application/octet-stream' }));
  }
  return form;
}
