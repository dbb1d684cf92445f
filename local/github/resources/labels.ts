import * as z from 'zod';
import { invalid, notFound } from '../github-error.ts';
import type { Handlers } from '../handler.ts';
import { ensureLabel } from '../store.ts';
import { parseBody } from './bodies.ts';
import { findIssue, needsFor } from './find.ts';
import { renderLabel, renderLabelByName } from './render.ts';

const NewLabel = z.object({
  name: z.string().min(1).max(50),
  color: z
    .string()
    .regex(/^[0-9a-fA-F]{6}$/)
    .optional(),
  description: z.string().max(100).nullish(),
});

const AddedLabels = z
  .union([z.object({ labels: z.array(z.string()) }), z.array(z.string())])
  .transform((labels) => (Array.isArray(labels) ? labels : labels.labels));

const readsLabels = () => [
  { scope: 'issues', level: 'read' } as const,
  { scope: 'pull-requests', level: 'read' } as const,
];

/** Labels of the repository and of issues. */
export const labels: Handlers = {
  'issues/list-labels-for-repo': {
    needs: readsLabels,
    handle: (request) => ({
      status: 200,
      page: [...request.store.labels.values()].map((label) => renderLabel(label, request)),
    }),
  },
  'issues/get-label': {
    needs: readsLabels,
    handle: (request) => {
      const label = request.store.labels.get(decodeURIComponent(request.parameters.name ?? '').toLowerCase());
      if (label === undefined) throw notFound();
      return { status: 200, body: renderLabel(label, request) };
    },
  },
  'issues/create-label': {
    needs: () => [{ scope: 'issues', level: 'write' }],
    handle: (request) => {
      const { name, color, description } = parseBody(NewLabel, { body: request.body, resource: 'Label' });
      if (request.store.labels.has(name.toLowerCase())) {
        throw invalid({ resource: 'Label', field: 'name', code: 'already_exists' });
      }
      const label = ensureLabel(request.store, name);
      label.color = color ?? label.color;
      label.description = description ?? null;
      return { status: 201, body: renderLabel(label, request) };
    },
  },
  'issues/add-labels': {
    needs: (request) => needsFor(request, 'write'),
    handle: (request) => {
      const issue = findIssue(request);
      const names = parseBody(AddedLabels, { body: request.body, resource: 'Label' });
      const added = names.map((name) => ensureLabel(request.store, name).name);
      issue.labels = [...new Set([...issue.labels, ...added])];
      return { status: 200, body: issue.labels.map((name) => renderLabelByName(name, request)) };
    },
  },
};
