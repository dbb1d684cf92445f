import { LineCounter, parseDocument, visit } from 'yaml';
import { z } from 'zod';

const Step = z.object({
  name: z.string().optional(),
  uses: z.string().optional(),
  run: z.string().optional(),
  if: z.union([z.string(), z.boolean()]).optional(),
  with: z.record(z.string(), z.unknown()).default({}),
  env: z.record(z.string(), z.unknown()).default({}),
});

const Job = z.object({
  if: z.union([z.string(), z.boolean()]).optional(),
  permissions: z.record(z.string(), z.string()).optional(),
  environment: z.unknown().optional(),
  concurrency: z.unknown().optional(),
  'timeout-minutes': z.number().optional(),
  steps: z.array(Step).default([]),
});

const Workflow = z.object({
  on: z.record(z.string(), z.unknown()),
  permissions: z.unknown().optional(),
  concurrency: z.unknown().optional(),
  jobs: z.record(z.string(), Job),
});
type Workflow = z.infer<typeof Workflow>;

/** A workflow file, parsed and as text. */
export interface WorkflowFile {
  readonly text: string;
  readonly workflow: Workflow;
}

/** Parses a workflow file. */
export function readWorkflow(text: string): WorkflowFile {
  return { text, workflow: Workflow.parse(parseDocument(text).toJS()) };
}

/** A rule after zizmor's audits (docs.zizmor.sh/audits), by its name there; ours are marked so. */
export interface Rule {
  readonly name: string;
  readonly find: (file: WorkflowFile) => string[];
}

const LEAST_TRIGGERS = ['pull_request_target', 'workflow_run'];

/** What every workflow of ours must stand up to. */
export const RULES: readonly Rule[] = [
  {
    name: 'unpinned-uses',
    find: ({ workflow }) =>
      steps(workflow)
        .filter(
          ({ step }) =>
            step.uses !== undefined && !/^\$\//.test(step.uses) && !/@[0-9a-f]{40}$/.test(step.uses),
        )
        .map(({ job, step }) => `${job}: ${step.uses}`),
  },
  {
    name: 'unpinned-images',
    find: ({ text }) =>
      [...text.matchAll(/^ +(?:image|container): *(\S+)$/gm)]
        .map(([, image = '']) => image)
        .filter((image) => !/@sha256:[0-9a-f]{64}$/.test(image)),
  },
  {
    name: 'ref-version-mismatch',
    find: ({ text }) =>
      [...text.matchAll(/uses: *(\S+@[0-9a-f]{40})(?! # v\d+\.\d+\.\d+\n)/g)].map(([, uses = '']) => uses),
  },
  {
    name: 'template-injection',
    find: ({ workflow }) =>
      steps(workflow)
        .filter(({ step }) => step.run?.includes('${{') === true)
        .map(({ job }) => job),
  },
  {
    name: 'excessive-permissions',
    find: ({ workflow }) => [
      ...(JSON.stringify(workflow.permissions) === '{}' ? [] : ['the top level grants something']),
      ...Object.entries(workflow.jobs)
        .filter(([, job]) => job.permissions === undefined)
        .map(([name]) => name),
    ],
  },
  {
    name: 'undocumented-permissions',
    find: ({ text }) =>
      [...text.matchAll(/^ +([a-z-]+: (?:read|write)) *$/gm)].map(([, grant = '']) => grant),
  },
  {
    name: 'dangerous-triggers',
    find: ({ workflow }) => Object.keys(workflow.on).filter((event) => LEAST_TRIGGERS.includes(event)),
  },
  {
    name: 'artipacked',
    find: ({ workflow }) =>
      steps(workflow)
        .filter(
          ({ step }) =>
            step.uses?.startsWith('actions/checkout@') === true && step.with['persist-credentials'] !== false,
        )
        .map(({ job }) => job),
  },
  {
    name: 'secrets-outside-env',
    find: ({ workflow }) =>
      Object.entries(workflow.jobs)
        .filter(
          ([, job]) =>
            job.environment === undefined && /secrets\.(?!GITHUB_TOKEN\b)/.test(JSON.stringify(job)),
        )
        .map(([name]) => name),
  },
  {
    name: 'overprovisioned-secrets',
    find: ({ text }) =>
      [...text.matchAll(/toJSON\(secrets\)|secrets: inherit|fromJSON\(secrets/gi)].map(([found]) => found),
  },
  {
    name: 'self-repository',
    find: ({ workflow }) =>
      steps(workflow).flatMap(({ step }) => (step.uses?.startsWith('./') === true ? [step.uses] : [])),
  },
  {
    name: 'unsound-contains',
    find: ({ text }) => [...text.matchAll(/contains\(\s*'[^']*'/g)].map(([found]) => found),
  },
  {
    name: 'bot-conditions',
    find: ({ text }) => [...text.matchAll(/github\.actor\s*[=!]=/g)].map(([found]) => found),
  },
  {
    name: 'github-env',
    find: ({ workflow }) =>
      steps(workflow)
        .filter(({ step }) => /GITHUB_(ENV|PATH)/.test(step.run ?? ''))
        .map(({ job }) => job),
  },
  {
    name: 'adhoc-packages',
    find: ({ workflow }) =>
      steps(workflow)
        .filter(({ step }) => /npm (i|install) [a-z@]|npx (-y|--yes)|pip install [a-z]/.test(step.run ?? ''))
        .map(({ job }) => job),
  },
  {
    name: 'concurrency-limits',
    find: ({ workflow }) =>
      workflow.concurrency !== undefined
        ? []
        : Object.entries(workflow.jobs)
            .filter(([, job]) => job.concurrency === undefined)
            .map(([name]) => name),
  },
  {
    name: 'ours: timeout',
    find: ({ workflow }) =>
      Object.entries(workflow.jobs)
        .filter(([, job]) => job['timeout-minutes'] === undefined)
        .map(([name]) => name),
  },
  {
    name: 'ours: comment that eats an expression',
    find: ({ text }) => commentsInsideValues(text),
  },
  {
    name: 'ours: no button',
    // Who answers a comment has nothing to do without one.
    find: ({ workflow: { on } }) =>
      'workflow_dispatch' in on || 'issue_comment' in on ? [] : ['workflow_dispatch is missing'],
  },
];

function steps(workflow: Workflow): { readonly job: string; readonly step: z.infer<typeof Step> }[] {
  return Object.entries(workflow.jobs).flatMap(([job, { steps: all }]) => all.map((step) => ({ job, step })));
}

/** ` #` starts a comment in a plain YAML value: `run-name: build #${{ x }}` silently loses its expression. */
function commentsInsideValues(text: string): string[] {
  const lines = new LineCounter();
  const found: string[] = [];
  visit(parseDocument(text, { lineCounter: lines }), {
    Scalar: (_key, node) => {
      if (node.comment?.includes('${{') === true)
        found.push(`line ${lines.linePos(node.range?.[0] ?? 0).line}`);
    },
  });
  return found;
}
