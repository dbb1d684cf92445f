/** `runbooks/environments.yaml`: the targets, by name. */

import { checkValue } from '../check-value.ts';
import type { ReportFinding } from '../finding.ts';
import type { EnvironmentDeclaration, ResourceKind } from '../model.ts';
import * as z from '../shape.ts';
import { described, FromEnvironment, ObjectName } from './vocabulary.ts';

const Limits = z.strictObject({
  delete_count: described(
    z.exactOptional(z.int().check(z.gte(0))),
    'Most objects one apply may delete without consent.',
  ),
  delete_percent: described(
    z.exactOptional(z.number().check(z.gte(0), z.lte(100))),
    'Largest share of all objects, in percent, one apply may delete without consent.',
  ),
});

const Schema = z
  .string()
  .check(z.regex(/^[a-z_][a-z0-9_]{0,62}$/, 'must be the name of a schema: lower-case letters, digits, `_`'));

const Api = z.strictObject({
  schemas: described(
    z.array(Schema),
    'Schemas the Data API exposes. What is missing is appended; what is there already stays.',
  ),
});

const Environment = z.strictObject({
  lane: described(
    z.enum(['production', 'staging', 'development']),
    'Jobs sleep outside production unless told otherwise.',
  ),
  connection: described(
    FromEnvironment,
    'The environment variable that holds the Postgres connection string.',
  ),
  project_ref: described(
    z.exactOptional(
      z.string().check(z.regex(/^[a-z]{20}$/, 'must be the 20 lower-case letters of a Supabase project ref')),
    ),
    'Ref of the Supabase project; leave out for plain Postgres.',
  ),
  github_environment: described(
    z.exactOptional(z.string().check(z.minLength(1), z.maxLength(255))),
    'GitHub environment that guards the apply.',
  ),
  jobs: described(
    z.exactOptional(z.enum(['awake', 'asleep'])),
    'Whether jobs run here unless a file says otherwise.',
  ),
  prune: described(
    z.exactOptional(z.array(z.enum(['cron', 'secrets', 'projects']))),
    'Kinds whose undeclared objects are deleted by every apply, if they are ours.',
  ),
  limits: described(z.exactOptional(Limits), 'What an apply may delete without a word of consent.'),
  api: described(z.exactOptional(Api), "The project's Data API."),
});

export const EnvironmentsFile = z.record(ObjectName, Environment);

const PRUNED: Readonly<Record<'cron' | 'secrets' | 'projects', readonly ResourceKind[]>> = {
  cron: ['job', 'cron'],
  secrets: ['secret'],
  projects: ['project'],
};

/** An environment before its place in the file is looked up. */
export type EnvironmentSpec = Omit<EnvironmentDeclaration, 'location'>;

/** Reads one entry of the file. Null when something in it is wrong (reported). */
export function readEnvironment(name: string, value: unknown, report: ReportFinding): EnvironmentSpec | null {
  const entry = checkValue(Environment, value, report, [name]);
  if (entry === null) return null;
  return {
    name,
    lane: entry.lane,
    connectionEnv: entry.connection.env,
    ...(entry.project_ref === undefined ? {} : { projectRef: entry.project_ref }),
    ...(entry.github_environment === undefined ? {} : { githubEnvironment: entry.github_environment }),
    jobsAwake: entry.jobs === undefined ? entry.lane === 'production' : entry.jobs === 'awake',
    prune: (entry.prune ?? []).flatMap((kind) => PRUNED[kind]),
    limits: {
      deleteCount: entry.limits?.delete_count ?? 10,
      deletePercent: entry.limits?.delete_percent ?? 20,
    },
    ...(entry.api === undefined ? {} : { apiSchemas: [...new Set(entry.api.schemas)] }),
  };
}
