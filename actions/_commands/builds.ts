import type { Branch, BuildStatus, Project } from '../_shared/builds/reading/build.ts';
import { type BuildsView, renderBuilds, renderLanes } from '../_shared/builds/reading/builds-terminal.ts';
import { listBuilds, readBranches, readProjects } from '../_shared/builds/reading/statements.ts';
import type { Sql } from '../_shared/database/connect.ts';
import { closestWord } from '../_shared/declare/closest-word.ts';
import { ConfigurationError } from '../_shared/io/errors.ts';
import { wantsColor } from '../_shared/io/wants-color.ts';
import { chosenBuild } from './chosen-build.ts';
import { type TargetOptions, withDatabaseOf } from './target-url.ts';

export interface BuildsOptions extends TargetOptions {
  readonly project?: string;
  readonly branch?: string;
  readonly status?: BuildStatus;
  readonly before?: string;
  readonly limit: number;
  readonly format: 'terminal' | 'json';
}

/** `opsroom builds [PROJECT] [BRANCH]`: a project's branches in three lanes, or builds, newest first. */
export async function builds(options: BuildsOptions): Promise<number> {
  return withDatabaseOf(options, async (sql) => {
    const project = await chosenProject(sql, options.project);
    const isList =
      options.branch !== undefined || options.status !== undefined || options.before !== undefined;
    if (project !== undefined && !isList) return showLanes(sql, project, options);
    const rows = await listBuilds(sql, {
      projectId: project?.id,
      branch: options.branch,
      status: options.status,
      before: options.before === undefined ? undefined : await chosenBuild(sql, options.before),
      limit: options.limit,
    });
    print(options, rows, (view) => renderBuilds(rows, view));
    return 0;
  });
}

async function showLanes(sql: Sql, project: Project, options: BuildsOptions): Promise<number> {
  const branches: readonly Branch[] = await readBranches(sql, project.id);
  print(options, branches, (view) => renderLanes(branches, view));
  return 0;
}

/** The project of a slug, or the only one there is. */
async function chosenProject(sql: Sql, slug: string | undefined): Promise<Project | undefined> {
  const [org, name] = slug?.includes('/') === true ? slug.split('/', 2) : [undefined, slug];
  const found = await readProjects(sql, name);
  const matching = found.filter((project) => org === undefined || project.orgSlug === org);
  if (slug === undefined) return matching.length === 1 ? matching[0] : undefined;
  const [only] = matching;
  if (only === undefined) {
    const near = closestWord(
      name ?? '',
      (await readProjects(sql)).map((project) => project.slug),
    );
    throw new ConfigurationError(`There is no project ${slug}.`, {
      ...(near === undefined ? {} : { hint: `Did you mean ${near}?` }),
    });
  }
  if (matching.length > 1) {
    throw new ConfigurationError(`${matching.length} organisations have a project ${slug}.`, {
      hint: `Say which: ${matching.map((project) => `${project.orgSlug}/${project.slug}`).join(', ')}`,
    });
  }
  return only;
}

function print(options: BuildsOptions, value: unknown, render: (view: BuildsView) => string): void {
  if (options.format === 'json') {
    process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    return;
  }
  const { columns } = process.stdout;
  process.stdout.write(render({ color: wantsColor(process.stdout), width: columns ?? 80, now: new Date() }));
}
