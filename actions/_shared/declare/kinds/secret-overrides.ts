/** A secret as its file says it, and as one environment wants it. */
import type { SecretDeclaration } from '../model.ts';

export interface SecretFields {
  readonly valueEnv: string;
  readonly shape?: string;
  readonly maxAgeMs?: number;
}

export interface SecretSpec extends SecretFields {
  readonly name: string;
  readonly description: string;
  /** False: only Edge Functions read it. */
  readonly vault?: false;
  /** What differs, by environment. */
  readonly overrides: Readonly<Record<string, Partial<SecretFields>>>;
}

/** The secret for one environment, without its place in the file. */
export function resolveSecret(spec: SecretSpec, environment: string): Omit<SecretDeclaration, 'location'> {
  const { overrides, ...base } = spec;
  return Object.hasOwn(overrides, environment) ? { ...base, ...overrides[environment] } : base;
}
