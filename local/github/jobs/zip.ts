import { crc32 } from 'node:zlib';

/** One file of an archive. */
export interface ZipEntry {
  readonly name: string;
  readonly content: Buffer;
}

// Bit 11: names are UTF-8. Method 0: stored as it is. Time 0, date 1980-01-01: archives of equal files are equal.
const FLAGS = 0x0800;
const DATE = 0x0021;

/** A zip archive of files as they are. @see PKWARE APPNOTE 4.3 */
export function zip(entries: readonly ZipEntry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of entries) {
    const encoded = Buffer.from(name, 'utf8');
    const shared = sharedFields(encoded, content);
    const local = Buffer.concat([signature(0x04034b50), shared, encoded]);
    directory.push(Buffer.concat([signature(0x02014b50), version(), shared, centralFields(offset), encoded]));
    parts.push(local, content);
    offset += local.length + content.length;
  }
  const central = Buffer.concat(directory);
  return Buffer.concat([
    ...parts,
    central,
    endRecord({ count: entries.length, size: central.length, offset }),
  ]);
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function version(): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(20);
  return bytes;
}

/** From "version needed to extract" to "extra field length". */
function sharedFields(name: Buffer, content: Buffer): Buffer {
  const bytes = Buffer.alloc(26);
  bytes.writeUInt16LE(20, 0);
  bytes.writeUInt16LE(FLAGS, 2);
  bytes.writeUInt16LE(0, 4);
  bytes.writeUInt16LE(0, 6);
  bytes.writeUInt16LE(DATE, 8);
  bytes.writeUInt32LE(crc32(content), 10);
  bytes.writeUInt32LE(content.length, 14);
  bytes.writeUInt32LE(content.length, 18);
  bytes.writeUInt16LE(name.length, 22);
  bytes.writeUInt16LE(0, 24);
  return bytes;
}

/** From "file comment length" to the offset of the local header. */
function centralFields(offset: number): Buffer {
  const bytes = Buffer.alloc(14);
  bytes.writeUInt32LE(offset, 10);
  return bytes;
}

function endRecord({
  count,
  size,
  offset,
}: {
  readonly count: number;
  readonly size: number;
  readonly offset: number;
}): Buffer {
  const bytes = Buffer.alloc(22);
  bytes.writeUInt32LE(0x06054b50, 0);
  bytes.writeUInt16LE(count, 8);
  bytes.writeUInt16LE(count, 10);
  bytes.writeUInt32LE(size, 12);
  bytes.writeUInt32LE(offset, 16);
  return bytes;
}
