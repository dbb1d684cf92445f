import { existsSync, rmSync, statSync } from 'node:fs';
import type { BuildChannel } from './channel.ts';
import { Journal } from './journal.ts';
import { DEFAULT_LIMITS, type RecorderLimits } from './limits.ts';
import { Recorder } from './recorder.ts';
import { createLineRedaction } from './redact-lines.ts';
import type { RecorderState, Taken } from './sender.ts';
import { keepLease, readMasks, readSession, type SessionFolder } from './session.ts';
import { SpoolReader } from './spool-reader.ts';
import { rememberMask } from './spool-writer.ts';

/** A recorder on the buffer of a job, and the reader that feeds it. */
export interface OpenRecorder {
  readonly recorder: Recorder;
  readonly reader: SpoolReader;
  readonly journal: Journal;
  /** Masks that other processes of the job found since. */
  readonly refreshMasks: () => void;
}

/**
 * Go on where the last recorder of this job stopped, or was killed: what is in the buffer is sent, the spools are read from where
 * the buffer ends. One process at a time.
 *
 * @param options.secrets values to cut out besides those commands asked for
 */
export function openRecorder(options: {
  readonly paths: SessionFolder;
  readonly channel: BuildChannel;
  readonly secrets: readonly string[];
  readonly limits?: RecorderLimits;
  readonly onState: (state: RecorderState, why: string) => void;
}): OpenRecorder {
  const { paths, channel, limits = DEFAULT_LIMITS } = options;
  const session = readSession(paths);
  const redaction = createLineRedaction([...options.secrets, ...readMasks(paths)]);
  const journal = openJournal(paths, limits);
  const recorder = new Recorder({
    journal,
    channel,
    lease: session.lease,
    shift: session.shift,
    limits,
    redaction,
    now: () => new Date(),
    onState: options.onState,
    onMask: (value) => rememberMask(paths.masks, value),
    take: () => take(paths, channel),
  });
  const reader = new SpoolReader(
    paths.spool,
    {
      offsetOf: (source) => journal.offsetOf(source),
      take: (text, origin) => recorder.write(text, origin),
      settle: () => recorder.flush(),
      forget: (source) => journal.forget(source),
    },
    limits.batchLines,
  );
  let seenMasks = 0;
  return {
    recorder,
    reader,
    journal,
    refreshMasks: () => {
      const size = existsSync(paths.masks) ? statSync(paths.masks).size : 0;
      if (size !== seenMasks) for (const value of readMasks(paths)) redaction.add(value);
      seenMasks = size;
    },
  };
}

function openJournal(paths: SessionFolder, limits: RecorderLimits): Journal {
  const { request, lease } = readSession(paths);
  if (Journal.exists(paths.journal)) {
    try {
      return Journal.open(paths.journal, limits.memoryBytes);
    } catch {
      // Killed before its first line was whole, which is before anything else was in it.
      rmSync(paths.journal, { force: true });
    }
  }
  const head = { build: lease?.buildId ?? null, attempt: lease?.attempt ?? null, next: 1, run: request };
  return Journal.create(paths.journal, head, limits.memoryBytes);
}

/** Take the build for this run. The buffer's numbers begin behind the lines there are already, once and for all. */
async function take(paths: SessionFolder, channel: BuildChannel): Promise<Taken | undefined> {
  const session = readSession(paths);
  const started = await channel.start(session.request);
  if (started.outcome === 'stale') return undefined;
  const former = session.lease;
  if (former !== undefined && former.attempt !== started.lease.attempt) return undefined;
  const shift = former === undefined ? started.lastSeq : session.shift;
  keepLease(paths, started.lease, shift);
  return { lease: started.lease, shift };
}
