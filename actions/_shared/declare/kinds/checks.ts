/** A file of `runbooks/checks/`: one check, its probe compiled, and what differs per environment. */

import { checkValue } from '../check-value.ts';
import { closestWord } from '../closest-word.ts';
import { parseDuration } from '../duration.ts';
import type { ReportFinding, ValuePath } from '../finding.ts';
import { isProbeKind, readProbe } from './checks-config.ts';
import type { CheckSettings, CheckSpec, ProbeKind } from './checks-model.ts';
import { PROBES } from './checks-probes.ts';
import { type CheckOverrideValue, CheckShell, type CheckShellValue } from './checks-schema.ts';
import { readFor } from './checks-values.ts';

const KINDS = Object.keys(PROBES) as readonly ProbeKind[];

/** Reads the value of one file. Null when something in it is wrong; every fault is reported, not only the first. */
export function readCheck(name: string, value: unknown, report: ReportFinding): CheckSpec | null {
  const shell = checkValue(CheckShell, value, report);
  const map = asMap(value);
  const kind = map === null ? null : probeKindOf(map, report);
  const written = kind === null ? undefined : map?.[kind];
  const probe = kind === null ? null : readProbe(kind, written, [kind], report);
  if (shell === null || kind === null || probe === null) return null;
  const base = settings(shell, [], report);
  const overrides: Record<string, CheckSpec['overrides'][string]> = {};
  for (const [environment, override] of Object.entries(shell.environments ?? {})) {
    const read = readOverride({ environment, override, kind, base: written }, report);
    if (read !== null) overrides[environment] = read;
  }
  return {
    name,
    description: shell.description,
    ...(shell.active === undefined ? {} : { active: shell.active }),
    ...DEFAULTS,
    ...base,
    probe,
    overrides,
  };
}

const DEFAULTS: Omit<CheckSettings, 'probe'> = {
  owner: null,
  severity: 'warning',
  for: { failing: 1, of: 1 },
  holdOpenMs: 10 * 60_000,
  reopenWithinMs: 24 * 3_600_000,
  group: null,
  mutes: [],
  runbook: null,
  everyMs: 0,
  timeoutMs: 10_000,
};

type SettingsValue = Omit<CheckShellValue, 'description' | 'environments' | ProbeKind>;

/** What is written, and nothing else. */
function settings(
  written: SettingsValue,
  under: ValuePath,
  report: ReportFinding,
): Partial<Omit<CheckSettings, 'probe'>> {
  const { runbook } = written;
  const wanted = readFor(written.for);
  if (wanted === null) {
    report({
      severity: 'error',
      code: 'for-impossible',
      message: `\`for: ${written.for}\` can never come true`,
      hint: 'Write the smaller number first, such as `3 of 5`; at most 60.',
      at: { path: [...under, 'for'] },
    });
  }
  return {
    ...(written.owner === undefined ? {} : { owner: written.owner }),
    ...(written.severity === undefined ? {} : { severity: written.severity }),
    ...(written.for === undefined || wanted === null ? {} : { for: wanted }),
    ...(written.hold_open === undefined ? {} : { holdOpenMs: parseDuration(written.hold_open) }),
    ...(written.reopen_within === undefined ? {} : { reopenWithinMs: parseDuration(written.reopen_within) }),
    ...(written.group === undefined ? {} : { group: written.group }),
    ...(written.mutes === undefined ? {} : { mutes: written.mutes }),
    ...(runbook === undefined
      ? {}
      : {
          runbook:
            typeof runbook === 'string'
              ? { name: runbook, inputs: {} }
              : { name: runbook.name, inputs: runbook.inputs ?? {} },
        }),
    ...(written.every === undefined ? {} : { everyMs: parseDuration(written.every) }),
    ...(written.timeout === undefined ? {} : { timeoutMs: parseDuration(written.timeout) }),
  };
}

function readOverride(
  {
    environment,
    override,
    kind,
    base,
  }: {
    readonly environment: string;
    readonly override: CheckOverrideValue;
    readonly kind: ProbeKind;
    readonly base: unknown;
  },
  report: ReportFinding,
): CheckSpec['overrides'][string] | null {
  const under: ValuePath = ['environments', environment];
  const foreign = Object.keys(override).filter((key) => isProbeKind(key) && key !== kind);
  for (const key of foreign) {
    report({
      severity: 'error',
      code: 'override-probe',
      message: `this check looks at \`${kind}\`, and an environment cannot make it look at \`${key}\``,
      hint: 'Make it a check of its own.',
      at: { path: [...under, key], part: 'key' },
    });
  }
  const change = override[kind];
  // What an environment writes stands in the place of what the file says, key by key.
  const probe =
    change === undefined || foreign.length > 0
      ? undefined
      : readProbe(kind, { ...asMap(base), ...asMap(change) }, [...under, kind], report);
  if (foreign.length > 0 || probe === null) return null;
  return {
    ...(override.active === undefined ? {} : { active: override.active }),
    ...settings(override, under, report),
    ...(probe === undefined ? {} : { probe }),
  };
}

/** The one key that says what is looked at. */
function probeKindOf(map: Readonly<Record<string, unknown>>, report: ReportFinding): ProbeKind | null {
  const wanted = `exactly one of ${KINDS.join(', ')}`;
  const [kind, second] = Object.keys(map).filter(isProbeKind);
  if (second !== undefined) {
    report({
      severity: 'error',
      code: 'probe-kinds',
      message: `the check holds both \`${kind}\` and \`${second}\``,
      hint: `Keep ${wanted}.`,
      at: { path: [second], part: 'key' },
    });
    return null;
  }
  if (kind !== undefined) return kind;
  // A mistyped probe has been reported as an unknown key, with the nearest right word.
  const mistyped = Object.keys(map).some((key) => closestWord(key, KINDS) !== undefined);
  if (!mistyped) {
    report({
      severity: 'error',
      code: 'probe-kinds',
      message: 'the check does not say what to look at',
      hint: `It holds ${wanted}.`,
      at: { path: [], part: 'key' },
    });
  }
  return null;
}

function asMap(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}
