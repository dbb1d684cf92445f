/**
 * Which names of time zones mean the same here and in Postgres. `Intl` takes old abbreviations and any capitals besides the
 * IANA database; Postgres looks into its own table of abbreviations first, so that `IST` is India here and Israel there.
 */

/** The names without a slash whose clocks are the same in both: a closed list, the database adds to it no more. */
const ALONE: ReadonlySet<string> = new Set(
  `CST6CDT Cuba EST EST5EDT Egypt Eire GB GB-Eire GMT GMT+0 GMT-0 GMT0 Greenwich HST Hongkong Iceland Iran Israel Jamaica
  Japan Kwajalein Libya MST MST7MDT NZ NZ-CHAT Navajo PRC PST8PDT Poland Portugal ROC ROK Singapore Turkey UCT UTC
  Universal W-SU Zulu`.split(/\s+/),
);

/** Zones with summer time that Postgres takes for abbreviations without. */
const WITHOUT_SUMMER: Readonly<Record<string, string>> = {
  CET: 'Europe/Brussels',
  EET: 'Europe/Athens',
  MET: 'Europe/Brussels',
  WET: 'Europe/Lisbon',
};

const AREA =
  /^(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Brazil|Canada|Chile|Etc|Europe|Indian|Mexico|Pacific|US)\//;

export interface TimezoneProblem {
  readonly message: string;
  /** Names to look for the right one in. */
  readonly known: readonly string[];
}

/** What is wrong with a name; null when it is good. `+02:00` is not, because it means the opposite in Postgres. */
export function judgeTimezone(name: string): TimezoneProblem | null {
  const summer = Object.hasOwn(WITHOUT_SUMMER, name) ? WITHOUT_SUMMER[name] : undefined;
  if (summer !== undefined) {
    return { message: `Postgres takes \`${name}\` for a clock without summer time`, known: [summer] };
  }
  const zone = canonicalZone(name);
  if (zone === null) return unknownName(name);
  if (ALONE.has(name)) return null;
  const capitals = [...ALONE, zone].find((known) => known.toLowerCase() === name.toLowerCase());
  if (name === zone) return null;
  if (capitals !== undefined) return misspelt(capitals);
  if (!name.includes('/')) {
    const message = `\`${name}\` is an abbreviation, which Postgres reads in its own way, and not a time zone of the IANA database`;
    return { message, known: [zone] };
  }
  return AREA.test(name) && name.split('/').every(isCapitalised) ? null : misspelt(zone);
}

/** An old name (`US/Eastern`) cannot be looked up: its parts begin with capitals and do not go on in them. */
function isCapitalised(part: string): boolean {
  return /^[A-Z]/.test(part) && (part.length < 4 || part.startsWith('GMT') || /[a-z]/.test(part));
}

function misspelt(zone: string): TimezoneProblem {
  return { message: `time zones are written with capitals: \`${zone}\``, known: [zone] };
}

function unknownName(name: string): TimezoneProblem {
  const message = `\`${name}\` is not a time zone of the IANA database`;
  return { message, known: ['UTC', ...Intl.supportedValuesOf('timeZone')] };
}

/** The name `Intl` knows the zone by; null when it knows none. */
function canonicalZone(name: string): string | null {
  if (!/^[A-Za-z]/.test(name)) return null;
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
