/** Multipart bodies as they come over the wire: order, names and headers of the parts are kept, for they are compared. */

/** One part. */
export interface Part {
  readonly name: string;
  readonly filename: string | null;
  /** Null when the part says nothing about it. */
  readonly contentType: string | null;
  readonly content: Buffer;
}

/** Splits a body; null when it is not multipart or breaks off. */
export function readMultipart(body: Buffer, contentType: string): Part[] | null {
  const boundary = /^multipart\/form-data;.*?boundary="?([^";]+)"?/i.exec(contentType)?.[1];
  if (boundary === undefined) return null;
  const delimiter = Buffer.from(`--${boundary}`);
  const parts: Part[] = [];
  let at = body.indexOf(delimiter);
  while (at >= 0) {
    const start = at + delimiter.length;
    if (body.subarray(start, start + 2).toString() === '--') return parts;
    const headEnd = body.indexOf('\r\n\r\n', start);
    const end = headEnd < 0 ? -1 : body.indexOf(`\r\n--${boundary}`, headEnd);
    const part =
      end < 0
        ? null
        : readPart(body.subarray(start, headEnd).toString('utf8'), body.subarray(headEnd + 4, end));
    if (part === null) return null;
    parts.push(part);
    at = end + 2;
  }
  return null;
}

function readPart(head: string, content: Buffer): Part | null {
  const headers = new Map(
    head
      .split('\r\n')
      .map((line) => /^([\w-]+):\s*(.*)$/.exec(line))
      .map((match) => [match?.[1]?.toLowerCase() ?? '', match?.[2] ?? '']),
  );
  const disposition = headers.get('content-disposition') ?? '';
  const name = parameter(disposition, 'name');
  if (name === null) return null;
  return {
    name,
    filename: parameter(disposition, 'filename'),
    contentType: headers.get('content-type') ?? null,
    content,
  };
}

function parameter(disposition: string, name: string): string | null {
  const written = new RegExp(`;\\s*${name}="([^"]*)"`, 'i').exec(disposition)?.[1];
  // The three escapes browsers write. https://html.spec.whatwg.org/#multipart-form-data
  return written?.replaceAll('%22', '"').replaceAll('%0D', '\r').replaceAll('%0A', '\n') ?? null;
}
