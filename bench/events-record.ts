/** Lines a second: through the recorder, and through the whole of opsroom-log, against one insert a line and COPY. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { databaseChannel } from '../actions/_shared/builds/recorder/database-channel.ts';
import { finishRecording } from '../actions/_shared/builds/recorder/finish-recording.ts';
import { CHANNEL_VARIABLES } from '../actions/_shared/builds/recorder/open-channel.ts';
import { makeFolder, sessionFolder, writeSession } from '../actions/_shared/builds/recorder/session.ts';
import { startBackground, writeLogProgram } from '../actions/_shared/builds/recorder/start-recording.ts';
import { connect } from '../actions/_shared/database/connect.ts';
import {
  copyAll,
  insertOneByOne,
  type Log,
  logMaker,
  mustHave,
  openBenchRecorder,
  sampleLine,
} from './build-log.ts';
import type { EventsOptions } from './events.ts';
import { type Measured, measure, pairedRatio, perPiece, ratioWords } from './measure.ts';

/** Inserts one by one are timed with fewer: they are that slow. */
const linesOneByOne = 2_000;
/** What a spool is read by. */
const linesAWrite = 1000;

/** Returns a table of lines per second and ratios. */
export async function benchRecord({ server, lines, repetitions }: EventsOptions): Promise<string> {
  const sql = connect({ url: server.url, applicationName: 'opsroom-bench', max: 1 });
  try {
    const newLog = await logMaker(sql);
    const texts = Array.from({ length: lines }, (_, index) => sampleLine(index));
    const ways: readonly Way[] = [
      {
        name: 'one insert a line',
        count: linesOneByOne,
        write: (log) => insertOneByOne(sql, log, texts.slice(0, linesOneByOne)),
      },
      { name: 'COPY of the same lines', count: lines, write: (log) => copyAll(sql, log, texts) },
      {
        name: 'the recorder: buffer, masks, batches, NOTIFY',
        count: lines,
        write: (log) => record(server.url, log, texts),
      },
      {
        name: 'a command under opsroom-log, its process, the background process, the end of the job',
        count: lines,
        write: (log) => wholeJob(server.url, log, texts),
      },
    ];
    let log: Log | undefined;
    const contenders = ways.map(({ name, count, write }) => ({
      name,
      prepare: async () => {
        if (log !== undefined && checked !== undefined) await mustHave(sql, log, checked);
        log = await newLog();
        checked = count;
      },
      run: async () => {
        if (log !== undefined) await write(log);
      },
    }));
    let checked: number | undefined;
    const measured = await measure(contenders, repetitions);
    await sql`delete from ops.orgs`;
    return table(measured, ways, repetitions);
  } finally {
    await sql.end();
  }
}

interface Way {
  readonly name: string;
  readonly count: number;
  readonly write: (log: Log) => Promise<void>;
}

async function record(url: string, log: Log, texts: readonly string[]): Promise<void> {
  const { recorder, close } = openBenchRecorder(url, log);
  for (let first = 0; first < texts.length; first += linesAWrite) {
    recorder.write(`${texts.slice(first, first + linesAWrite).join('\n')}\n`, { step: 'build' });
    // As when reading files: others get their turn between two pieces.
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (!(await recorder.drain(120_000))) throw new Error(`the recorder ended ${recorder.state}`);
  await close();
}

/** From the start of the command to the last line stored; the processes start within it. */
async function wholeJob(url: string, log: Log, texts: readonly string[]): Promise<void> {
  const temp = mkdtempSync(path.join(tmpdir(), 'opsroom-bench-job-'));
  try {
    const paths = sessionFolder(temp);
    makeFolder(paths);
    const request = { repository: 'acme/app', runId: '1', runAttempt: 1, trigger: 'push', runnerId: 'bench' };
    writeSession(paths, { request, lease: log.lease, shift: 0, finish: 'never' });
    const program = path.join(temp, 'program', 'index.ts');
    mkdirSync(path.dirname(program));
    const main = path.resolve(import.meta.dirname, '../actions/record-build/main.ts');
    writeFileSync(program, `import { run } from ${JSON.stringify(main)};\n\nawait run();\n`);
    writeLogProgram(paths, program);
    const lines = path.join(temp, 'lines.txt');
    writeFileSync(lines, `${texts.join('\n')}\n`);
    const environment = {
      PATH: process.env.PATH ?? '',
      HOME: temp,
      RUNNER_TEMP: temp,
      [CHANNEL_VARIABLES.databaseUrl]: url,
    };
    startBackground({ paths, program, environment });
    const command = spawn(path.join(paths.bin, 'opsroom-log'), ['cat', lines], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: environment,
    });
    await once(command, 'exit');
    await finishRecording({
      paths,
      channel: databaseChannel({ url }),
      secrets: [],
      jobStatus: 'success',
      timeoutMs: 60_000,
    });
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
}

function table(measured: readonly Measured[], ways: readonly Way[], repetitions: number): string {
  const perLine = measured.map((each, index) => perPiece(each, ways[index]?.count ?? 1));
  const [single, copy] = perLine;
  const text = (base: Measured | undefined, own: Measured, digits: number): string => {
    if (base === undefined || base === own) return '1';
    return ratioWords(pairedRatio(base, own), { digits, unit: 'x' });
  };
  return [
    `## record: ${ways[1]?.count} lines a round (${linesOneByOne} one by one), ${repetitions} repetitions A B A B, medians [lowest-highest of the pairs]`,
    '',
    '| writer, one connection | lines/s | against one insert a line (floor 30x, goal 50x) | of the speed of COPY (floor 0.6, goal 0.9) |',
    '|---|---|---|---|',
    ...perLine.map(
      (each) =>
        `| ${each.name} | ${Math.round(1000 / each.median).toLocaleString('en')} | ${text(single, each, 1)} | ${text(copy, each, 2)} |`,
    ),
    '',
  ].join('\n');
}
