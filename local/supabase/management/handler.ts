import type { OperationId } from './description.ts';
import type { Part } from './multipart.ts';
import type { Store, StoredProject } from './store.ts';

/** A request after routing and checking. */
export interface HandledRequest {
  readonly store: Store;
  readonly project: StoredProject;
  /** `{slug}` of the path, or `slug` of the query. */
  readonly slug: string;
  readonly query: URLSearchParams;
  /** A JSON body, checked against its description. */
  readonly body: unknown;
  readonly parts: readonly Part[];
  readonly accept: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The project's API keys, as the gateway of the same machine knows them. */
  readonly apiKeys: ProjectApiKeys | null;
}

/** API keys of a project. */
export interface ProjectApiKeys {
  readonly publishable: string;
  readonly secret: string;
  readonly anonJwt: string;
  readonly serviceRoleJwt: string;
}

/** A success; the status is the described one. */
export interface HandledResponse {
  readonly body?: unknown;
  /** A body that is not JSON. */
  readonly form?: FormData;
}

/** What an operation does. */
export type Handler = (request: HandledRequest) => HandledResponse;

/** Every operation has its handler. */
export type Handlers = Readonly<Record<OperationId, Handler>>;
