import type { JsonObject } from '../json-schema.ts';
import type { StoredAnnotation, StoredCheckRun } from '../state/checks.ts';
import { accountId } from '../state/people.ts';
import { htmlUrl, instant, instantOrNull, type RenderContext, renderUser, repositoryUrl } from './render.ts';

/** A check run as GitHub shows it. */
export function renderCheckRun(check: StoredCheckRun, context: RenderContext): JsonObject {
  const url = `${repositoryUrl(context)}/check-runs/${check.id}`;
  return {
    id: check.id,
    node_id: `CR_${check.id}`,
    head_sha: check.headSha,
    external_id: check.externalId,
    url,
    html_url: `${htmlUrl(context)}/runs/${check.id}`,
    details_url: check.detailsUrl ?? `${htmlUrl(context)}/runs/${check.id}`,
    status: check.status,
    conclusion: check.conclusion,
    started_at: instantOrNull(check.startedAt),
    completed_at: instantOrNull(check.completedAt),
    output: {
      title: check.title,
      summary: check.summary,
      text: check.text,
      annotations_count: check.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    name: check.name,
    check_suite: { id: check.suite },
    app: renderApp(check.app, context),
    pull_requests: [],
  };
}

/** An app by the login of its bot. */
export function renderApp(login: string, context: RenderContext): JsonObject {
  const slug = login.replace(/\[bot\]$/, '');
  return {
    id: accountId(slug),
    slug,
    client_id: `Iv1.${slug}`,
    node_id: `A_${slug}`,
    owner: renderUser(context.store.owner, context),
    name: slug,
    description: '',
    external_url: context.baseUrl,
    html_url: `${context.baseUrl}/apps/${slug}`,
    created_at: instant(new Date(0)),
    updated_at: instant(new Date(0)),
    permissions: {},
    events: [],
  };
}

/** A remark as GitHub shows it. */
export function renderAnnotation(
  annotation: StoredAnnotation,
  check: StoredCheckRun,
  context: RenderContext,
): JsonObject {
  return {
    path: annotation.path,
    start_line: annotation.startLine,
    end_line: annotation.endLine,
    start_column: null,
    end_column: null,
    annotation_level: annotation.level,
    title: annotation.title,
    message: annotation.message,
    raw_details: null,
    blob_href: `${htmlUrl(context)}/blob/${check.headSha}/${annotation.path}`,
  };
}
