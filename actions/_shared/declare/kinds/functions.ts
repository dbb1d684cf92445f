/** A file of `runbooks/functions/`: one Edge Function, named by its file, and what it needs to run. */

import { checkValue } from '../check-value.ts';
import type { ReportFinding } from '../finding.ts';
import * as z from '../shape.ts';
import { Description, described, ObjectName, Owner } from './vocabulary.ts';

/** Below functions/, so that nothing else of the repository is ever uploaded as the start of a function. */
const SourcePath = z
  .string()
  .check(
    z.regex(
      /^(?!.*\/\.{1,2}(?:\/|$))functions\/[A-Za-z0-9._\-/]+$/,
      'must be a path below `functions/`, without `..`',
    ),
  );
const StaticPattern = z
  .string()
  .check(
    z.regex(
      /^(?!.*\/\.{1,2}(?:\/|$))functions\/[A-Za-z0-9._\-/*?[\]!]+$/,
      'must be a path or pattern below `functions/`, without `..`',
    ),
  );
const VerifyJwt = z.boolean('must be true or false');

const SecretName = z
  .string()
  .check(
    z.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable'),
    z.regex(/^(?!SUPABASE_)/, 'must not begin with SUPABASE_: those names belong to the platform'),
    z.maxLength(256),
  );

const FunctionOverride = z.strictObject({
  enabled: described(z.exactOptional(z.boolean()), 'False leaves the function out of this environment.'),
  verify_jwt: described(z.exactOptional(VerifyJwt), 'Whether the gateway asks for a token here.'),
});

/** The whole file. */
export const FunctionFile = z.strictObject({
  description: described(z.exactOptional(Description), 'What the function is for.'),
  owner: described(z.exactOptional(Owner), 'Who is asked about it.'),
  entry: described(z.exactOptional(SourcePath), 'The file that serves. Default functions/<slug>/index.ts.'),
  import_map: described(
    z.exactOptional(SourcePath),
    'Its deno.json or import map. Default the one beside the entry.',
  ),
  static_files: described(
    z.exactOptional(z.array(StaticPattern)),
    'Files the function reads while it runs; `*` stays inside a folder, `**` does not.',
  ),
  verify_jwt: described(
    VerifyJwt,
    'Whether the gateway lets only signed tokens through. False when the function checks its callers itself.',
  ),
  secrets: described(
    z.exactOptional(z.record(SecretName, ObjectName, 'must lead from environment variables to secrets')),
    'Environment variables of the function, each with the secret of secrets.yaml that holds its value.',
  ),
  environments: described(
    z.exactOptional(z.record(ObjectName, FunctionOverride)),
    'What differs in one environment.',
  ),
});

/** What one environment changes. */
export interface FunctionOverrides {
  readonly enabled?: boolean;
  readonly verifyJwt?: boolean;
}

/** A function as its file says it, for every environment. Plain JSON, so that it can be kept in the cache. */
export interface FunctionSpec {
  readonly slug: string;
  readonly description: string;
  readonly owner?: string;
  readonly entry: string;
  /** Undefined: the nearest `deno.json`, `deno.jsonc` or `import_map.json`. */
  readonly importMap?: string;
  readonly staticPatterns: readonly string[];
  readonly verifyJwt: boolean;
  /** Environment variable -> name in `secrets.yaml`. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly overrides: Readonly<Record<string, FunctionOverrides>>;
}

const SLUG = /^[a-z]/;

/** Reads the value of one file. Null when something in it is wrong (reported). */
export function readFunction(slug: string, value: unknown, report: ReportFinding): FunctionSpec | null {
  const file = checkValue(FunctionFile, value, report);
  if (!SLUG.test(slug)) {
    report({
      severity: 'error',
      code: 'invalid-name',
      message: `\`${slug}\` can't be the slug of a function`,
      hint: 'A slug begins with a letter; it is part of the address.',
      at: { path: [], part: 'key' },
    });
    return null;
  }
  if (file === null) return null;
  const overrides = Object.entries(file.environments ?? {}).map(([environment, override]) => [
    environment,
    {
      ...(override.enabled === undefined ? {} : { enabled: override.enabled }),
      ...(override.verify_jwt === undefined ? {} : { verifyJwt: override.verify_jwt }),
    },
  ]);
  return {
    slug,
    description: file.description ?? '',
    ...(file.owner === undefined ? {} : { owner: file.owner }),
    entry: file.entry ?? `functions/${slug}/index.ts`,
    ...(file.import_map === undefined ? {} : { importMap: file.import_map }),
    staticPatterns: file.static_files ?? [],
    verifyJwt: file.verify_jwt,
    secrets: file.secrets ?? {},
    overrides: Object.fromEntries(overrides),
  };
}
