/** What checks name in other files: jobs, secrets, functions, other checks. A name that fits nothing looks at nothing. */
import type { AllObjects, FileFinding } from './check-across.ts';
import { closestWord } from './closest-word.ts';
import type { ValuePath } from './finding.ts';
import type { CheckSpec, ProbeConfig } from './kinds/checks-model.ts';
import { fitsGlob } from './names.ts';

interface Named {
  readonly what: string;
  readonly globs: readonly string[];
  readonly known: ReadonlySet<string>;
  readonly complete: boolean;
  readonly path: ValuePath;
}

/** Findings about what the probes and `mutes` of checks name. */
export function checkChecks(objects: AllObjects): readonly FileFinding[] {
  return objects.checks.specs.flatMap(({ spec, file }) =>
    [...namedByProbe(spec.probe, objects), ...namedByMutes(spec, objects)].flatMap((named) =>
      namesNothing(named).map((glob): FileFinding => {
        const near = closestWord(glob, named.known);
        return {
          file,
          finding: {
            severity: 'error',
            code: 'check-names-nothing',
            message: `\`${glob}\` fits no ${named.what}`,
            hint:
              near === undefined
                ? `Declare it, or remove it here: a check that looks at nothing is always well.`
                : `Did you mean \`${near}\`?`,
            at: { path: named.path },
          },
        };
      }),
    ),
  );
}

function namesNothing({ globs, known, complete }: Named): readonly string[] {
  if (!complete) return [];
  return globs.filter(
    (glob) => glob !== '*' && !known.has(glob) && ![...known].some((name) => fitsGlob(glob, name)),
  );
}

function namedByProbe(probe: ProbeConfig, objects: AllObjects): readonly Named[] {
  switch (probe.kind) {
    case 'cron':
      return [named('job', probe.jobs.names, objects.jobs, ['cron', 'jobs'])];
    case 'vault':
      return [named('secret', probe.secrets.names, objects.secrets, ['vault', 'secrets'])];
    case 'function':
      return [named('function', probe.functions.names, objects.functions, ['function', 'functions'])];
    default:
      return [];
  }
}

function namedByMutes({ mutes }: CheckSpec, { checks }: AllObjects): readonly Named[] {
  return mutes.flatMap(({ check }, index) =>
    check === undefined ? [] : [named('check', [check], checks, ['mutes', index, 'check'])],
  );
}

function named(
  what: string,
  globs: readonly string[],
  of: { readonly names: ReadonlySet<string>; readonly complete: boolean },
  path: ValuePath,
): Named {
  return { what, globs, known: of.names, complete: of.complete, path };
}
