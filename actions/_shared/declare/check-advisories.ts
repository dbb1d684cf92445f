/** What is wrong between files of `runbooks/advisories/`: a rule two of them set, an environment nobody declares. */
import type { AllObjects, FileFinding } from './check-across.ts';
import { closestWord } from './closest-word.ts';
import type { ReportFinding } from './finding.ts';

type Place = Parameters<ReportFinding>[0]['at'];

/** Findings, each with the file it belongs to. */
export function checkAdvisories({ advisories, environments }: AllObjects): readonly FileFinding[] {
  const findings: FileFinding[] = [];
  const report = (
    file: string,
    fault: { readonly code: string; readonly message: string; readonly hint: string; readonly at: Place },
  ): void => {
    findings.push({ file, finding: { severity: 'error', ...fault } });
  };
  const setBy = new Map<string, string>();
  for (const { spec, file } of advisories.specs) {
    for (const [rule, setting] of Object.entries(spec.rules)) {
      const other = setBy.get(rule);
      setBy.set(rule, other ?? file);
      if (other !== undefined) {
        report(file, {
          code: 'duplicate-rule',
          message: `${other} sets the rule \`${rule}\` too`,
          hint: 'Keep it in one file, so that nobody has to guess which counts.',
          at: { path: ['rules', rule], part: 'key' },
        });
      }
      for (const name of Object.keys(setting.environments)) {
        checkName(name, { path: ['rules', rule, 'environments', name], part: 'key' }, file);
      }
    }
    for (const [index, { environments: named = [] }] of spec.suppressions.entries()) {
      for (const [place, name] of named.entries()) {
        checkName(name, { path: ['suppressions', index, 'environments', place] }, file);
      }
    }
  }
  return findings;

  function checkName(name: string, at: Place, file: string): void {
    if (!environments.complete || environments.names.has(name)) return;
    const near = closestWord(name, environments.names);
    report(file, {
      code: 'environment-undeclared',
      message: `there is no environment \`${name}\` in runbooks/environments.yaml`,
      hint:
        near === undefined
          ? `Declared are ${[...environments.names].join(', ') || 'none'}.`
          : `Did you mean \`${near}\`?`,
      at,
    });
  }
}
