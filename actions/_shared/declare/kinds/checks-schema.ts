/** The shape of a file in `runbooks/checks/`: what is accepted and what editors are told. */
import * as z from '../shape.ts';
import { Glob, PROBES } from './checks-probes.ts';
import { Description, described, durationBetween, ObjectName, Owner } from './vocabulary.ts';

const Severity = described(
  z.enum(['info', 'warning', 'critical']),
  'How bad it is where the probe does not say. Default warning.',
);
const forWords = 'must be how many of how many evaluations, such as `3 of 5`';
/** Also what `readFor` takes apart. */
export const N_OF_M = /^([1-9]\d{0,2})(?: of ([1-9]\d{0,2}))?$/;
const For = described(
  z.union(
    [z.int().check(z.gte(1), z.lte(60)), z.string(forWords).check(z.regex(N_OF_M, forWords))],
    forWords,
  ),
  'How many of the last evaluations must find it before anybody is told: `3 of 5`, or `3` for 3 of 3. Default 1.',
);
const Mute = z.strictObject({
  check: described(z.exactOptional(Glob), 'Name of the check.'),
  object: described(z.exactOptional(Glob), 'What the alert is about.'),
  kind: described(z.exactOptional(Glob), 'Kind of the alert, for alerts others raise, such as job_failed.'),
  key: described(z.exactOptional(Glob), 'Dedupe key of the alert.'),
  group: described(z.exactOptional(Glob), 'Group of the alert.'),
  severity: z.exactOptional(z.enum(['info', 'warning', 'critical'])),
});
const InputText = z.string().check(z.regex(/^[^\s"'`]{1,200}$/, 'must be one word, or `$object`'));
const Runbook = z.union(
  [
    ObjectName,
    z.strictObject({
      name: ObjectName,
      inputs: described(
        z.exactOptional(z.record(ObjectName, InputText)),
        'Its inputs; `$object` is what the alert is about.',
      ),
    }),
  ],
  'must be the name of a runbook, or `{ name, inputs }`',
);

const settings = {
  owner: described(z.exactOptional(Owner), 'Who is told.'),
  severity: z.exactOptional(Severity),
  for: z.exactOptional(For),
  hold_open: described(
    z.exactOptional(durationBetween('0s', '7d')),
    'How long it must be well before the alert ends. Default 10m.',
  ),
  reopen_within: described(
    z.exactOptional(durationBetween('0s', '90d')),
    'Back within this time, it is the same alert again. Default 1d.',
  ),
  group: described(z.exactOptional(ObjectName), 'Alerts of a group are shown as one.'),
  mutes: described(
    z.exactOptional(z.array(Mute).check(z.maxLength(50))),
    'Alerts that follow from this one, and are muted while it lasts.',
  ),
  runbook: described(z.exactOptional(Runbook), 'What to press.'),
  every: described(
    z.exactOptional(durationBetween('1m', '31d')),
    'Look no more often than this. Default: on every pass.',
  ),
  timeout: described(
    z.exactOptional(durationBetween('100ms', '2m')),
    'How long one look may take. Default 10s.',
  ),
};

const Active = described(z.boolean('must be true or false'), 'False: the check sleeps.');

/** The keys that name a probe, left open: which shape it must have is decided by the key. */
const open = Object.fromEntries(Object.keys(PROBES).map((kind) => [kind, z.exactOptional(z.unknown())])) as {
  readonly [Kind in keyof typeof PROBES]: z.OptionalShape<unknown>;
};

const common = {
  description: described(
    Description.check(z.minLength(1)),
    'What it means when this fires, for whoever is woken by it.',
  ),
  active: z.exactOptional(Active),
  ...settings,
};
const Override = z.strictObject({ active: z.exactOptional(Active), ...settings, ...open });
const environments = described(
  z.exactOptional(z.record(ObjectName, Override)),
  'What differs in one environment; of the probe only what is written here.',
);

/** The file with its probe left open. */
export const CheckShell = z.strictObject({ ...common, ...open, environments });

/** The whole file, for editors. */
export const CheckFile = z.lazy(() =>
  z.strictObject({
    ...common,
    ...(Object.fromEntries(
      Object.entries(PROBES).map(([kind, shape]) => [kind, z.exactOptional(shape as z.Shape)]),
    ) as typeof open),
    environments,
  }),
);

export type CheckShellValue = z.output<typeof CheckShell>;
export type CheckOverrideValue = z.output<typeof Override>;
