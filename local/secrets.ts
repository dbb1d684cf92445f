import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import type { SecretDeclaration } from '../actions/_shared/declare/model.ts';
import type { StateFolder } from './state-folder.ts';

const Kept = z.record(z.string(), z.string());

/** A random value made for this laptop, the same at every start; kept in the state folder (0600). */
export function keptSecret(state: StateFolder, name: string): string {
  const kept = Kept.safeParse(state.readJson('secrets.json')).data ?? {};
  const known = kept[name];
  if (known !== undefined) return known;
  const value = randomBytes(24).toString('hex');
  state.writeJson('secrets.json', { ...kept, [name]: value });
  return value;
}

/**
 * Values for the secrets that `secrets.yaml` names, made for this laptop: addresses and keys of the local project,
 * everything else random. A value the user has set in the environment wins.
 *
 * @param options.known values of the local project, by name of the secret
 * @returns environment variable name -> value, as the reconcile room wants it
 */
export function localSecretValues(
  secrets: readonly SecretDeclaration[],
  options: {
    readonly state: StateFolder;
    readonly known: Readonly<Record<string, string>>;
    readonly env: NodeJS.ProcessEnv;
  },
): Record<string, string> {
  return Object.fromEntries(
    secrets.map(({ name, valueEnv }) => {
      const given = options.env[valueEnv];
      const value = given !== undefined && given !== '' ? given : options.known[name];
      return [valueEnv, value ?? keptSecret(options.state, name)];
    }),
  );
}
