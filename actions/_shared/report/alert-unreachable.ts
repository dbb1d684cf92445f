import { fenced } from './alert-text.ts';

/** Stands in the text once the database answered again; a closed issue without it was closed by a person. */
export const UNREACHABLE_OVER = '<!-- opsroom:over -->';

/** The text of the issue that says nobody knows. */
export function renderUnreachable(view: {
  readonly environment: string;
  readonly runUrl: string;
  readonly isOver?: boolean;
  readonly what?: string;
  readonly hint?: string;
}): string {
  const { environment, runUrl } = view;
  if (view.isOver === true) {
    return `✅ The database of **${environment}** answers ([run](${runUrl})).\n${UNREACHABLE_OVER}`;
  }
  return [
    `🔴 **Unknown: the database of ${environment} cannot be reached.**`,
    'Nothing is known about jobs, functions, queues and secrets of this environment while this is open: it may all be well, or not. Other issues stay as they are until somebody can look again.',
    fenced([view.what, view.hint].filter((part) => part !== undefined && part !== '').join('\n')),
    `It closes by itself when the database answers. Closing it by hand means you know. Written by [this run](${runUrl}); what you write above and below this block stays.`,
  ].join('\n\n');
}
