/** Everything the stand-in remembers. Plain data: handlers change it, tests may look at it. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { FunctionResponse, PostgrestConfig, ProjectRef } from './shapes.ts';

const StoredFunction = z.object({
  /** What the API shows. */
  shown: FunctionResponse,
  /** Highest version given out; bundles may be ahead of what is shown. */
  lastVersion: z.int(),
  staticPatterns: z.array(z.string()),
});
/** A function. */
export type StoredFunction = z.infer<typeof StoredFunction>;

const StoredSecret = z.object({ name: z.string(), value: z.string(), updatedAt: z.string() });

const StoredApiKey = z.object({
  id: z.string(),
  type: z.enum(['publishable', 'secret']),
  name: z.string(),
  key: z.string(),
  description: z.string().nullish(),
  template: z.record(z.string(), z.json()).nullish(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
/** An API key made through the API. */
export type StoredApiKey = z.infer<typeof StoredApiKey>;

const StoredProject = z.object({
  ref: ProjectRef,
  name: z.string(),
  createdAt: z.string(),
  functions: z.array(StoredFunction),
  /** Bundles uploaded with `bundleOnly` and not yet put in place, of functions that are not there yet. */
  reserved: z.record(z.string(), z.object({ id: z.string(), version: z.int() })),
  secrets: z.array(StoredSecret),
  postgrest: PostgrestConfig,
  apiKeys: z.array(StoredApiKey).default([]),
  /** When the legacy keys were shut out; null while they are let in. */
  legacyKeysDisabledAt: z.string().nullable().default(null),
  /** Versions of migrations by the Idempotency-Key they came with, and how each is rolled back. */
  migrationKeys: z.record(z.string(), z.string()).default({}),
  rollbacks: z.record(z.string(), z.string()).default({}),
});
/** A project. */
export type StoredProject = z.infer<typeof StoredProject>;

/** The stand-in's memory. */
export interface Store {
  /** Null for a project nobody made. */
  readonly project: (ref: string) => StoredProject | null;
  readonly addProject: (ref: string, name: string) => StoredProject;
  /** Folder that holds the files of one version of a function. */
  readonly sourcesOf: (ref: string, slug: string, version: number) => string;
  /** Keeps what was changed. */
  readonly save: () => void;
}

/** Opens the memory kept in a folder. The file holds secret values (functions need them): mode 0600. */
export function openStore(folder: string, now: () => number): Store {
  const file = join(folder, 'management.json');
  const kept = existsSync(file) ? z.array(StoredProject).parse(JSON.parse(readFileSync(file, 'utf8'))) : [];
  const projects = new Map(kept.map((project) => [project.ref, project]));
  const save = (): void => {
    mkdirSync(dirname(file), { recursive: true });
    const draft = `${file}.${process.pid}.tmp`;
    writeFileSync(draft, `${JSON.stringify([...projects.values()])}\n`, { mode: 0o600 });
    renameSync(draft, file);
  };
  return {
    project: (ref) => projects.get(ref) ?? null,
    addProject: (ref, name) => {
      const known = projects.get(ref);
      if (known !== undefined) return known;
      const added: StoredProject = {
        ref,
        name,
        createdAt: new Date(now()).toISOString(),
        functions: [],
        reserved: {},
        secrets: [],
        postgrest: {
          db_schema: 'public,graphql_public',
          max_rows: 1_000,
          db_extra_search_path: 'public, extensions',
          db_pool: null,
          db_pool_acquisition_timeout: null,
          db_pool_max_lifetime: null,
          db_pool_max_idletime: null,
        },
        apiKeys: [],
        legacyKeysDisabledAt: null,
        migrationKeys: {},
        rollbacks: {},
      };
      projects.set(ref, added);
      save();
      return added;
    },
    sourcesOf: (ref, slug, version) => join(folder, 'deployed', ref, slug, String(version)),
    save,
  };
}
