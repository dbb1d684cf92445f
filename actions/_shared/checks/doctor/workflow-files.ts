/** What the workflow files of a checkout use: environments, secrets, schedules. Read from YAML, nothing is run. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';

/** A job as far as it reaches for secrets. */
export interface WorkflowJob {
  readonly id: string;
  /** As written, expressions and all; null without one. */
  readonly environment: string | null;
  /** Names of secrets, without GITHUB_TOKEN. */
  readonly secrets: readonly string[];
}

export interface WorkflowFile {
  /** `.github/workflows/drift.yml`. */
  readonly file: string;
  readonly name: string;
  readonly crons: readonly string[];
  readonly jobs: readonly WorkflowJob[];
}

const Scheduled = z.object({ cron: z.string() });
const Workflow = z.object({
  name: z.string().optional(),
  on: z.unknown(),
  jobs: z.record(z.string(), z.unknown()).default({}),
});
const OnSchedule = z.object({ schedule: z.array(Scheduled).default([]) });
const JobEnvironment = z.object({
  environment: z.union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)]).optional(),
});

const FOLDER = '.github/workflows';

/** Every readable workflow of a checkout, and the files that are none. */
export function readWorkflowFiles(root: string): {
  readonly files: readonly WorkflowFile[];
  readonly broken: readonly string[];
} {
  const files: WorkflowFile[] = [];
  const broken: string[] = [];
  for (const name of namesIn(path.join(root, FOLDER))) {
    const file = `${FOLDER}/${name}`;
    const workflow = readWorkflow(file, readFileSync(path.join(root, file), 'utf8'));
    if (workflow === null) broken.push(file);
    else files.push(workflow);
  }
  return { files, broken };
}

/** One workflow; null when it is not YAML, or no workflow. */
export function readWorkflow(file: string, text: string): WorkflowFile | null {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
  const parsed = Workflow.safeParse(value);
  if (!parsed.success) return null;
  const { name, on, jobs } = parsed.data;
  const schedule = OnSchedule.safeParse(on);
  return {
    file,
    name: name ?? file,
    crons: schedule.success ? schedule.data.schedule.map(({ cron }) => cron) : [],
    jobs: Object.entries(jobs).map(([id, job]) => ({
      id,
      environment: JobEnvironment.safeParse(job).data?.environment ?? null,
      secrets: secretsIn(JSON.stringify(job)),
    })),
  };
}

function secretsIn(text: string): readonly string[] {
  const names = [...text.matchAll(/\bsecrets\.([A-Za-z_][A-Za-z0-9_]*)/g)].map(([, name = '']) =>
    name.toUpperCase(),
  );
  return [...new Set(names)].filter((name) => name !== 'GITHUB_TOKEN').sort();
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /\.ya?ml$/.test(name))
      .sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return [];
    throw error;
  }
}

/** An environment of GitHub, the secrets its jobs reach for, and which declared environment it stands for. */
export interface EnvironmentUse {
  readonly name: string;
  /** A name of environments.yaml. */
  readonly target: string;
  /** What stands behind the name of the target: empty for the one that applies. */
  readonly suffix: string;
  readonly secrets: readonly string[];
  /** Workflow files of its jobs. */
  readonly files: readonly string[];
}

/** A declared environment, as far as workflows know it. */
export interface GuardedTarget {
  readonly name: string;
  readonly githubEnvironment: string;
  readonly connectionEnv: string;
}

/**
 * Which environments of GitHub the workflows use, and with which secrets. `${{ matrix.environment }}-plan` stands for each
 * target; the connection of another target is not asked of an environment.
 */
export function environmentUses(
  files: readonly WorkflowFile[],
  targets: readonly GuardedTarget[],
): readonly EnvironmentUse[] {
  const uses = new Map<
    string,
    { target: string; suffix: string; secrets: Set<string>; files: Set<string> }
  >();
  for (const { file, jobs } of files) {
    for (const { environment, secrets } of jobs) {
      if (environment === null) continue;
      for (const target of targets) {
        const suffix = suffixFor(environment, target.githubEnvironment);
        if (suffix === null) continue;
        const name = `${target.githubEnvironment}${suffix}`;
        const use = uses.get(name) ?? { target: target.name, suffix, secrets: new Set(), files: new Set() };
        const others = targets.filter((each) => each.name !== target.name).map((each) => each.connectionEnv);
        for (const secret of secrets) if (!others.includes(secret)) use.secrets.add(secret);
        use.files.add(file);
        uses.set(name, use);
      }
    }
  }
  return [...uses]
    .map(([name, use]) => ({ ...use, name, secrets: [...use.secrets].sort(), files: [...use.files].sort() }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What follows the target's name; null when the job's environment can't be that target's. */
function suffixFor(written: string, target: string): string | null {
  const expression = /^\$\{\{[^}]*\}\}((?:-[a-z0-9-]+)?)$/.exec(written.trim());
  if (expression !== null) return expression[1] ?? '';
  if (written === target) return '';
  return written.startsWith(`${target}-`) ? written.slice(target.length) : null;
}
