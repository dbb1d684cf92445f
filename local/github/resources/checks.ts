import * as z from 'zod';
import { notFound } from '../github-error.ts';
import type { HandledRequest, Handlers } from '../handler.ts';
import type { StoredCheckRun } from '../state/checks.ts';
import { resolveCommit } from '../state/commits.ts';
import { takeId } from '../store.ts';
import { parseBody } from './bodies.ts';
import { renderAnnotation, renderCheckRun } from './render-check-run.ts';

const Moment = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
const Annotation = z
  .object({
    path: z.string(),
    start_line: z.number().int(),
    end_line: z.number().int(),
    annotation_level: z.enum(['notice', 'warning', 'failure']),
    message: z.string(),
    title: z.string().optional(),
  })
  .transform((each) => ({
    path: each.path,
    startLine: each.start_line,
    endLine: each.end_line,
    level: each.annotation_level,
    message: each.message,
    title: each.title ?? null,
  }));
const MOST_ANNOTATIONS = 50;
const LONGEST_TEXT = 65_535;
const CheckUpdate = z.object({
  name: z.string().min(1).optional(),
  details_url: z.string().optional(),
  external_id: z.string().optional(),
  status: z.enum(['queued', 'in_progress', 'completed', 'waiting', 'requested', 'pending']).optional(),
  started_at: Moment.optional(),
  conclusion: z
    .enum(['action_required', 'cancelled', 'failure', 'neutral', 'success', 'skipped', 'stale', 'timed_out'])
    .optional(),
  completed_at: Moment.optional(),
  output: z
    .object({
      title: z.string().optional(),
      summary: z.string().max(LONGEST_TEXT).optional(),
      text: z.string().max(LONGEST_TEXT).optional(),
      annotations: z.array(Annotation).max(MOST_ANNOTATIONS).default([]),
    })
    .optional(),
});
const NewCheck = CheckUpdate.extend({ name: z.string().min(1), head_sha: z.string() });

const resource = 'CheckRun';
const reads = () => [{ scope: 'checks', level: 'read' } as const];
const writes = () => [{ scope: 'checks', level: 'write' } as const];

/** Check runs. */
export const checks = {
  'checks/create': {
    needs: writes,
    handle: (request) => {
      const { store, identity } = request;
      const fresh = parseBody(NewCheck, { body: request.body, resource });
      if (!store.commits.has(fresh.head_sha)) throw notFound(`No commit found for SHA: ${fresh.head_sha}`);
      const check: StoredCheckRun = {
        id: takeId(store),
        suite: takeId(store),
        headSha: fresh.head_sha,
        name: fresh.name,
        status: 'queued',
        conclusion: null,
        detailsUrl: null,
        externalId: '',
        startedAt: store.now(),
        completedAt: null,
        title: null,
        summary: null,
        text: null,
        annotations: [],
        app: identity.login,
      };
      store.checkRuns.set(check.id, check);
      update(check, fresh, store.now());
      return { status: 201, body: renderCheckRun(check, request) };
    },
  },
  'checks/update': {
    needs: writes,
    handle: (request) => {
      const check = checkOf(request);
      update(check, parseBody(CheckUpdate, { body: request.body, resource }), request.store.now());
      return { status: 200, body: renderCheckRun(check, request) };
    },
  },
  'checks/get': {
    needs: reads,
    handle: (request) => ({ status: 200, body: renderCheckRun(checkOf(request), request) }),
  },
  'checks/list-annotations': {
    needs: reads,
    handle: (request) => {
      const check = checkOf(request);
      return { status: 200, page: check.annotations.map((each) => renderAnnotation(each, check, request)) };
    },
  },
  'checks/list-for-ref': {
    needs: reads,
    handle: (request) => ({
      status: 200,
      pageName: 'check_runs',
      page: selectChecks(request).map((check) => renderCheckRun(check, request)),
    }),
  },
} satisfies Handlers;

function checkOf({ store, parameters }: HandledRequest): StoredCheckRun {
  const check = store.checkRuns.get(Number(parameters.check_run_id));
  if (check === undefined) throw notFound();
  return check;
}

/** A conclusion, or a time of completion, completes the check whatever status is given. Annotations add up. */
function update(check: StoredCheckRun, to: z.infer<typeof CheckUpdate>, now: Date): void {
  check.name = to.name ?? check.name;
  check.detailsUrl = to.details_url ?? check.detailsUrl;
  check.externalId = to.external_id ?? check.externalId;
  check.startedAt = to.started_at ?? check.startedAt;
  check.title = to.output?.title ?? check.title;
  check.summary = to.output?.summary ?? check.summary;
  check.text = to.output?.text ?? check.text;
  check.annotations.push(...(to.output?.annotations ?? []));
  const completes = to.conclusion !== undefined || to.completed_at !== undefined || to.status === 'completed';
  if (completes) {
    check.status = 'completed';
    check.conclusion = to.conclusion ?? check.conclusion ?? 'success';
    check.completedAt = to.completed_at ?? now;
  } else if (to.status !== undefined) {
    check.status = to.status;
    check.conclusion = null;
    check.completedAt = null;
  }
}

/** Newest first; of several with one name only the newest, unless all are asked for. */
function selectChecks({ store, query, parameters }: HandledRequest): StoredCheckRun[] {
  const commit = resolveCommit(store, decodeURIComponent(parameters.ref ?? ''));
  if (commit === null) throw notFound();
  const agrees = (name: string, value: string): boolean => [null, value].includes(query.get(name));
  const found = [...store.checkRuns.values()].filter(
    (check) =>
      check.headSha === commit.sha && agrees('check_name', check.name) && agrees('status', check.status),
  );
  const shown =
    query.get('filter') === 'all' ? found : [...new Map(found.map((each) => [each.name, each])).values()];
  return shown.toSorted((a, b) => b.id - a.id);
}
