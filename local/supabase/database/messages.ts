/**
 * The frontend half of PostgreSQL's protocol, version 3, as far as the gateway speaks it: start-up, passwords, and batches
 * of parse, bind and execute closed by one sync. Values travel in text format.
 */

/** A bound value; null is SQL's null. */
export type Value = string | null;

/** Collects messages so that one batch leaves in one write. */
export interface MessageWriter {
  readonly parse: (name: string, text: string) => void;
  /** Binds the unnamed portal and executes it to its end. */
  readonly execute: (name: string, values: readonly Value[]) => void;
  readonly closeStatement: (name: string) => void;
  readonly sync: () => void;
  readonly password: (payload: string | Uint8Array) => void;
  readonly saslInitial: (mechanism: string, payload: string) => void;
  /** Hands out what was collected and starts anew. */
  readonly take: () => Buffer;
}

const initialBytes = 4_096;

/** A writer of its own for one connection. */
export function createWriter(): MessageWriter {
  let buffer = Buffer.allocUnsafe(initialBytes);
  let end = 0;
  const need = (bytes: number): void => {
    if (end + bytes <= buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(buffer.length * 2, end + bytes));
    buffer.copy(larger, 0, 0, end);
    buffer = larger;
  };
  const int16 = (value: number): void => {
    need(2);
    end = buffer.writeUInt16BE(value, end);
  };
  const int32 = (value: number): void => {
    need(4);
    end = buffer.writeInt32BE(value, end);
  };
  const text = (value: string): number => {
    // UTF-8 takes three bytes at most for one UTF-16 unit.
    need(value.length * 3);
    const written = buffer.write(value, end, 'utf8');
    end += written;
    return written;
  };
  const cstring = (value: string): void => {
    text(value);
    need(1);
    end = buffer.writeUInt8(0, end);
  };
  const message = (kind: string, body: () => void): void => {
    need(5);
    buffer[end] = kind.charCodeAt(0);
    const length = end + 1;
    end += 5;
    body();
    buffer.writeInt32BE(end - length, length);
  };
  const value = (bound: Value): void => {
    int32(-1);
    if (bound === null) return;
    const length = end - 4;
    const written = text(bound);
    buffer.writeInt32BE(written, length);
  };
  return {
    parse: (name, statement) =>
      message('P', () => {
        cstring(name);
        cstring(statement);
        int16(0);
      }),
    execute: (name, values) => {
      message('B', () => {
        cstring('');
        cstring(name);
        int16(0);
        int16(values.length);
        for (const each of values) value(each);
        int16(0);
      });
      message('E', () => {
        cstring('');
        int32(0);
      });
    },
    closeStatement: (name) =>
      message('C', () => {
        text('S');
        cstring(name);
      }),
    sync: () => message('S', () => {}),
    password: (payload) =>
      message('p', () => {
        if (typeof payload === 'string') text(payload);
        else {
          need(payload.length);
          buffer.set(payload, end);
          end += payload.length;
        }
      }),
    saslInitial: (mechanism, payload) =>
      message('p', () => {
        cstring(mechanism);
        int32(Buffer.byteLength(payload));
        text(payload);
      }),
    take: () => {
      const taken = buffer.subarray(0, end);
      buffer = Buffer.allocUnsafe(initialBytes);
      end = 0;
      return taken;
    },
  };
}

/** The first message of a connection; it has no kind. */
export function startupMessage(parameters: Readonly<Record<string, string>>): Buffer {
  const pairs = Object.entries(parameters).flat();
  const body = Buffer.from(`${pairs.join('\0')}\0\0`, 'utf8');
  const head = Buffer.alloc(8);
  head.writeInt32BE(body.length + 8, 0);
  head.writeInt32BE(196_608, 4);
  return Buffer.concat([head, body]);
}
