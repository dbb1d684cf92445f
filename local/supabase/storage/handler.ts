/** A stand-in for Supabase Storage: buckets, objects and signed URLs as supabase-js uses them, under row level security. */
import type { Service } from '../gateway.ts';
import { json, type Outgoing } from '../http/message.ts';
import { openAccess } from './access.ts';
import { serveBuckets } from './buckets.ts';
import { openFiles } from './files.ts';
import { isOpenPath, serveObjects } from './objects.ts';
import type { StorageService } from './service.ts';
import { StorageProblem, storageProblemOf } from './storage-error.ts';

/** The service; its files are kept below `folder`. */
export function createStorage(
  options: Omit<StorageService, 'files'> & {
    readonly folder: string;
    readonly log: (line: string) => void;
  },
): Service {
  const service: StorageService = { ...options, files: openFiles(options.folder) };
  return async (request, caller) => {
    try {
      const { method, path } = request;
      if (path === '/status' || path === '/health') return json(200, { healthy: true });
      const access = await openAccess(service, request, isOpenPath(method, path) ? null : caller);
      const turn = { service, request, access, query: new URLSearchParams(request.search) };
      return await route(turn, path);
    } catch (error) {
      return storageProblemOf(error, options.log).toAnswer();
    }
  };
}

function route(turn: Parameters<typeof serveBuckets>[0], path: string): Promise<Outgoing> {
  if (path === '/bucket' || path.startsWith('/bucket/'))
    return serveBuckets(turn, path.slice('/bucket'.length));
  if (path.startsWith('/object/')) return serveObjects(turn, path.slice('/object/'.length));
  throw new StorageProblem(
    404,
    'NotFound',
    `Route ${turn.request.method}:${path.slice(0, 80)} not found`,
    'Not Found',
  );
}
