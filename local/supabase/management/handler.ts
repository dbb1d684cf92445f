import type { IncomingHttpHeaders } from 'node:http';
import type { JSONWebKeySet } from 'jose';
import type { Sql } from '../../../actions/_shared/database/connect.ts';
import type { OperationId } from './description.ts';
import type { Part } from './multipart.ts';
import type { Store, StoredProject } from './store.ts';

/** A request after routing and checking. */
export interface HandledRequest {
  readonly store: Store;
  readonly project: StoredProject;
  /** `{slug}` of the path, or `slug` of the query. */
  readonly slug: string;
  /** `{id}` or `{version}` of the path. */
  readonly item: string;
  readonly headers: IncomingHttpHeaders;
  readonly query: URLSearchParams;
  /** A JSON body, checked against its description. */
  readonly body: unknown;
  readonly parts: readonly Part[];
  readonly accept: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The project's API keys, as the gateway of the same machine knows them. */
  readonly apiKeys: ProjectApiKeys | null;
  /** The project's database, when this stand-in was given one. */
  readonly database: Sql | null;
}

/** API keys of a project. */
export interface ProjectApiKeys {
  readonly publishable: string;
  readonly secret: string;
  readonly anonJwt: string;
  readonly serviceRoleJwt: string;
  /** Public halves of what signs user tokens. */
  readonly jwks?: JSONWebKeySet;
}

/** A success; the status is the described one. */
export interface HandledResponse {
  readonly body?: unknown;
  /** A body that is not JSON. */
  readonly form?: FormData;
}

/** What an operation does. */
export type Handler = (request: HandledRequest) => HandledResponse | Promise<HandledResponse>;

/** Every operation has its handler. */
export type Handlers = Readonly<Record<OperationId, Handler>>;
