import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { WorkflowError } from '../expressions.ts';
import { type Part, partOf, type Step } from '../model.ts';
import { complain, executeProgram } from './execute-program.ts';
import { type Executed, type Frame, scopeOf, type Turn } from './frame.ts';

/** How a shell starts a script, by its name in `shell:`. */
const SHELLS: Readonly<Record<string, { readonly line: string; readonly extension: string }>> = {
  bash: { line: 'bash --noprofile --norc -eo pipefail {0}', extension: '.sh' },
  sh: { line: 'sh -e {0}', extension: '.sh' },
  python: { line: 'python {0}', extension: '.py' },
  pwsh: { line: "pwsh -command '. {0}'", extension: '.ps1' },
};

/** What runs where nobody names a shell: no pipefail, as on GitHub. */
const UNNAMED = { line: 'bash -e {0}', extension: '.sh' };

/** Runs the script of a `run` step. */
export async function runScript(frame: Frame, step: Step, turn: Turn): Promise<Executed> {
  const { order } = frame.run;
  const { expressions, folders } = order;
  const scope = scopeOf(frame, turn.env);
  const setting = (part: Part, key: string): string =>
    part !== undefined ? expressions.text(part, scope) : frame.outer === null ? runDefault(frame, key) : '';
  const script = expressions.text(step.run, scope);
  const shell = setting(step.shell, 'shell');
  const { line, extension } = shell === '' ? UNNAMED : (SHELLS[shell] ?? { line: shell, extension: '' });
  if (!line.includes('{0}'))
    throw new WorkflowError(
      `Invalid shell option. Shell must be a valid built-in or a format string containing '{0}': ${shell}`,
    );
  const file = path.join(folders.temp, `${randomUUID()}${extension}`);
  mkdirSync(folders.temp, { recursive: true });
  writeFileSync(file, `${script}\n`);
  const [command = 'bash', ...args] = words(line.replaceAll('{0}', file));
  const cwd = path.resolve(folders.workspace, setting(step.workingDirectory, 'working-directory'));

  header(frame, {
    title: script.split('\n')[0] ?? '',
    body: [...script.trimEnd().split('\n'), `shell: ${line}`],
    env: turn.env,
  });
  const { code, ok, outputs } = await executeProgram({
    frame,
    turn,
    command,
    args,
    cwd,
    github: { action: step.id },
  });
  if (code !== 0) complain(frame, `Process completed with exit code ${code}.`);
  return { ok, outputs };
}

/** `defaults.run` of the job, else of the workflow. */
function runDefault({ run }: Frame, key: string): string {
  const { expressions, workflow, job, contexts } = run.order;
  const found = [job.defaults, workflow.defaults].map((each) => partOf(partOf(each, 'run'), key));
  return expressions.text(
    found.find((part) => part !== undefined),
    { contexts: { ...contexts, env: { ...run.env } } },
  );
}

/** What GitHub writes before a step runs. */
export function header(
  { run }: Frame,
  options: {
    readonly title: string;
    readonly body: readonly string[];
    readonly env: Readonly<Record<string, string>>;
  },
): void {
  const { log } = run.order;
  log.write(`##[group]Run ${options.title}`);
  for (const line of options.body) log.write(line);
  const env = Object.entries({ ...run.env, ...options.env });
  if (env.length > 0) log.write('env:');
  for (const [name, value] of env) log.write(`  ${name}: ${value}`);
  log.write('##[endgroup]');
}

/** A command line as words; single and double quotes keep blanks. */
function words(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? plain ?? '',
  );
}
