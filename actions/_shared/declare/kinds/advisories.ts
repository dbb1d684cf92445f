/** A file of `runbooks/advisories/`: which advice is wanted, from when on, and what is lived with for a while. */
import { checkValue } from '../check-value.ts';
import type { ReportFinding } from '../finding.ts';
import * as z from '../shape.ts';
import type { AdvisorySpec, RuleSetting, SuppressionSpec } from './advisory-policy.ts';
import { ADVISORY_RULES, type AdvisoryRuleName, isAdvisoryRule, type Threshold } from './advisory-rules.ts';
import { Description, described, ObjectName, Owner } from './vocabulary.ts';

const Enabled = described(z.boolean('must be true or false'), 'False: nobody wants to hear of it.');
const Level = described(
  z.enum(['ERROR', 'WARN', 'INFO']),
  'How bad it is here. INFO is shown and opens no issue.',
);
const Schema = z
  .string()
  .check(z.minLength(1), z.maxLength(63), z.regex(/^[^"\0]+$/, 'must be the name of a schema'));
const Reason = z.string().check(
  z.minLength(10),
  z.maxLength(500),
  z.refine((text) => text.trim() !== '', 'must say why it is lived with'),
);
const Day = z
  .string('must be a day such as 2027-03-31')
  .check(
    z.regex(/^\d{4}-\d{2}-\d{2}$/, { error: 'must be a day such as 2027-03-31', abort: true }),
    z.refine(isDay, 'must be a day of the calendar'),
  );

const Suppression = z.strictObject({
  cache_key: described(
    z
      .string()
      .check(
        z.minLength(3),
        z.maxLength(300),
        z.regex(/[^*?]{3}/, 'must name something: at least three characters that are no wildcard'),
      ),
    'The cache_key of a finding; `*` stands for any characters, `?` for one.',
  ),
  owner: described(Owner, 'Who answers for living with it.'),
  reason: described(Reason, 'Why it is lived with.'),
  expires: described(Day, 'The last day, in UTC. From the next on the finding is back.'),
  environments: described(
    z.exactOptional(z.array(ObjectName).check(z.minLength(1))),
    'Only in these environments. Default all.',
  ),
});

/** The whole file. */
export const AdvisoryFile = z.strictObject({
  description: described(z.exactOptional(Description), 'What this file is for.'),
  owner: described(z.exactOptional(Owner), 'Who is asked about what the rules of this file find.'),
  schemas: described(
    z.exactOptional(z.array(Schema)),
    'Schemas to lint, beside those the Data API exposes and `public`.',
  ),
  rules: described(z.exactOptional(z.lazy(rulesShape)), 'Rules that are not as they come.'),
  suppressions: described(
    z.exactOptional(z.array(Suppression).check(z.maxLength(1000))),
    'Findings that are lived with for a while, each with its owner, reason and last day.',
  ),
});

/** A file names few of the rules, and only for those their shapes are made. */
function rulesShape(): z.Shape<Readonly<Record<string, unknown>>> {
  const rules = Object.entries(ADVISORY_RULES).map(
    ([name, thresholds]) => [name, z.exactOptional(z.lazy(() => ruleShape(thresholds)))] as const,
  );
  return z.strictObject(Object.fromEntries(rules) as Record<string, z.OptionalShape>);
}

function ruleShape(thresholds: Readonly<Record<string, Threshold>>): z.Shape {
  const numbers = Object.entries(thresholds).map(([key, { least, most, what, ...rest }]) => [
    key,
    described(z.exactOptional(z.int().check(z.gte(least), z.lte(most))), `${what} Default ${rest.default}.`),
  ]);
  const setting = {
    enabled: z.exactOptional(Enabled),
    level: z.exactOptional(Level),
    ...(Object.fromEntries(numbers) as Record<string, z.OptionalShape>),
  };
  const here = z.strictObject(setting);
  const environments = described(
    z.exactOptional(z.record(ObjectName, here)),
    'What differs in one environment.',
  );
  return z.strictObject({ ...setting, environments });
}

/** Reads the value of one file. Null when something in it is wrong (reported). */
export function readAdvisories(name: string, value: unknown, report: ReportFinding): AdvisorySpec | null {
  const file = checkValue(AdvisoryFile, value, report);
  if (file === null) return null;
  return {
    name,
    ...(file.owner === undefined ? {} : { owner: file.owner }),
    schemas: [...new Set(file.schemas ?? [])],
    rules: Object.fromEntries(
      Object.entries(file.rules ?? {}).flatMap(([rule, setting]) =>
        isAdvisoryRule(rule) ? [[rule, settingOf(rule, setting)]] : [],
      ),
    ),
    suppressions: (file.suppressions ?? []).map(
      (suppression): SuppressionSpec => ({
        cacheKey: suppression.cache_key,
        owner: suppression.owner,
        reason: suppression.reason.trim(),
        expires: suppression.expires,
        ...(suppression.environments === undefined ? {} : { environments: suppression.environments }),
      }),
    ),
  };
}

/** What `AdvisoryFile` has accepted as the setting of a rule. */
interface WrittenSetting {
  readonly enabled?: boolean;
  readonly level?: 'ERROR' | 'WARN' | 'INFO';
  readonly environments?: Readonly<Record<string, WrittenSetting>>;
  readonly [threshold: string]: unknown;
}

function settingOf(rule: AdvisoryRuleName, setting: unknown): RuleSetting {
  const { enabled, level, environments = {}, ...numbers } = setting as WrittenSetting;
  const thresholds = Object.entries(numbers).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number',
  );
  return {
    ...(enabled === undefined ? {} : { enabled }),
    ...(level === undefined ? {} : { level }),
    thresholds: Object.fromEntries(thresholds),
    environments: Object.fromEntries(
      Object.entries(environments).map(([environment, inner]) => [environment, settingOf(rule, inner)]),
    ),
  };
}

function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}
