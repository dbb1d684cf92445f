import { createHash } from 'node:crypto';

/** What a text we own in GitHub is about; it is found by this, never by title or search. */
export interface Marker {
  readonly kind: 'plan' | 'drift';
  readonly environment: string;
}

/** The state hidden in the second line of a text we own. */
export interface MarkedState {
  /** Commit the text speaks of; empty when it speaks of none. */
  readonly head: string;
  /** Fingerprint of what the text says, without times and next runs. */
  readonly content: string;
  /** True when nobody edited the visible part since we wrote it. */
  readonly intact: boolean;
}

/** First line of every text we own. */
export function markerLine({ kind, environment }: Marker): string {
  return `<!-- opsroom:${kind} env=${environment} -->`;
}

/** A short fingerprint of anything that can be written as JSON. */
export function fingerprint(value: unknown): string {
  return digest(JSON.stringify(value));
}

/** Puts marker and state before a visible text. */
export function markText(text: {
  readonly marker: Marker;
  readonly head: string;
  readonly content: string;
  readonly visible: string;
}): string {
  const visible = text.visible.trim();
  const state = `<!-- opsroom:state head=${text.head} content=${text.content} body=${digest(visible)} -->`;
  return `${markerLine(text.marker)}\n${state}\n${visible}`;
}

const STATE = /^<!-- opsroom:state head=(\S*) content=(\S*) body=([0-9a-f]+) -->$/;

/** The state of a marked text; null when it does not start with this marker. */
export function readMarked(text: string, marker: Marker): MarkedState | null {
  // A foreign text may quote the marker; ours stands in the first line.
  const [first, second = '', ...rest] = text.replaceAll('\r\n', '\n').split('\n');
  if (first !== markerLine(marker)) return null;
  const [, head = '', content = '', body = ''] = STATE.exec(second) ?? [];
  return { head, content, intact: body !== '' && body === digest(rest.join('\n').trim()) };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
