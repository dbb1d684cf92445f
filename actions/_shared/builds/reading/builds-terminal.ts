import Table from 'cli-table3';
import { PLAIN_BORDERS } from '../../report/plain-borders.ts';
import { printable } from '../../report/printable.ts';
import { type Painter, painter, type TerminalStyle } from '../../report/terminal-style.ts';
import type { Branch, Build, BuildStatus, Lane, LogEvent } from './build.ts';

const STATUS_STYLE: Readonly<Record<BuildStatus, TerminalStyle>> = {
  queued: 'dim',
  dispatched: 'dim',
  running: 'change',
  succeeded: 'good',
  almost: 'change',
  failed: 'bad',
  cancelled: 'dim',
  lost: 'bad',
};

const LANES: readonly Lane[] = ['production', 'staging', 'development'];

/** Branches of a project in their three lanes, as Odoo.sh shows them; an empty lane is left out. Ends in a newline. */
export function renderLanes(branches: readonly Branch[], { color }: { readonly color: boolean }): string {
  const paint = painter(color);
  const lanes = LANES.flatMap((lane) => {
    const own = branches.filter((branch) => branch.lane === lane);
    if (own.length === 0) return [];
    const table = plainTable(paint, [
      'branch',
      'last build',
      'status',
      'when (UTC)',
      'commit',
      'health',
      'builds',
    ]);
    for (const branch of own) table.push(branchCells(branch, paint));
    return [`${paint('dim', lane.toUpperCase())}\n${table.toString()}`];
  });
  return lanes.length === 0 ? 'No branches.\n' : `${lanes.join('\n\n')}\n`;
}

/** Builds, as given. Ends in a newline. */
export function renderBuilds(builds: readonly Build[], { color }: { readonly color: boolean }): string {
  if (builds.length === 0) return 'No builds.\n';
  const paint = painter(color);
  const table = plainTable(paint, [
    'build',
    'project',
    'branch',
    'status',
    'created (UTC)',
    'took',
    'commit',
    'by',
    'why',
  ]);
  for (const build of builds) {
    table.push([
      build.id,
      printable(build.project, 30),
      printable(build.branch, 40),
      statusText(build.status, build.attempt, paint),
      timestamp(build.createdAt),
      took(build),
      commit(build.commitSha, build.commitMessage),
      printable([build.trigger, build.actor].filter((part) => part !== null).join(' '), 30),
      printable(build.error ?? '', 80),
    ]);
  }
  return `${table.toString()}\n`;
}

const LEVEL_STYLE: Readonly<Record<LogEvent['level'], TerminalStyle | undefined>> = {
  debug: 'dim',
  info: undefined,
  notice: 'good',
  warning: 'change',
  error: 'bad',
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is how terminals are told colours.
const COLOURS = /\u001b\[[0-9;]*[A-Za-z]/g;

/** One event on one line: what the control room says is set off from what the build says. Ends in a newline. */
export function renderLogEvent(event: LogEvent, { color }: { readonly color: boolean }): string {
  const paint = painter(color);
  const time = paint('dim', event.at.toISOString().slice(11, 23));
  if (event.attempt === 0) return `${time} ${paint('change', `== ${printable(event.message, 2000)}`)}\n`;
  const style = LEVEL_STYLE[event.level];
  const step = event.step === null ? '' : `${paint('dim', `[${printable(event.step, 40)}]`)} `;
  const mark = event.level === 'error' || event.level === 'warning' ? `${event.level}: ` : '';
  const text = `${mark}${printable(event.message.replaceAll(COLOURS, ''), 65_536)}`;
  return `${time} ${step}${style === undefined ? text : paint(style, text)}\n`;
}

function plainTable(paint: Painter, titles: readonly string[]) {
  return new Table({
    head: titles.map((title) => paint('dim', title)),
    style: { head: [], border: [], compact: true },
    chars: PLAIN_BORDERS,
  });
}

function branchCells(branch: Branch, paint: Painter): string[] {
  return [
    printable(branch.name, 60),
    branch.lastBuildId ?? '-',
    branch.lastBuildStatus === null ? '-' : statusText(branch.lastBuildStatus, 1, paint),
    branch.lastBuildAt === null ? '-' : timestamp(branch.lastBuildAt),
    commit(branch.commitSha, branch.commitMessage),
    branch.health ?? '-',
    String(branch.buildCount),
  ];
}

function statusText(status: BuildStatus, attempt: number, paint: Painter): string {
  return paint(STATUS_STYLE[status], status) + (attempt > 1 ? ` (attempt ${attempt})` : '');
}

function commit(sha: string | null, message: string | null): string {
  return printable([sha?.slice(0, 7), message?.split('\n', 1)[0]].filter(Boolean).join(' '), 60);
}

function took({ startedAt, finishedAt }: Build): string {
  if (startedAt === null || finishedAt === null) return '-';
  const seconds = Math.round((finishedAt.getTime() - startedAt.getTime()) / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

function timestamp(at: Date): string {
  return at.toISOString().slice(0, 19).replace('T', ' ');
}
