import path from 'node:path';
import { loadDeclarations } from '../declare/load.ts';
import type { DeclarationResult, DesiredState, Diagnostic } from '../declare/model.ts';
import type { Environment } from '../io/inputs.ts';
import type { Redaction } from '../io/redaction.ts';

/** Declarations as an action reads them. */
export interface ReadDeclarations {
  /** Resolves one environment and hides the values of its secrets from then on. */
  readonly resolve: DeclarationResult['resolve'];
  readonly advisories: DeclarationResult['advisories'];
  /** All diagnostics; files are relative to the root. */
  readonly diagnostics: readonly Diagnostic[];
  /** True when a file is wrong, so that nothing may be planned or applied. */
  readonly broken: boolean;
}

/**
 * Reads `runbooks/` and `migrations/` and takes note of every value that must not be seen: connection strings and the token for Supabase at once,
 * secrets of an environment when it is resolved.
 */
export async function readDeclarations(from: {
  readonly workspace: string;
  /** Folder of runbooks/, relative to the workspace. */
  readonly root: string;
  readonly environment: Environment;
  readonly redaction: Redaction;
}): Promise<ReadDeclarations> {
  const { environment, redaction } = from;
  const result = await loadDeclarations({ root: path.resolve(from.workspace, from.root) });
  for (const { connectionEnv } of result.environments) redaction.add(environment[connectionEnv]);
  redaction.add(environment.SUPABASE_ACCESS_TOKEN);
  return {
    resolve: (name) => hideSecrets(result.resolve(name), { environment, redaction }),
    advisories: result.advisories,
    diagnostics: result.diagnostics,
    broken: result.diagnostics.some((item) => item.severity === 'error'),
  };
}

function hideSecrets(
  desired: DesiredState,
  { environment, redaction }: { readonly environment: Environment; readonly redaction: Redaction },
): DesiredState {
  for (const { valueEnv } of desired.secrets) redaction.add(environment[valueEnv]);
  return desired;
}
