/** What can only be seen with functions, secrets and jobs side by side. Pure. */
import type { AllObjects, FileFinding } from './check-across.ts';
import { closestWord } from './closest-word.ts';

/** Findings about functions: what they read, who calls them, and what they take from one another. */
export function checkFunctions(objects: AllObjects): readonly FileFinding[] {
  return [
    ...checkSecretNames(objects),
    ...checkSharedNames(objects),
    ...checkCalledFunctions(objects),
    ...checkVaultSecrets(objects),
  ];
}

/** Names of secrets that some function reads. */
export function secretsOfFunctions({ functions }: AllObjects): ReadonlySet<string> {
  return new Set(functions.specs.flatMap(({ spec }) => Object.values(spec.secrets)));
}

function checkSecretNames({ functions, secrets }: AllObjects): readonly FileFinding[] {
  if (!secrets.complete) return [];
  return functions.specs.flatMap(({ spec, file }) =>
    Object.entries(spec.secrets).flatMap(([name, secret]): FileFinding[] => {
      if (secrets.names.has(secret)) return [];
      const near = closestWord(secret, secrets.names);
      const hint =
        near === undefined
          ? `Declare it in runbooks/secrets.yaml: \`${secret}:\` with \`value: { env: NAME }\` and \`vault: false\`.`
          : `Did you mean \`${near}\`? Or declare it in runbooks/secrets.yaml.`;
      const message = `the secret \`${secret}\` is not declared`;
      return [
        {
          file,
          finding: {
            severity: 'error',
            code: 'secret-undeclared',
            message,
            hint,
            at: { path: ['secrets', name] },
          },
        },
      ];
    }),
  );
}

/** All functions of a project share one set of environment variables. */
function checkSharedNames({ functions }: AllObjects): readonly FileFinding[] {
  const first = new Map<string, { readonly secret: string; readonly slug: string }>();
  const findings: FileFinding[] = [];
  for (const { spec, file } of functions.specs) {
    for (const [name, secret] of Object.entries(spec.secrets)) {
      const known = first.get(name);
      if (known === undefined) first.set(name, { secret, slug: spec.slug });
      else if (known.secret !== secret) {
        findings.push({
          file,
          finding: {
            severity: 'error',
            code: 'edge-secret-conflict',
            message: `\`${name}\` holds \`${known.secret}\` for function ${known.slug}, and can't hold \`${secret}\` for this one`,
            hint: 'All functions of a project share their environment variables: give this one another name.',
            at: { path: ['secrets', name] },
          },
        });
      }
    }
  }
  return findings;
}

/** Silent where nobody declares functions: then they are deployed by other means. */
function checkCalledFunctions({ functions, jobs }: AllObjects): readonly FileFinding[] {
  if (!functions.complete || functions.names.size === 0) return [];
  return jobs.specs.flatMap(({ spec, file }): FileFinding[] => {
    const { call } = spec.definition;
    if (call.kind !== 'http' || call.function === undefined || functions.names.has(call.function)) return [];
    const near = closestWord(call.function, functions.names);
    return [
      {
        file,
        finding: {
          severity: 'warning',
          code: 'function-undeclared',
          message: `the function \`${call.function}\` is not declared`,
          hint:
            near === undefined
              ? `Declare it in runbooks/functions/${call.function}.yaml, or make sure that something else deploys it.`
              : `Did you mean \`${near}\`? Or declare it in runbooks/functions/${call.function}.yaml.`,
          at: { path: ['call', 'function'] },
        },
      },
    ];
  });
}

function checkVaultSecrets({ jobs, secrets }: AllObjects): readonly FileFinding[] {
  const outside = new Set(secrets.specs.flatMap(({ spec }) => (spec.vault === false ? [spec.name] : [])));
  if (outside.size === 0) return [];
  return jobs.specs.flatMap(({ spec, file }) =>
    spec.references
      .filter(({ secret }) => outside.has(secret))
      .map(
        ({ secret, path, span }): FileFinding => ({
          file,
          finding: {
            severity: 'error',
            code: 'secret-not-in-vault',
            message: `the secret \`${secret}\` is kept out of the Vault, where this job would look for it`,
            hint: 'Remove `vault: false` from it in runbooks/secrets.yaml, or use another secret.',
            at: { path, ...(span === undefined ? {} : { span }) },
          },
        }),
      ),
  );
}
