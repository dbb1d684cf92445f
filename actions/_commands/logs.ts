import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type BuildStatus, exitCodeOf, isFinal, type LogEvent } from '../_shared/builds/reading/build.ts';
import { followLog } from '../_shared/builds/reading/follow-log.ts';
import { renderLogEvent } from '../_shared/builds/reading/log-terminal.ts';
import { buildChannel, listenForNews } from '../_shared/builds/reading/news.ts';
import { positionSince } from '../_shared/builds/reading/statements.ts';
import { replayBuffer } from '../_shared/builds/recorder/replay.ts';
import { ConfigurationError } from '../_shared/io/errors.ts';
import { wantsColor } from '../_shared/io/wants-color.ts';
import { chosenBuild } from './chosen-build.ts';
import { type TargetOptions, targetUrl, withDatabaseOf } from './target-url.ts';

export interface LogsOptions extends TargetOptions {
  readonly build: string;
  readonly follow?: boolean;
  readonly since?: Date;
  readonly step?: string;
  readonly listen: boolean;
  readonly format: 'terminal' | 'json';
}

/** `opsroom logs BUILD`: with --follow its exit code is the build's: 0 good, 1 bad, 2 when it is not known how it ended. */
export async function logs(options: LogsOptions): Promise<number> {
  return withDatabaseOf(options, async (sql) => {
    const buildId = await chosenBuild(sql, options.build);
    const stop = new AbortController();
    process.once('SIGINT', () => stop.abort());
    process.once('SIGTERM', () => stop.abort());
    const isListening = options.follow === true && options.listen;
    const news = isListening
      ? await listenForNews(await targetUrl(options), buildChannel(buildId))
      : undefined;
    try {
      const status = await followLog({
        sql,
        buildId,
        ...(options.since === undefined ? {} : { from: await positionSince(sql, buildId, options.since) }),
        follow: options.follow === true,
        ...(news === undefined ? {} : { news }),
        onEvents: (events) => print(events, options),
        onTrouble: (away) =>
          void process.stderr.write(
            away ? 'The database is away; waiting for it.\n' : 'The database is back.\n',
          ),
        signal: stop.signal,
      });
      return ended(status, options);
    } finally {
      await news?.close();
    }
  });
}

/** `opsroom logs replay FILE`: store what a recorder could not. */
export async function replay(options: TargetOptions & { readonly file?: string }): Promise<number> {
  const { file } = options;
  if (file === undefined) throw new ConfigurationError('Which file? opsroom logs replay FILE');
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new ConfigurationError(`${file} can't be read.`, { cause });
  });
  return withDatabaseOf(options, async (sql) => {
    const { buildId, lines, outcome } = await replayBuffer(sql, bytes);
    const words =
      outcome === 'stored'
        ? `${lines} lines of build ${buildId} are stored.`
        : `Build ${buildId ?? 'of this run'} is at another attempt by now; nothing was changed.`;
    process.stdout.write(`${words}\n`);
    return outcome === 'stored' ? 0 : 1;
  });
}

function ended(status: BuildStatus, options: LogsOptions): number {
  if (options.follow !== true) return 0;
  if (!isFinal(status)) process.stderr.write(`The build is still ${status}.\n`);
  return exitCodeOf(status);
}

async function print(events: readonly LogEvent[], options: LogsOptions): Promise<void> {
  const color = wantsColor(process.stdout);
  const { step, since } = options;
  const wanted = events.filter(
    (event) =>
      (step === undefined || event.step === step) &&
      (since === undefined || event.attempt > 0 || event.at >= since),
  );
  const text = wanted
    .map((event) =>
      options.format === 'json' ? `${JSON.stringify(event)}\n` : renderLogEvent(event, { color }),
    )
    .join('');
  // A reader that is slower than the log must not fill our memory.
  if (text !== '' && !process.stdout.write(text)) await once(process.stdout, 'drain');
}
