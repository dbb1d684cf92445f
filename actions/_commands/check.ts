import type { CheckPass } from '../_shared/checks/check-pass.ts';
import type { CheckProgress } from '../_shared/checks/run-checks.ts';
import { closestWord } from '../_shared/declare/closest-word.ts';
import { fitsGlob } from '../_shared/declare/names.ts';
import type { GitHubClient } from '../_shared/github/client.ts';
import { ConfigurationError } from '../_shared/io/errors.ts';
import { createRedaction } from '../_shared/io/redaction.ts';
import { wantsColor } from '../_shared/io/wants-color.ts';
import { type Target, type TargetOptions, withTarget } from './target.ts';

export interface CheckOptions extends TargetOptions {
  readonly names: readonly string[];
  readonly format: 'terminal' | 'json' | 'github';
  readonly failOn: 'warning' | 'critical';
}

/** `opsroom check [NAMES...]`: 0 when all is well, 2 when not. Writes nothing anywhere. */
export async function check(options: CheckOptions): Promise<number> {
  return withTarget(options, async (target) => {
    const { checks } = target.desired;
    const only = chosen(
      options,
      checks.map(({ name }) => name),
    );
    const { runChecks } = await import('../_shared/checks/run-checks.ts');
    const github = await gitHub();
    const pass = await runChecks({
      sql: target.sql,
      declarations: target.declarations,
      environment: options.env,
      now: new Date(),
      env: process.env,
      only,
      redact: redactionOf(target).redact,
      ...(target.platform === undefined ? {} : { platform: target.platform }),
      ...(github === undefined ? {} : { github }),
      ...(process.stderr.isTTY ? { onProgress: afterTwoSeconds() } : {}),
    });
    process.stdout.write(await render(pass, options.format));
    return isBad(pass, options.failOn) ? 2 : 0;
  });
}

/** @throws ConfigurationError for a name that fits no check */
function chosen({ names, env }: CheckOptions, known: readonly string[]): (name: string) => boolean {
  for (const name of names) {
    if (known.some((candidate) => fitsGlob(name, candidate))) continue;
    const near = closestWord(name, known);
    throw new ConfigurationError(`No check named ${name} is awake in environment ${env}.`, {
      hint:
        near === undefined
          ? `Awake are ${known.slice(0, 20).join(', ') || 'none'}${known.length > 20 ? ', ...' : ''}.`
          : `Did you mean ${near}?`,
    });
  }
  return (name) => names.length === 0 || names.some((glob) => fitsGlob(glob, name));
}

async function render(pass: CheckPass, format: CheckOptions['format']): Promise<string> {
  switch (format) {
    case 'json':
      return `${JSON.stringify(pass, null, 2)}\n`;
    case 'github':
      return (await import('../_shared/report/checks-github.ts')).renderChecksGitHub(pass);
    case 'terminal': {
      const { renderChecksTerminal } = await import('../_shared/report/checks-terminal.ts');
      return renderChecksTerminal(pass, { color: wantsColor(process.stdout) });
    }
  }
}

/** What could not be looked at counts as a warning. */
function isBad({ results }: CheckPass, failOn: CheckOptions['failOn']): boolean {
  return results.some(({ severity, state }) =>
    failOn === 'critical' ? severity === 'critical' && state === 'firing' : severity !== 'info',
  );
}

/** Every value that must not be seen, in case some answer repeats one. */
function redactionOf({ desired }: Target): ReturnType<typeof createRedaction> {
  const redaction = createRedaction();
  redaction.add(process.env[desired.environment.connectionEnv]);
  for (const name of ['SUPABASE_ACCESS_TOKEN', 'GITHUB_TOKEN']) redaction.add(process.env[name]);
  for (const { valueEnv } of desired.secrets) redaction.add(process.env[valueEnv]);
  return redaction;
}

/** The repository of GITHUB_REPOSITORY, where there is a token for it. */
async function gitHub(): Promise<GitHubClient | undefined> {
  const { GITHUB_TOKEN: token, GITHUB_REPOSITORY: repository, GITHUB_API_URL: apiUrl } = process.env;
  const [owner, repo] = repository?.split('/') ?? [];
  if (token === undefined || token === '' || owner === undefined || repo === undefined) return undefined;
  const { createGitHubClient } = await import('../_shared/github/client.ts');
  const onWait = (message: string): void => {
    process.stderr.write(`${message}\n`);
  };
  return createGitHubClient({ token, owner, repo, apiUrl: apiUrl ?? 'https://api.github.com', onWait });
}

/** A line that is rewritten, once it takes long enough for somebody to wonder. */
function afterTwoSeconds(): (progress: CheckProgress) => void {
  const started = performance.now();
  return ({ done, of, what }) => {
    if (performance.now() - started < 2000) return;
    process.stderr.write(`\r\u001b[2K${done === of ? '' : `checked ${done} of ${of} (${what})`}`);
  };
}
