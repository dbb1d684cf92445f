import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';

/**
 * A zip with one file, as GitHub keeps artifacts (APPNOTE 6.3.10, sections 4.3 and 4.4; no zip64: under 4 GiB).
 *
 * @param at when the file was made; zip knows two seconds, and no zone
 */
export function zipFile(name: string, content: Buffer, at: Date): Buffer {
  const packed = deflateRawSync(content);
  const nameBytes = Buffer.from(name, 'utf8');
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  // Bit 11: the name is UTF-8.
  common.writeUInt16LE(0x0800, 2);
  common.writeUInt16LE(8, 4);
  common.writeUInt16LE((at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1), 6);
  common.writeUInt16LE(
    ((at.getUTCFullYear() - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate(),
    8,
  );
  common.writeUInt32LE(crc32(content), 10);
  common.writeUInt32LE(packed.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(nameBytes.length, 22);
  const local = Buffer.concat([signature(0x04034b50), common, nameBytes, packed]);
  // Version that made it, then what the local header says, then comment, disk, attributes and where the file starts: zeros.
  const central = Buffer.concat([signature(0x02014b50), word(20), common, Buffer.alloc(14), nameBytes]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(local.length, 12);
  return Buffer.concat([local, central, signature(0x06054b50), end]);
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

/**
 * The first file of a zip, found by its central directory, whoever made it.
 *
 * @param mostBytes of the file: a zip can pack a lot of nothing
 * @throws Error when it is no zip, is damaged, or packs more
 */
export function unzipFirst(zip: Buffer, mostBytes: number): Buffer {
  const end = zip.lastIndexOf(signature(0x06054b50));
  if (end < 0 || end + 22 > zip.length) throw new Error('this is not a zip file');
  const central = zip.readUInt32LE(end + 16);
  if (central + 46 > zip.length || zip.readUInt32LE(central) !== 0x02014b50)
    throw new Error('this zip file is damaged');
  const method = zip.readUInt16LE(central + 10);
  const sum = zip.readUInt32LE(central + 16);
  const packedLength = zip.readUInt32LE(central + 20);
  const local = zip.readUInt32LE(central + 42);
  if (local + 30 > zip.length || zip.readUInt32LE(local) !== 0x04034b50)
    throw new Error('this zip file is damaged');
  const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
  const packed = zip.subarray(start, start + packedLength);
  const content = method === 0 ? packed : inflateRawSync(packed, { maxOutputLength: mostBytes });
  if (crc32(content) !== sum) throw new Error('this zip file is damaged');
  return content;
}
