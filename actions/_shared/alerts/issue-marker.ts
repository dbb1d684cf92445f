import { createHash } from 'node:crypto';

/** Stands in the body of an issue of ours and says which one it is: found by this, never by title or search. */
export interface AlertMarker {
  readonly environment: string;
  /** `alert:<dedupe key>`, `group:<group>`, `storm` or `database`. */
  readonly key: string;
  /** Of this one issue; a later issue of the same key has another. */
  readonly id: string;
}

/** First line of the machine's block. */
export function alertMarkerLine({ environment, key, id }: AlertMarker): string {
  return `<!-- opsroom:alert env=${environment} id=${id} key=${encodeKey(key)} -->`;
}

const END = '<!-- /opsroom:alert -->';
const START = /^<!-- opsroom:alert env=(?<environment>\S+) id=(?<id>\S+) key=(?<key>[A-Za-z0-9%_]+) -->$/m;

/** The marker of a body; null when there is none. */
export function readAlertMarker(body: string): AlertMarker | null {
  const groups = START.exec(unixLines(body))?.groups;
  if (groups === undefined) return null;
  const key = decodeKey(groups.key ?? '');
  return key === null ? null : { environment: groups.environment ?? '', id: groups.id ?? '', key };
}

/** The machine's block: marker, visible text, end. */
export function alertBlock(marker: AlertMarker, visible: string): string {
  return `${alertMarkerLine(marker)}\n${visible.trim().replaceAll(END, '')}\n${END}`;
}

/**
 * Puts a block where the former one stands and leaves everything else as people wrote it; on top when theirs is all there
 * is. A block whose end was deleted ends where its text does not matter any more: only its first line goes.
 */
export function replaceAlertBlock(body: string, block: string): string {
  const { before, after } = aroundBlock(body);
  return `${before}${block}${after}`;
}

/** What people wrote around the machine's block. */
export function aroundBlock(body: string): { readonly before: string; readonly after: string } {
  const text = unixLines(body);
  const start = START.exec(text);
  if (start === null) return { before: '', after: text.trim() === '' ? '' : `\n\n${text}` };
  const end = text.indexOf(END, start.index);
  const past = end < 0 ? start.index + start[0].length : end + END.length;
  return { before: text.slice(0, start.index), after: text.slice(past) };
}

/** Hidden in a comment, so that it is found again when the answer to writing it got lost. */
export function sayMarker(key: string): string {
  return `<!-- opsroom:said ${key} -->`;
}

/** A short fingerprint of anything that can be written as JSON. */
export function fingerprintOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}

/** Letters, digits and percent signs: nothing in it ends a comment of HTML, mentions or links. */
function encodeKey(key: string): string {
  return encodeURIComponent(key.toWellFormed()).replaceAll(
    /[-.!~*'()]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function decodeKey(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not ours: we never write a broken escape.
    return null;
  }
}

function unixLines(text: string): string {
  return text.replaceAll('\r\n', '\n');
}
