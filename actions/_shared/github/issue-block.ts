import { type MarkedState, type Marker, markerLine, readMarked } from './marked-text.ts';

/** Ends the machine's part of an issue body; what stands before and after it belongs to people. */
function endLine({ kind, environment }: Marker): string {
  return `<!-- /opsroom:${kind} env=${environment} -->`;
}

/** A marked text as a closed block. */
export function closeBlock(marker: Marker, marked: string): string {
  return `${marked}\n${endLine(marker)}`;
}

/** The state of the machine's block in a body; null when there is none. */
export function readBlock(body: string, marker: Marker): MarkedState | null {
  const found = locate(body, marker);
  return found === null ? null : readMarked(found.block, marker);
}

/** Replaces the machine's block and leaves everything else as people wrote it; puts it on top when it is gone. */
export function replaceBlock(
  body: string,
  replacement: { readonly marker: Marker; readonly block: string },
): string {
  const found = locate(body, replacement.marker);
  if (found === null) return body.trim() === '' ? replacement.block : `${replacement.block}\n\n${body}`;
  return `${found.before}${replacement.block}${found.after}`;
}

function locate(
  body: string,
  marker: Marker,
): { readonly before: string; readonly block: string; readonly after: string } | null {
  const text = body.replaceAll('\r\n', '\n');
  const start = text.indexOf(markerLine(marker));
  const end = text.indexOf(endLine(marker), start);
  if (start < 0 || end < 0) return null;
  return {
    before: text.slice(0, start),
    block: text.slice(start, end).trimEnd(),
    after: text.slice(end + endLine(marker).length),
  };
}
