import { printable } from '../../report/printable.ts';
import { type Painter, painter, type TerminalStyle } from '../../report/terminal-style.ts';
import type { Branch, Build, BuildStatus, Lane } from './build.ts';
import { agoOf, tookOf } from './durations.ts';

/** How lists are shown. */
export interface BuildsView {
  readonly color: boolean;
  /** Columns of the terminal. */
  readonly width: number;
  readonly now: Date;
}

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
/** Names are cut at this, so that the columns behind them stay in sight. */
const LONGEST_NAME = 28;

/**
 * Branches of a project in their three lanes, as Odoo.sh shows them, each with its last build; an empty lane is left out. Ends in
 * a newline.
 */
export function renderLanes(branches: readonly Branch[], view: BuildsView): string {
  if (branches.length === 0) return 'No branches.\n';
  const paint = painter(view.color);
  const width = widthOf(branches.map(({ name }) => name));
  const lanes = LANES.flatMap((lane) => {
    const own = branches.filter((branch) => branch.lane === lane);
    if (own.length === 0) return [];
    const entries = own.map((branch) => laneEntry(branch, { ...view, paint, nameWidth: width }));
    return [`${paint('strong', lane.toUpperCase())}\n${entries.join('')}`];
  });
  const example = branches.find(({ lastBuild }) => lastBuild !== null)?.lastBuild;
  return `${lanes.join('\n')}${example == null ? '' : hint(example.id, paint)}`;
}

/** Builds, as given. Ends in a newline. */
export function renderBuilds(builds: readonly Build[], view: BuildsView): string {
  const [first] = builds;
  if (first === undefined) return 'No builds.\n';
  const paint = painter(view.color);
  const isOneProject = builds.every(({ project }) => project === first.project);
  const nameOf = (build: Build): string => (isOneProject ? build.branch : `${build.project} ${build.branch}`);
  const nameWidth = widthOf(builds.map(nameOf));
  const entries = builds.map((build) => entry(nameOf(build), build, { ...view, paint, nameWidth }));
  return `${entries.join('')}${hint(first.id, paint)}`;
}

/** Enough of an id to name the build: its random end. */
export function shortId(buildId: string): string {
  return buildId.slice(-8);
}

interface EntryView extends BuildsView {
  readonly paint: Painter;
  readonly nameWidth: number;
}

function laneEntry(branch: Branch, view: EntryView): string {
  if (branch.lastBuild === null)
    return `  ${named(branch.name, view)}  ${view.paint('dim', 'no build yet')}\n`;
  const { health } = branch;
  const isWell = health === null || health === 'healthy' || health === 'unknown';
  return entry(branch.name, branch.lastBuild, view, isWell ? [] : [health]);
}

type Listed = NonNullable<Branch['lastBuild']>;

/** A build in a few lines: how it is, what it is of, where to look. */
function entry(name: string, build: Listed, view: EntryView, marks: readonly string[] = []): string {
  const { paint, width } = view;
  const status = statusOf(build).padEnd(10);
  const facts = [
    agoOf(build.createdAt, view.now),
    tookOf(build, view.now),
    printable([build.trigger, build.actor === null ? '' : `by ${build.actor}`].join(' ').trim(), 30),
  ].filter((fact) => fact !== '');
  const room = width - view.nameWidth - status.length - 6;
  const rest = cut([...facts.slice(0, 1), ...marks, ...facts.slice(1)].join(', '), Math.max(room, 10));
  const link = build.environmentUrl ?? build.githubRunUrl;
  return [
    `  ${named(name, view)}  ${paint(STATUS_STYLE[build.status], status)}  ${rest}`,
    ...detail(commitOf(build), width),
    ...detail(build.error ?? '', width).map((line) => paint('bad', line)),
    // An address that is cut leads nowhere.
    paint('dim', `    ${shortId(build.id)}${link === null ? '' : `  ${printable(link, 2000)}`}`),
  ]
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

function statusOf({ status, attempt }: Listed): string {
  return attempt > 1 ? `${status}, try ${attempt}` : status;
}

function commitOf({ commitSha, commitMessage }: Listed): string {
  return [commitSha?.slice(0, 7), commitMessage?.split('\n', 1)[0]].filter(Boolean).join(' ');
}

/** One line under an entry, none for nothing. */
function detail(text: string, width: number): string[] {
  return text === '' ? [] : [`    ${cut(printable(text, 2000), Math.max(width - 4, 20))}`];
}

function named(name: string, { nameWidth, paint }: EntryView): string {
  return paint('strong', cut(printable(name, 200), nameWidth).padEnd(nameWidth));
}

function widthOf(names: readonly string[]): number {
  return Math.min(LONGEST_NAME, Math.max(...names.map((name) => printable(name, 200).length)));
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${[...text].slice(0, width - 1).join('')}…`;
}

function hint(buildId: string, paint: Painter): string {
  return paint('dim', `\nopsroom logs ${shortId(buildId)} shows the log of that build.\n`);
}
