import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import type { SecretDeclaration } from '../actions/_shared/declare/model.ts';
import type { StateFolder } from './state-folder.ts';

const Kept = z.record(z.string(), z.string());

/**
 * Values for the secrets that `secrets.yaml` names, made for this laptop: URLs point at the local target server,
 * everything else is random and kept in the state folder (0600) so that a restart plans no change. A value the
 * user has set in the environment wins.
 *
 * @returns environment variable name -> value, as the reconcile room wants it
 */
export function localSecretValues(
  secrets: readonly SecretDeclaration[],
  options: { readonly state: StateFolder; readonly targetUrl: string; readonly env: NodeJS.ProcessEnv },
): Record<string, string> {
  const parsed = Kept.safeParse(options.state.readJson('secrets.json'));
  const kept: Record<string, string> = parsed.success ? { ...parsed.data } : {};
  const values: Record<string, string> = {};
  for (const secret of secrets) {
    const given = options.env[secret.valueEnv];
    if (given !== undefined && given !== '') {
      values[secret.valueEnv] = given;
      continue;
    }
    if (isUrl(secret)) {
      values[secret.valueEnv] =
        secret.name === 'project_url' ? options.targetUrl : `${options.targetUrl}/${secret.name}`;
      continue;
    }
    kept[secret.name] ??= randomBytes(24).toString('hex');
    values[secret.valueEnv] = kept[secret.name] ?? '';
  }
  options.state.writeJson('secrets.json', kept);
  return values;
}

function isUrl(secret: SecretDeclaration): boolean {
  return secret.shape?.startsWith('^http') === true || /(?:^|_)(?:url|endpoint)$/.test(secret.name);
}
