import * as z from 'zod';
import type { PlatformEntry } from '../../database/platform-objects.ts';
import { lazily } from '../../declare/lazily.ts';
import type { DesiredFunction } from '../../declare/model.ts';
import type { DeployedFunction } from '../../supabase/functions-api.ts';
import { fieldsDigest } from '../digest.ts';

/**
 * What the ledger remembers of a function. The API tells nothing about contents, so this is where they are known from: as long
 * as id, version and verify_jwt are those we were told at our deployment, the content is that of our deployment.
 *
 * `deploying` is written before a deployment, and stays when we could not see its end (a kill, a lost answer): what is there is ours, and
 * may be either content. `unproven` is a deployment whose function did not refuse a call without credentials.
 */
const functionNote = lazily(() =>
  z.object({
    state: z.enum(['deployed', 'deploying', 'unproven']),
    id: z.string().nullable(),
    version: z.number().nullable(),
    verify_jwt: z.boolean(),
    entry: z.string(),
    import_map: z.string().nullable(),
    static_files: z.array(z.string()),
    /** Path -> sha256. */
    files: z.record(z.string(), z.string()),
  }),
);
export type FunctionNote = z.infer<ReturnType<typeof functionNote>>;

/** What an entry of the ledger says; null when there is none, or an unreadable one. */
export function readFunctionNote(entry: PlatformEntry | undefined): FunctionNote | null {
  return functionNote().safeParse(entry?.applied).data ?? null;
}

/** The note of a deployment that ended. */
export function deployedNote(
  wanted: DesiredFunction,
  deployed: DeployedFunction,
  state: 'deployed' | 'unproven',
): FunctionNote {
  return { ...contentOf(wanted), state, id: deployed.id, version: deployed.version };
}

/** The note of a deployment that is about to begin; id and version are those it replaces. */
export function deployingNote(wanted: DesiredFunction, before: FunctionNote | null): FunctionNote {
  return {
    ...contentOf(wanted),
    state: 'deploying',
    id: before?.id ?? null,
    version: before?.version ?? null,
  };
}

/** Digest for the ledger: that of the content only when that is what is there for certain. */
export function noteDigest(note: FunctionNote, content: string): string {
  return note.state === 'deployed' ? content : fieldsDigest([note.state, content]);
}

/** True when the function is as we deployed it. */
export function isAsNoted(note: FunctionNote, live: DeployedFunction): boolean {
  return (
    note.state === 'deployed' &&
    note.id === live.id &&
    note.version === live.version &&
    note.verify_jwt === (live.verifyJwt ?? true)
  );
}

function contentOf(wanted: DesiredFunction): Omit<FunctionNote, 'state' | 'id' | 'version'> {
  return {
    verify_jwt: wanted.verifyJwt,
    entry: wanted.entry,
    import_map: wanted.importMap,
    static_files: [...wanted.staticPatterns],
    files: Object.fromEntries(wanted.files.map(({ path, sha256 }) => [path, sha256])),
  };
}
