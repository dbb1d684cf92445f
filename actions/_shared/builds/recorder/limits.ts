/** How much a recorder takes, and how it hands it on. */
export interface RecorderLimits {
  /** Lines of one batch: more than this gains nothing. */
  readonly batchLines: number;
  /** How long a line may wait for others, in milliseconds. A line after a pause does not wait. */
  readonly batchMs: number;
  /** Characters of a line; the rest is cut off, and said so. */
  readonly lineLength: number;
  /** Lines of one attempt. What comes after them is counted and left out. */
  readonly lines: number;
  /** Bytes of the buffer that wait for the database. What would not fit is counted and left out. */
  readonly bufferBytes: number;
  /** Bytes of those that also stay in memory; the others are read from the buffer again. */
  readonly memoryBytes: number;
}

export const DEFAULT_LIMITS: RecorderLimits = {
  batchLines: 1000,
  batchMs: 200,
  lineLength: 16_384,
  lines: 500_000,
  bufferBytes: 64 * 1024 * 1024,
  memoryBytes: 8 * 1024 * 1024,
};
