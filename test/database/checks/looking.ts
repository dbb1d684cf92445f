/** What the tests of checks share: declarations out of a few lines of YAML, and one pass over them. */

import type { CheckPass, CheckResult } from '../../../actions/_shared/checks/check-pass.ts';
import { type RunChecks, runChecks } from '../../../actions/_shared/checks/run-checks.ts';
import { memoryReader } from '../../../actions/_shared/declare/file-reader.ts';
import { loadDeclarations } from '../../../actions/_shared/declare/load.ts';

export const ENVIRONMENTS = `production:
  lane: production
  connection: { env: OPS_PRODUCTION_DATABASE_URL }
`;

/** Path below runbooks/, or from the root with a slash before it -> text. */
export type Files = Readonly<Record<string, string>>;

/** Files of checks by name: what a test writes is the probe and what else matters. */
export function checkFiles(checks: Readonly<Record<string, string>>): Files {
  return Object.fromEntries(
    Object.entries(checks).map(([name, text]) => [
      `checks/${name}.yaml`,
      `description: The check ${name}\nowner: "@team"\n${text}\n`,
    ]),
  );
}

/** What the files declare. @throws Error with the diagnostics when one of them is wrong */
export async function declare(files: Files): Promise<RunChecks['declarations']> {
  const all = { 'environments.yaml': ENVIRONMENTS, ...files };
  const read = memoryReader(
    Object.fromEntries(
      Object.entries(all).map(([path, text]) => [
        path.startsWith('/') ? path.slice(1) : `runbooks/${path}`,
        text,
      ]),
    ),
  );
  const declarations = await loadDeclarations({ root: '/nowhere', read });
  const errors = declarations.diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) throw new Error(JSON.stringify(errors, null, 2));
  return declarations;
}

/** One pass over files. */
export async function look(
  files: Files,
  options: Omit<RunChecks, 'declarations' | 'environment' | 'now'> & { readonly now?: Date },
): Promise<CheckPass> {
  return runChecks({
    declarations: await declare(files),
    environment: 'production',
    now: new Date(),
    ...options,
  });
}

/** `check/object: state severity rule`, in the order of the pass: what most tests compare. */
export function summary({ results }: CheckPass): readonly string[] {
  return results.map(
    ({ check, object, state, severity, finding }) =>
      `${check}/${object}: ${state === 'unknown' ? 'unknown' : severity} ${finding.name}`,
  );
}

/** The one result. @throws Error when there are none or several */
export function only(pass: CheckPass): CheckResult {
  const [result, ...others] = pass.results;
  if (result === undefined || others.length > 0)
    throw new Error(`not one result: ${summary(pass).join('; ')}`);
  return result;
}
