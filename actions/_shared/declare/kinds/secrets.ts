/** `runbooks/secrets.yaml`: secrets by name, of the Vault and of Edge Functions; where a value comes from and what it must look like, never the value. */

import { checkValue } from '../check-value.ts';
import { parseDuration } from '../duration.ts';
import type { ReportFinding } from '../finding.ts';
import * as z from '../shape.ts';
import type { SecretFields, SecretSpec } from './secret-overrides.ts';
import { Description, described, durationBetween, FromEnvironment, ObjectName } from './vocabulary.ts';

const Value = described(FromEnvironment, 'The environment variable an apply takes the value from.');
const Shape = described(
  z.string().check(z.minLength(1), z.maxLength(500), z.refine(isPattern, 'must be a regular expression')),
  'Regular expression the value must match, for example ^https://',
);
const MaxAge = described(
  durationBetween('1h', '3650d'),
  'How old the secret may grow before it is reported.',
);

const Secret = z.strictObject({
  description: described(z.exactOptional(Description), 'What the secret is for.'),
  value: Value,
  shape: z.exactOptional(Shape),
  max_age: z.exactOptional(MaxAge),
  vault: described(
    z.exactOptional(z.boolean()),
    'False for a secret that only Edge Functions read: it is kept out of the database. Default true.',
  ),
  environments: described(
    z.exactOptional(
      z.record(
        ObjectName,
        z.strictObject({
          value: z.exactOptional(Value),
          shape: z.exactOptional(Shape),
          max_age: z.exactOptional(MaxAge),
        }),
      ),
    ),
    'What differs in one environment.',
  ),
});

export const SecretsFile = z.record(ObjectName, Secret);

/** Reads one entry of the file. Null when something in it is wrong (reported). */
export function readSecret(name: string, value: unknown, report: ReportFinding): SecretSpec | null {
  const entry = checkValue(Secret, value, report, [name]);
  if (entry === null) return null;
  const overrides = Object.entries(entry.environments ?? {}).map(
    ([environment, override]) => [environment, fieldsOf(override)] as const,
  );
  return {
    name,
    description: entry.description ?? '',
    ...fieldsOf(entry),
    valueEnv: entry.value.env,
    ...(entry.vault === false ? { vault: false as const } : {}),
    overrides: Object.fromEntries(overrides),
  };
}

function fieldsOf(entry: {
  readonly value?: { readonly env: string };
  readonly shape?: string;
  readonly max_age?: string;
}): Partial<SecretFields> {
  return {
    ...(entry.value === undefined ? {} : { valueEnv: entry.value.env }),
    ...(entry.shape === undefined ? {} : { shape: entry.shape }),
    ...(entry.max_age === undefined ? {} : { maxAgeMs: parseDuration(entry.max_age) }),
  };
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text, 'u');
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
