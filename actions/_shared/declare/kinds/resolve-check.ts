/** A check as one environment wants it. */
import type { EnvironmentDeclaration } from '../model.ts';
import type { CheckSpec, DesiredCheck } from './checks-model.ts';

/** The check as one environment wants it; null where it sleeps, as jobs do outside production unless told otherwise. */
export function resolveCheck(
  { spec, location }: { readonly spec: CheckSpec; readonly location: DesiredCheck['location'] },
  environment: EnvironmentDeclaration,
): DesiredCheck | null {
  const { active: everywhere, overrides, ...base } = spec;
  const found = Object.hasOwn(overrides, environment.name) ? overrides[environment.name] : undefined;
  const { active: here, ...override } = found ?? {};
  if (!(here ?? (everywhere !== false && environment.jobsAwake))) return null;
  return { ...base, ...override, location };
}
