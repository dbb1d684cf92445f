/** Functions as they were deployed to the stand-in, for the host to serve: production's way on a laptop. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openSourceFolder } from '../../../actions/_shared/supabase/source-folder.ts';
import { expandStaticPattern } from '../../../actions/_shared/supabase/static-patterns.ts';
import type { FunctionSource, ServedFunction } from '../functions/function-source.ts';
import type { Store, StoredFunction } from './store.ts';

/** The functions of one project; a deployment is seen by the next call. */
export function deployedFunctions(store: Store, ref: string): FunctionSource {
  const functions = () => store.project(ref)?.functions ?? [];
  const known = new Map<string, ServedFunction>();
  return {
    find: (slug) => {
      const stored = functions().find((each) => each.shown.slug === slug && each.shown.status === 'ACTIVE');
      if (stored === undefined) return null;
      const before = known.get(slug);
      if (before?.revision === revisionOf(stored)) return before;
      const served = toServed(store, ref, stored);
      if (served !== null) known.set(slug, served);
      return served;
    },
    list: () => functions().map(({ shown }) => shown.slug),
    close: async () => undefined,
  };
}

/** Values of the secrets set through the API: what a deployed function finds in its environment. */
export function deployedSecrets(store: Store, ref: string): Readonly<Record<string, string>> {
  return Object.fromEntries((store.project(ref)?.secrets ?? []).map(({ name, value }) => [name, value]));
}

function revisionOf({ shown }: StoredFunction): string {
  return `${shown.id} ${shown.version} ${shown.updated_at}`;
}

function toServed(store: Store, ref: string, stored: StoredFunction): ServedFunction | null {
  const { shown, staticPatterns } = stored;
  const folder = store.sourcesOf(ref, shown.slug, shown.version);
  const entrypoint = join(folder, shown.entrypoint_path ?? '');
  if (!existsSync(entrypoint)) return null;
  const statics = staticPatterns.flatMap((pattern) => expandStaticPattern(openSourceFolder(folder), pattern));
  return {
    slug: shown.slug,
    id: shown.id,
    version: shown.version,
    entrypoint,
    importMap: shown.import_map_path === undefined ? null : join(folder, shown.import_map_path),
    verifyJwt: shown.verify_jwt ?? true,
    readable: statics.map((file) => join(folder, file)),
    revision: revisionOf(stored),
  };
}
