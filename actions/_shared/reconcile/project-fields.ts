import * as z from 'zod';
import { formatDuration } from '../declare/duration.ts';
import { lazily } from '../declare/lazily.ts';
import type { ProjectDefinition } from '../declare/model.ts';
import { canonicalJson } from './canonical-json.ts';
import type { ObjectFields } from './model.ts';
import { redactSecrets } from './redact.ts';

/** A project as the database tells it; somebody may have edited its rows, so it is parsed like any foreign value. */
const liveProject = lazily(() =>
  z.object({
    title: z.string(),
    description: z.string().nullable(),
    owner: z.string().nullable(),
    repository: z.string().nullable(),
    workflow: z.string().nullable(),
    dispatch: z.boolean(),
    runtime_version: z.string().nullable(),
    keep_seconds: z.number().nullable(),
    branches: z.record(
      z.string(),
      z.object({
        lane: z.enum(['production', 'staging', 'development']),
        workflow: z.string().nullable(),
        environment: z.string().nullable(),
        inputs: z.record(z.string(), z.unknown()),
        manual: z.boolean(),
        one_at_a_time: z.boolean(),
        cancel_superseded: z.boolean(),
        stop_superseded: z.boolean(),
        waiting_limit: z.number().nullable(),
      }),
    ),
  }),
);
export type LiveProject = z.infer<ReturnType<typeof liveProject>>;

/** What `ops.plan_projects` tells of one project. */
export function parseProject(json: string): LiveProject {
  return liveProject().parse(JSON.parse(json));
}

/** Fields of a project as people compare them, in the words of its file; a field at its default is left out. */
export function projectFields(project: ProjectDefinition | LiveProject): ObjectFields {
  const fields: Record<string, string | number | boolean | null> = {
    title: project.title,
    description: project.description,
    owner: project.owner,
    repository: project.repository,
    workflow: project.workflow,
    dispatch: project.dispatch ? 'github' : 'runners',
    runtime_version: project.runtime_version,
    keep: project.keep_seconds === null ? null : formatDuration(project.keep_seconds * 1000),
  };
  for (const [name, branch] of Object.entries(project.branches)) {
    const at = `branches.${name}`;
    fields[`${at}.lane`] = branch.lane;
    fields[`${at}.workflow`] = branch.workflow;
    fields[`${at}.environment`] = branch.environment;
    fields[`${at}.inputs`] = Object.keys(branch.inputs).length === 0 ? null : canonicalJson(branch.inputs);
    fields[`${at}.manual`] = branch.manual;
    fields[`${at}.one_at_a_time`] = branch.one_at_a_time ? null : false;
    fields[`${at}.cancel_superseded`] = branch.cancel_superseded ? true : null;
    fields[`${at}.stop_superseded`] = branch.stop_superseded ? true : null;
    fields[`${at}.waiting_limit`] = branch.waiting_limit;
  }
  return Object.fromEntries(
    Object.entries(fields).flatMap(([field, value]) =>
      value === null ? [] : [[field, typeof value === 'string' ? redactSecrets(value) : value]],
    ),
  );
}
