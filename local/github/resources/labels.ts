import * as z from 'zod';
import { changeIssue } from '../acts/issues.ts';
import { invalid, notFound } from '../github-error.ts';
import type { HandledRequest, HandledResponse, Handlers } from '../handler.ts';
import { ensureLabel, type StoredLabel } from '../state/issues.ts';
import { actorOf } from '../world.ts';
import { parseBody } from './bodies.ts';
import { findIssue, needsFor } from './find.ts';
import { renderLabel, renderLabelByName } from './render.ts';

const Color = z.string().regex(/^[0-9a-fA-F]{6}$/);
const NewLabel = z.object({
  name: z.string().min(1).max(50),
  color: Color.optional(),
  description: z.string().max(100).nullish(),
});
const LabelUpdate = z.object({
  new_name: z.string().min(1).max(50).optional(),
  color: Color.optional(),
  description: z.string().max(100).nullish(),
});

const Name = z.union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)]);
const NamedLabels = z
  .union([z.object({ labels: z.array(Name).default([]) }), z.array(Name)])
  .transform((labels) => (Array.isArray(labels) ? labels : labels.labels));

const readsLabels = () => [
  { scope: 'issues', level: 'read' } as const,
  { scope: 'pull-requests', level: 'read' } as const,
];
const writesLabels = () => [{ scope: 'issues', level: 'write' } as const];
const resource = 'Label';

/** Labels of the repository and of issues. */
export const labels = {
  'issues/list-labels-for-repo': {
    needs: readsLabels,
    handle: (request) => ({
      status: 200,
      page: [...request.store.labels.values()].map((label) => renderLabel(label, request)),
    }),
  },
  'issues/get-label': {
    needs: readsLabels,
    handle: (request) => ({ status: 200, body: renderLabel(findLabel(request), request) }),
  },
  'issues/create-label': {
    needs: writesLabels,
    handle: (request) => {
      const { name, color, description } = parseBody(NewLabel, { body: request.body, resource });
      if (request.store.labels.has(name.toLowerCase())) {
        throw invalid({ resource, field: 'name', code: 'already_exists' });
      }
      const label = ensureLabel(request.store, name);
      label.color = color ?? label.color;
      label.description = description ?? null;
      return { status: 201, body: renderLabel(label, request) };
    },
  },
  'issues/update-label': {
    needs: writesLabels,
    handle: (request) => {
      const label = findLabel(request);
      const update = parseBody(LabelUpdate, { body: request.body, resource });
      if (update.new_name !== undefined) renameLabel(request, label, update.new_name);
      label.color = update.color ?? label.color;
      if (update.description !== undefined) label.description = update.description;
      return { status: 200, body: renderLabel(label, request) };
    },
  },
  'issues/list-labels-on-issue': {
    needs: (request) => needsFor(request, 'read'),
    handle: (request) => ({ status: 200, page: labelsOf(request) }),
  },
  'issues/add-labels': {
    needs: (request) => needsFor(request, 'write'),
    handle: (request) => setLabels(request, (now) => [...now, ...namedLabels(request)]),
  },
  'issues/set-labels': {
    needs: (request) => needsFor(request, 'write'),
    handle: (request) => setLabels(request, () => namedLabels(request)),
  },
  'issues/remove-label': {
    needs: (request) => needsFor(request, 'write'),
    handle: (request) => {
      const name = decodeURIComponent(request.parameters.name ?? '').toLowerCase();
      const carried = findIssue(request).labels.some((label) => label.toLowerCase() === name);
      if (!carried) throw notFound('Label does not exist');
      return setLabels(request, (now) => now.filter((label) => label.toLowerCase() !== name));
    },
  },
} satisfies Handlers;

/** The label a path names. @throws GitHubError 404 */
function findLabel({ store, parameters }: HandledRequest): StoredLabel {
  const label = store.labels.get(decodeURIComponent(parameters.name ?? '').toLowerCase());
  if (label === undefined) throw notFound();
  return label;
}

/** Issues remember labels by name, so they follow. */
function renameLabel({ store }: HandledRequest, label: StoredLabel, name: string): void {
  const taken = store.labels.get(name.toLowerCase());
  if (taken !== undefined && taken !== label)
    throw invalid({ resource, field: 'name', code: 'already_exists' });
  for (const issue of store.issues.values()) {
    issue.labels = issue.labels.map((each) => (each === label.name ? name : each));
  }
  store.labels.delete(label.name.toLowerCase());
  label.name = name;
  store.labels.set(name.toLowerCase(), label);
}

function namedLabels({ body }: HandledRequest): readonly string[] {
  return parseBody(NamedLabels, { body, resource });
}

function setLabels(
  request: HandledRequest,
  change: (now: readonly string[]) => readonly string[],
): HandledResponse {
  const issue = findIssue(request);
  changeIssue(request, actorOf(request.identity), { issue, to: { labels: change(issue.labels) } });
  return { status: 200, body: labelsOf(request) };
}

function labelsOf(request: HandledRequest): ReturnType<typeof renderLabelByName>[] {
  return findIssue(request).labels.map((name) => renderLabelByName(name, request));
}
