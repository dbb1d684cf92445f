import { gitIn } from '../_shared/checks/doctor/here.ts';
import { doctorCounts, renderDoctorTerminal } from '../_shared/checks/doctor/report.ts';
import { type DoctorRequest, runDoctor } from '../_shared/checks/doctor/run-doctor.ts';
import { loadDeclarations } from '../_shared/declare/load.ts';
import type { EnvironmentDeclaration } from '../_shared/declare/model.ts';
import { ConfigurationError } from '../_shared/io/errors.ts';
import { wantsColor } from '../_shared/io/wants-color.ts';
import { openPlatform } from '../_shared/target/open-platform.ts';
import { platformVariables } from './local-instance.ts';
import { knownDatabaseUrl, type TargetOptions } from './target-url.ts';

export interface DoctorOptions extends TargetOptions {
  readonly format: 'terminal' | 'json';
  /** `owner/name`. */
  readonly repository?: string;
  readonly strict?: boolean;
}

/**
 * `opsroom doctor`: what will hurt, and what to do. Changes nothing. Exit 0: nothing is wrong; 2: something is; with
 * `--strict` also 2 for a warning, and 3 when something could not be looked at.
 */
export async function doctor(options: DoctorOptions): Promise<number> {
  const declarations = await loadDeclarations({ root: options.root });
  const environment = declarations.environments.find(({ name }) => name === options.env);
  const report = await runDoctor({
    root: options.root,
    declarations,
    environment: options.env,
    env: process.env,
    databaseUrl: databaseOf(environment, options),
    platform: await platformOf(environment, options),
    github: await githubOf(options),
    now: new Date(),
    onWait: (message) => {
      process.stderr.write(`${message}\n`);
    },
  });
  process.stdout.write(
    options.format === 'json'
      ? `${JSON.stringify(report, null, 2)}\n`
      : renderDoctorTerminal(report, { color: wantsColor(process.stdout) }),
  );
  const { error, warning, unknown } = doctorCounts(report.items);
  if (error > 0 || (options.strict === true && warning > 0)) return 2;
  return options.strict === true && unknown > 0 ? 3 : 0;
}

function databaseOf(
  environment: EnvironmentDeclaration | undefined,
  { root }: DoctorOptions,
): DoctorRequest['databaseUrl'] {
  if (environment === undefined)
    return { why: 'There is no such environment.', remedy: 'Give one with --env.' };
  const url = knownDatabaseUrl(environment, root);
  return url === undefined
    ? {
        why: `The variable ${environment.connectionEnv} is not set.`,
        remedy:
          environment.name === 'local'
            ? 'Start the local control room with `npm start` in this folder, or set the variable.'
            : 'Set it to the connection string (Supabase: Connect).',
      }
    : { at: url };
}

async function platformOf(
  environment: EnvironmentDeclaration | undefined,
  { root }: DoctorOptions,
): Promise<DoctorRequest['platform']> {
  if (environment === undefined) return { at: undefined };
  try {
    return { at: await openPlatform(environment, platformVariables(environment.name, root)) };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return { why: error.message, remedy: error.hint ?? 'Correct it.' };
  }
}

async function githubOf({ root, repository }: DoctorOptions): Promise<DoctorRequest['github']> {
  const { env } = process;
  const named =
    repository ?? env.GITHUB_REPOSITORY ?? nameOf(await gitIn(root)('remote', 'get-url', 'origin'));
  const [owner, repo, ...rest] = named?.split('/') ?? [];
  if (owner === undefined || repo === undefined || owner === '' || repo === '' || rest.length > 0) {
    return {
      why: 'Nobody says which repository this is: there is no remote origin on GitHub.',
      remedy: 'Give it with --repository owner/name.',
    };
  }
  const token = env.GITHUB_TOKEN ?? env.GH_TOKEN ?? '';
  if (token === '') {
    return {
      why: `There is no token to ask GitHub about ${owner}/${repo} with.`,
      remedy: 'Set GITHUB_TOKEN, for example to what `gh auth token` prints.',
    };
  }
  return { at: { owner, repo, token, apiUrl: env.GITHUB_API_URL ?? 'https://api.github.com' } };
}

/** `owner/name` of a remote on GitHub, in either spelling. */
function nameOf(remote: string | null): string | undefined {
  return /github\.com[:/]([^/\s]+\/[^/\s]+?)(?:\.git)?\/?$/.exec(remote ?? '')?.[1];
}
