/** A project as its file says it, and as one environment wants it. */
import type { DesiredProject, EnvironmentDeclaration, ProjectDefinition } from '../model.ts';

export type DefinedBranch = ProjectDefinition['branches'][string];

/** What one environment changes. */
export interface ProjectOverride {
  readonly enabled?: boolean;
  readonly settings: Partial<Omit<ProjectDefinition, 'branches'>>;
  readonly branches: Readonly<Record<string, Partial<DefinedBranch>>>;
}

/** A project for every environment. Plain JSON, so that it can be kept in the cache. */
export interface ProjectSpec {
  readonly slug: string;
  readonly organisation: string;
  /** As it is where no environment says otherwise. */
  readonly settings: ProjectDefinition;
  readonly overrides: Readonly<Record<string, ProjectOverride>>;
}

/** The project as one environment wants it; null where it is left out. */
export function resolveProject(
  { spec, location }: { readonly spec: ProjectSpec; readonly location: DesiredProject['location'] },
  environment: EnvironmentDeclaration['name'],
): DesiredProject | null {
  const override = Object.hasOwn(spec.overrides, environment) ? spec.overrides[environment] : undefined;
  if (override?.enabled === false) return null;
  const branches = Object.entries(spec.settings.branches).map(([name, branch]) => {
    const changes = override === undefined ? undefined : ownValue(override.branches, name);
    return [name, { ...branch, ...changes }] as const;
  });
  return {
    name: `${spec.organisation}/${spec.slug}`,
    definition: { ...spec.settings, ...override?.settings, branches: Object.fromEntries(branches) },
    location,
  };
}

/** `owner/name` of a repository's address, as `ops.repository_name` reads it. */
export function repositoryName(address: string): string {
  const plain = address.replace(/(?:\.git)?\/*$/, '');
  return /^.*[/:]([^/:]+\/[^/:]+)$/.exec(plain)?.[1] ?? plain;
}

function ownValue<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
