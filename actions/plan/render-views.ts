import path from 'node:path';
import type { Diagnostic, SourceLocation } from '../_shared/declare/model.ts';
import type { RunContext } from '../_shared/io/run-context.ts';
import { COMMENT_LIMIT, SUMMARY_LIMIT } from '../_shared/report/bounded-markdown.ts';
import { escapeMarkdown } from '../_shared/report/markdown-text.ts';
import {
  type PlanMarkdownOptions,
  renderLintMarkdown,
  renderPlanMarkdown,
} from '../_shared/report/plan-markdown.ts';
import { renderPlanTerminal } from '../_shared/report/plan-terminal.ts';
import { scheduleReader } from '../_shared/report/schedule-reader.ts';
import type { EnvironmentView } from './plan-environment.ts';

/** What every rendering of a run shares. */
export interface ViewContext {
  readonly context: RunContext;
  /** Folder of runbooks/, relative to the workspace. */
  readonly root: string;
  readonly diagnostics: readonly Diagnostic[];
  readonly now: Date;
}

// Room for the marker and state lines in front of the visible text.
const MARKER_ROOM = 400;

/** One environment as the visible part of its comment. */
export function commentText(view: EnvironmentView, about: ViewContext): string {
  return markdown(view, about, { limit: COMMENT_LIMIT - MARKER_ROOM, unit: 'characters' });
}

/** All environments as the summary of the job. */
export function summaryText(views: readonly EnvironmentView[], about: ViewContext): string {
  const limit = Math.floor((SUMMARY_LIMIT - 4_096) / Math.max(views.length, 1));
  return views.map((view) => markdown(view, about, { limit, unit: 'bytes' })).join('\n');
}

/** All environments for the log. */
export function logText(views: readonly EnvironmentView[], { now }: ViewContext): string {
  return views
    .map((view) =>
      view.kind === 'planned'
        ? renderPlanTerminal(view.plan, { color: true, schedule: scheduleReader(view.jobs, now) })
        : `${view.environment === null ? 'Lint' : `Plan for ${view.environment}`}: ${view.reason}\n`,
    )
    .join('\n');
}

function markdown(
  view: EnvironmentView,
  about: ViewContext,
  bound: Pick<PlanMarkdownOptions, 'limit' | 'unit'>,
): string {
  const { diagnostics, now } = about;
  const options: PlanMarkdownOptions = {
    ...bound,
    diagnostics,
    linkTo: linkTo(about),
    footer: footer(about, view.kind === 'planned'),
  };
  switch (view.kind) {
    case 'planned':
      return renderPlanMarkdown(view.plan, { ...options, schedule: scheduleReader(view.jobs, now) });
    case 'linted':
      return renderLintMarkdown({ environment: view.environment, reason: view.reason }, options);
    case 'unknown':
      return renderLintMarkdown(
        { environment: view.environment, reason: `⚠️ **Could not plan:** ${escapeMarkdown(view.reason)}` },
        options,
      );
  }
}

function footer({ context, now }: ViewContext, planned: boolean): string {
  const commit = context.pullRequest?.headSha ?? context.sha;
  const time = now.toISOString().slice(0, 16).replace('T', ' ');
  return `For ${commit.slice(0, 12)} at ${time} UTC${planned ? ', next runs counted from then' : ''} · [run](${context.runUrl})`;
}

function linkTo({ context, root }: ViewContext): (location: SourceLocation) => string {
  const commit = context.pullRequest?.headSha ?? context.sha;
  const base = `${context.serverUrl}/${context.owner}/${context.repo}/blob/${commit}`;
  return ({ file, line }) =>
    `${base}/${path.posix.join(root, file).split('/').map(encodeURIComponent).join('/')}#L${line}`;
}
