import { appendFileSync, type FSWatcher, watch, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from './is-alive.ts';
import { openChannel } from './open-channel.ts';
import { openRecorder } from './open-recorder.ts';
import { secretValues } from './redact-lines.ts';
import { hasSession, type SessionFolder } from './session.ts';
import { takeCalls } from './spool-calls.ts';

/** How often the database hears that the build is well; its lease lasts ten times as long. */
const HEARTBEAT_MS = 30_000;
/** How often to look where nothing said that there is something. */
const LOOK_MS = 100;
/** GitHub ends jobs after six hours, on runners of one's own after five days. */
const LONGEST_MS = 5 * 24 * 3_600_000;

/**
 * The background process of a job that records: follows the spools, sends lines, keeps the lease. It ends with SIGTERM, with its
 * folder, or when the runner that started it is gone, so that a job that died does not look alive.
 *
 * @param options.runnerPid process of the runner; undefined where it can't be seen
 */
export async function recordInBackground(options: {
  readonly paths: SessionFolder;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly runnerPid: number | undefined;
}): Promise<void> {
  const { paths, environment, runnerPid } = options;
  const say = (words: string): void => tell(paths, words);
  const stop = new AbortController();
  process.once('SIGTERM', () => stop.abort());
  process.once('SIGINT', () => stop.abort());
  const channel = await openChannel(environment);
  if (channel === undefined || !hasSession(paths)) return;
  writeFileSync(paths.processFile, `${process.pid}\n`, { mode: 0o600 });

  const opened = whileThere(paths, () =>
    openRecorder({
      paths,
      channel,
      secrets: secretValues(environment),
      onState: (_state, why) => say(why),
    }),
  );
  if (opened === undefined) return;
  const { recorder, reader, refreshMasks } = opened;
  const news = listenTo(paths.spool);
  const until = Date.now() + LONGEST_MS;
  let nextBeat = Date.now() + HEARTBEAT_MS;
  try {
    while (!stop.signal.aborted && Date.now() < until && hasSession(paths)) {
      if (runnerPid !== undefined && !isAlive(runnerPid)) break;
      if (recorder.state === 'stale' || recorder.state === 'refused') break;
      refreshMasks();
      const more = reader.look();
      takeCalls(paths, (call) => recorder.call(call));
      if (Date.now() >= nextBeat) {
        nextBeat = Date.now() + HEARTBEAT_MS;
        void beat();
      }
      if (more) await sleep(0);
      else await news.next(LOOK_MS, stop.signal);
    }
  } catch (error) {
    // The folder went while we looked into it: the job is over.
    if (hasSession(paths)) throw error;
  } finally {
    news.close();
    reader.close();
    await recorder.close();
  }

  async function beat(): Promise<void> {
    const { lease } = recorder;
    if (lease === undefined || channel === undefined) return;
    try {
      const verdict = await channel.heartbeat(lease);
      if (verdict === 'cancel') writeFileSync(paths.cancelFile, '');
      if (verdict === 'lost') say('The lease of this build is over.');
    } catch (error) {
      if (!channel.isAway(error))
        say(`A heartbeat was refused: ${error instanceof Error ? error.message : 'no reason given'}`);
    }
  }
}

/** Work in the folder; undefined when it went meanwhile, because the job is over. */
function whileThere<T>(paths: SessionFolder, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (hasSession(paths)) throw error;
    return undefined;
  }
}

interface News {
  /** Wait until something changed, or the time is over. */
  readonly next: (timeoutMs: number, signal: AbortSignal) => Promise<void>;
  readonly close: () => void;
}

/** Changes of a folder; where the system can't tell, only time passes. */
function listenTo(folder: string): News {
  let changed = false;
  let wake: () => void = () => undefined;
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(folder, () => {
      changed = true;
      wake();
    });
    watcher.on('error', () => undefined);
  } catch {
    // No more watches on this machine: looking every 100 ms is what is left.
  }
  return {
    next: async (timeoutMs, signal) => {
      if (!changed) {
        const ended = new AbortController();
        wake = () => ended.abort();
        await sleep(timeoutMs, undefined, { signal: AbortSignal.any([signal, ended.signal]) }).catch(
          () => undefined,
        );
      }
      changed = false;
    },
    close: () => {
      watcher?.close();
    },
  };
}

const MOST_LOG = 64 * 1024;
let logged = 0;

/** For the post step to show: this process has no log of its own. */
function tell(paths: SessionFolder, words: string): void {
  const line = `${new Date().toISOString()} ${words}\n`;
  logged += line.length;
  if (logged > MOST_LOG) return;
  try {
    appendFileSync(paths.log, line, { mode: 0o600 });
  } catch {
    // The folder is gone: the job is over, and nobody reads this any more.
  }
}
