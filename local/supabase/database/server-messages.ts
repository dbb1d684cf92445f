/** The backend half of the protocol: cutting the stream into messages and reading the few we look into. */

/** Gives each message of the stream to `handle`: its kind and its body, which is only valid during the call. */
export function createReader(handle: (kind: string, body: Buffer) => void): (chunk: Buffer) => void {
  let kept: Buffer | null = null;
  return (chunk) => {
    const data = kept === null ? chunk : Buffer.concat([kept, chunk]);
    let start = 0;
    while (data.length - start >= 5) {
      const length = data.readInt32BE(start + 1);
      if (data.length - start < length + 1) break;
      handle(String.fromCharCode(data[start] ?? 0), data.subarray(start + 5, start + length + 1));
      start += length + 1;
    }
    kept = start === data.length ? null : data.subarray(start);
  };
}

/** The columns of a row, as text. */
export function readRow(body: Buffer): (string | null)[] {
  const count = body.readUInt16BE(0);
  const row: (string | null)[] = new Array(count);
  let at = 2;
  for (let index = 0; index < count; index += 1) {
    const length = body.readInt32BE(at);
    at += 4;
    row[index] = length < 0 ? null : body.toString('utf8', at, at + length);
    if (length > 0) at += length;
  }
  return row;
}

/** The fields of an error or a notice, by their one-letter names. */
export function readFields(body: Buffer): Readonly<Record<string, string>> {
  const fields: Record<string, string> = {};
  for (const part of body.toString('utf8').split('\0')) {
    if (part !== '') fields[part[0] ?? ''] = part.slice(1);
  }
  return fields;
}

/** A notification: the channel and what was said on it. */
export function readNotification(body: Buffer): { readonly channel: string; readonly payload: string } {
  const [channel = '', payload = ''] = body.toString('utf8', 4).split('\0');
  return { channel, payload };
}

/** A list of zero-terminated words, as in the offer of SASL mechanisms. */
export function readWords(body: Buffer): string[] {
  return body
    .toString('utf8')
    .split('\0')
    .filter((word) => word !== '');
}
