/** Which service answers what, and who may knock: the part Supabase's API gateway plays. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Caller, createIdentifyCaller, type IssuedKeys, isRefusal } from './api-keys.ts';
import { type Incoming, json, type Outgoing } from './http/message.ts';
import type { Mount } from './http/server.ts';
import type { ProjectKeys } from './keys.ts';

/** A service that hears who calls. */
export type Service = (request: Incoming, caller: Caller) => Promise<Outgoing>;

/** What serves /functions/v1: a handler that speaks fetch, or one that works on the wire, which copies less. */
export type FunctionsService =
  | ((request: Request) => Promise<Response>)
  | { readonly serve: (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void> };

/** The services behind the gateway. */
export interface Services {
  readonly rest: Service;
  readonly auth: Service;
  readonly storage: Service;
  readonly functions?: FunctionsService;
  /** Most bytes of an upload. */
  readonly fileSizeLimit: number;
}

const mebibyte = 1_024 * 1_024;

/** Where the services are mounted. */
export function gatewayMounts(
  keys: ProjectKeys,
  services: Services,
  issued?: () => IssuedKeys,
): readonly Mount[] {
  const keyed = createIdentifyCaller(keys, true, issued);
  const open = createIdentifyCaller(keys, false, issued);
  const guard =
    (service: Service, isOpen: (request: Incoming) => boolean) =>
    (request: Incoming): Promise<Outgoing> => {
      const caller = (isOpen(request) ? open : keyed)(request);
      return isRefusal(caller) ? Promise.resolve(caller) : service(request, caller);
    };
  const tooLarge = (): Outgoing => json(413, { message: 'Request size limit exceeded' });
  const mounts: Mount[] = [
    { prefix: '/rest/v1', bodyLimit: 16 * mebibyte, handle: guard(services.rest, () => false), tooLarge },
    { prefix: '/auth/v1', bodyLimit: mebibyte, handle: guard(services.auth, isOpenAuth), tooLarge },
    {
      prefix: '/storage/v1',
      // A form adds its boundaries and fields to the file.
      bodyLimit: services.fileSizeLimit + mebibyte,
      handle: guard(services.storage, () => true),
      tooLarge: () =>
        json(413, {
          statusCode: '413',
          code: 'EntityTooLarge',
          error: 'Payload too large',
          message: 'The object exceeded the maximum allowed size',
        }),
    },
  ];
  const { functions } = services;
  if (typeof functions === 'function') mounts.push({ prefix: '/functions/v1', fetch: functions });
  else if (functions !== undefined) mounts.push({ prefix: '/functions/v1', serve: functions.serve });
  return mounts;
}

/** What everybody may ask: the public keys, and whether the service is there. */
function isOpenAuth({ path }: Incoming): boolean {
  return path === '/.well-known/jwks.json' || path === '/jwks' || path === '/health';
}
