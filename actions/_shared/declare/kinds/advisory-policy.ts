/** What the files of `runbooks/advisories/` say, file by file, and together for one environment. */
import { ADVISORY_RULES, type AdvisoryRuleName } from './advisory-rules.ts';

type Level = 'ERROR' | 'WARN' | 'INFO';

/** What a file says of a rule; what it does not say stays as it comes. */
export interface RuleSetting {
  readonly enabled?: boolean;
  readonly level?: Level;
  readonly thresholds: Readonly<Record<string, number>>;
  readonly environments: Readonly<Record<string, RuleSetting>>;
}

export interface SuppressionSpec {
  readonly cacheKey: string;
  readonly owner: string;
  readonly reason: string;
  /** The last day, `YYYY-MM-DD`, UTC. */
  readonly expires: string;
  readonly environments?: readonly string[];
}

/** A file as it says it, for every environment. Plain JSON, so that it can be kept in the cache. */
export interface AdvisorySpec {
  readonly name: string;
  readonly owner?: string;
  readonly schemas: readonly string[];
  readonly rules: Readonly<Partial<Record<AdvisoryRuleName, RuleSetting>>>;
  readonly suppressions: readonly SuppressionSpec[];
}

/** A finding that is lived with, and the file that says so. */
export interface Suppression extends SuppressionSpec {
  readonly file: string;
}

/** A rule as one environment wants it. */
export interface AdvisoryRulePolicy {
  readonly enabled: boolean;
  /** Null: as the rule has it. */
  readonly level: Level | null;
  readonly thresholds: Readonly<Record<string, number>>;
  readonly owner: string | null;
}

/** What one environment wants to hear. */
export interface AdvisoryPolicy {
  /** Beside `public` and what the Data API exposes. Sorted. */
  readonly schemas: readonly string[];
  readonly rules: Readonly<Record<AdvisoryRuleName, AdvisoryRulePolicy>>;
  readonly suppressions: readonly Suppression[];
}

/** Everything the files say, for one environment. A rule that two files set was refused before. */
export function resolveAdvisories(
  files: readonly { readonly spec: AdvisorySpec; readonly location: { readonly file: string } }[],
  environment: string,
): AdvisoryPolicy {
  const rules = Object.entries(ADVISORY_RULES).map(([name, thresholds]) => {
    const spec = files.find((each) => Object.hasOwn(each.spec.rules, name))?.spec;
    const setting = spec?.rules[name as AdvisoryRuleName];
    const here = setting?.environments[environment];
    const defaults = Object.entries(thresholds).map(([key, each]) => [key, each.default] as const);
    const policy: AdvisoryRulePolicy = {
      enabled: here?.enabled ?? setting?.enabled ?? true,
      level: here?.level ?? setting?.level ?? null,
      thresholds: { ...Object.fromEntries(defaults), ...setting?.thresholds, ...here?.thresholds },
      owner: spec?.owner ?? soleOwner(files),
    };
    return [name, policy];
  });
  return {
    schemas: [...new Set(files.flatMap(({ spec }) => spec.schemas))].sort(),
    rules: Object.fromEntries(rules) as Record<AdvisoryRuleName, AdvisoryRulePolicy>,
    suppressions: files.flatMap(({ spec, location }) =>
      spec.suppressions
        .filter(({ environments }) => environments === undefined || environments.includes(environment))
        .map((suppression) => ({ ...suppression, file: location.file })),
    ),
  };
}

/** Who is asked about rules no file sets: the owner of `defaults.yaml`. */
function soleOwner(files: readonly { readonly spec: AdvisorySpec }[]): string | null {
  return files.find(({ spec }) => spec.name === 'defaults')?.spec.owner ?? null;
}
