export const id = 987;
export const ids = [987];
export const modules = {

/***/ 8547:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   g: () => (/* binding */ fieldText)
/* harmony export */ });
/** Writes a set of values the way a person would in a cron field. */
/**
 * Shortest of `*`, `a-b`, `a-b/n` and lists of them for ascending `values` within `low..high`.
 * The result starts with `*` only when every value is there, because pg_cron gives a leading star a meaning.
 */
function fieldText(values, low, high) {
    if (values.length === high - low + 1)
        return '*';
    const step = evenStep(values);
    if (step !== null && step > 1 && values.length > 2) {
        const last = values.at(-1) ?? high;
        return `${values[0]}-${last + step > high ? high : last}/${step}`;
    }
    const parts = [];
    let start = null;
    let previous = null;
    for (const value of [...values, Number.NaN]) {
        if (previous !== null && value === previous + 1) {
            previous = value;
            continue;
        }
        if (start !== null && previous !== null)
            parts.push(...runText(start, previous));
        start = value;
        previous = value;
    }
    return parts.join(',');
}
function runText(start, end) {
    if (start === end)
        return [`${start}`];
    return end === start + 1 ? [`${start}`, `${end}`] : [`${start}-${end}`];
}
function evenStep(values) {
    const [first, second] = values;
    if (first === undefined || second === undefined)
        return null;
    const step = second - first;
    return values.every((value, index) => value === first + index * step) ? step : null;
}


/***/ }),

/***/ 2632:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   K: () => (/* binding */ isDueAt)
/* harmony export */ });
/* unused harmony export isDue */
/* harmony import */ var _masks_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(8626);
/* harmony import */ var _zone_offsets_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(5316);


const MINUTE = 60_000;
/** How far back a clock change is looked for; no zone shifts its clocks by more. */
const LOOKBACK = 3 * 60 * MINUTE;
/** Intervals and `@reboot` are due whenever they are asked: their clock is pg_cron's. */
function isDue(compiled, at) {
    if (compiled.match === undefined)
        return true;
    const minute = Math.floor(at.getTime() / MINUTE) * MINUTE;
    return isDueAt(compiled.match, compiled.timezone, minute);
}
/** The same for a whole minute in Unix milliseconds. */
function isDueAt(match, timezone, minute) {
    if (timezone === 'UTC')
        return matches(match, minute);
    const offset = (0,_zone_offsets_js__WEBPACK_IMPORTED_MODULE_0__/* .offsetAt */ .HA)(timezone, minute);
    const wall = minute + offset * MINUTE;
    if (!match.fixed_time)
        return matches(match, wall);
    const jump = offset - (0,_zone_offsets_js__WEBPACK_IMPORTED_MODULE_0__/* .offsetAt */ .HA)(timezone, minute - LOOKBACK);
    if (jump < 0 && (0,_zone_offsets_js__WEBPACK_IMPORTED_MODULE_0__/* .offsetAt */ .HA)(timezone, minute + jump * MINUTE) === offset - jump)
        return false;
    if (matches(match, wall))
        return true;
    const inSkippedTime = jump > 0 && (0,_zone_offsets_js__WEBPACK_IMPORTED_MODULE_0__/* .offsetAt */ .HA)(timezone, minute - jump * MINUTE) === offset - jump;
    return inSkippedTime && matches(match, wall - jump * MINUTE);
}
/** `wall` is local time written as if it were UTC, Unix milliseconds. */
function matches(match, wall) {
    const date = new Date(wall);
    const minute = date.getUTCMinutes();
    const inMinute = minute < 30 ? (0,_masks_js__WEBPACK_IMPORTED_MODULE_1__/* .hasBit */ .c0)(match.minutes_low, minute) : (0,_masks_js__WEBPACK_IMPORTED_MODULE_1__/* .hasBit */ .c0)(match.minutes_high, minute - 30);
    if (!inMinute || !(0,_masks_js__WEBPACK_IMPORTED_MODULE_1__/* .hasBit */ .c0)(match.hours, date.getUTCHours()))
        return false;
    if (!(0,_masks_js__WEBPACK_IMPORTED_MODULE_1__/* .hasBit */ .c0)(match.months, date.getUTCMonth() + 1))
        return false;
    const inDay = (0,_masks_js__WEBPACK_IMPORTED_MODULE_1__/* .hasBit */ .c0)(match.days, date.getUTCDate()) || (match.last_day && isLastDay(date));
    const inWeekday = (0,_masks_js__WEBPACK_IMPORTED_MODULE_1__/* .hasBit */ .c0)(match.weekdays, date.getUTCDay());
    return match.either_day ? inDay || inWeekday : inDay && inWeekday;
}
function isLastDay(date) {
    return new Date(date.getTime() + 24 * 60 * MINUTE).getUTCDate() === 1;
}


/***/ }),

/***/ 8626:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   _4: () => (/* binding */ maskOf),
/* harmony export */   c0: () => (/* binding */ hasBit),
/* harmony export */   sm: () => (/* binding */ valuesOf)
/* harmony export */ });
/**
 * Sets of small numbers as bit masks, the form TypeScript and SQL share. A mask with bit 31 set is larger than a
 * signed 32-bit integer: always read through `hasBit`, always write through `maskOf`.
 */
/** Bit n stands for the value n (0..31). */
function maskOf(values) {
    let mask = 0;
    for (const value of values)
        mask |= 1 << value;
    return mask >>> 0;
}
function hasBit(mask, value) {
    return ((mask >>> value) & 1) === 1;
}
/** The values of a mask in ascending order. */
function valuesOf(mask) {
    const values = [];
    for (let value = 0; value < 32; value += 1) {
        if (hasBit(mask, value))
            values.push(value);
    }
    return values;
}


/***/ }),

/***/ 1987:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  renderStampede: () => (/* reexport */ renderStampede),
  stampede: () => (/* binding */ stampede)
});

// UNUSED EXPORTS: CONCURRENCY_ADVICE

// EXTERNAL MODULE: ./js/actions/_shared/schedule/is-due.js
var is_due = __webpack_require__(2632);
// EXTERNAL MODULE: ./js/actions/_shared/schedule/masks.js
var masks = __webpack_require__(8626);
// EXTERNAL MODULE: ./js/actions/_shared/schedule/zone-offsets.js
var zone_offsets = __webpack_require__(5316);
;// CONCATENATED MODULE: ./js/actions/_shared/schedule/due-minutes.js



const MINUTE = 60_000;
const DAY_MINUTES = 1440;
/** Ascending indexes into the window (0 = its first minute). Local days are walked, so most days cost nothing. */
function dueMinutes(schedule, window) {
    const { match, timezone } = schedule;
    const offsets = offsetsWithin(timezone, window);
    const times = timesOfDay(match);
    const end = window.start + window.length;
    const found = [];
    const [only] = offsets;
    const certain = offsets.length === 1;
    for (const offset of certain && only !== undefined ? [only] : offsets) {
        const firstDay = Math.floor((window.start + offset) / DAY_MINUTES);
        const lastDay = Math.floor((end - 1 + offset) / DAY_MINUTES);
        for (let day = firstDay; day <= lastDay; day += 1) {
            if (!dayMatches(match, day))
                continue;
            const base = day * DAY_MINUTES - offset;
            for (const time of times) {
                const at = base + time;
                if (at < window.start || at >= end)
                    continue;
                if (certain || (0,is_due/* isDueAt */.K)(match, timezone, at * MINUTE))
                    found.push(at - window.start);
            }
        }
    }
    return certain ? found : [...new Set(found)].sort((a, b) => a - b);
}
/** Offsets the zone has in the window and just before it, in minutes. */
function offsetsWithin(timezone, window) {
    const offsets = new Set();
    for (let at = window.start - DAY_MINUTES; at < window.start + window.length + 60; at += 60) {
        offsets.add((0,zone_offsets/* offsetAt */.HA)(timezone, at * MINUTE));
        if (timezone === 'UTC')
            break;
    }
    return [...offsets];
}
function timesOfDay(match) {
    const minutes = [
        ...(0,masks/* valuesOf */.sm)(match.minutes_low),
        ...(0,masks/* valuesOf */.sm)(match.minutes_high).map((value) => value + 30),
    ];
    return (0,masks/* valuesOf */.sm)(match.hours).flatMap((hour) => minutes.map((minute) => hour * 60 + minute));
}
/** `day` counts local days since 1970-01-01. */
function dayMatches(match, day) {
    const date = new Date(day * DAY_MINUTES * MINUTE);
    if (!(0,masks/* hasBit */.c0)(match.months, date.getUTCMonth() + 1))
        return false;
    const isLast = match.last_day && new Date((day + 1) * DAY_MINUTES * MINUTE).getUTCDate() === 1;
    const inDay = isLast || (0,masks/* hasBit */.c0)(match.days, date.getUTCDate());
    const inWeekday = (0,masks/* hasBit */.c0)(match.weekdays, date.getUTCDay());
    return match.either_day ? inDay || inWeekday : inDay && inWeekday;
}

// EXTERNAL MODULE: ./js/actions/_shared/schedule/field-text.js
var field_text = __webpack_require__(8547);
;// CONCATENATED MODULE: ./js/actions/_shared/schedule/propose-moves.js




/** A list people can act on; the first entries take the worst away. */
const MAX_MOVES = 50;
/**
 * Proposes moves until no minute is over `limit`, nothing helps, or the list is long. `load` (starts per minute of the
 * window) is changed as if every proposal were taken.
 */
function proposeMoves(groups, load, options) {
    const { window, limit } = options;
    const moves = [];
    const settled = new Set();
    while (moves.length < MAX_MOVES) {
        const worst = indexOfMost(load);
        const peak = load[worst] ?? 0;
        if (peak <= limit)
            break;
        const minute = { start: window.start + worst, length: 1 };
        const firing = groups.filter((group) => isMovable(group) && dueMinutes(group, minute).length > 0);
        const before = moves.length;
        for (const group of firing) {
            const fires = dueMinutes(group, window);
            for (const job of byWillingness(group.jobs)) {
                if ((load[worst] ?? 0) <= limit || moves.length >= MAX_MOVES)
                    break;
                if (settled.has(job.name))
                    continue;
                settled.add(job.name);
                const move = moveJob(job, group, fires, { load, window });
                if (move !== null)
                    moves.push(move);
            }
        }
        if (moves.length === before)
            break;
    }
    return moves;
}
/** A job that runs every minute has nowhere to go. */
function isMovable(group) {
    return minutesOf(group.match).length < 60;
}
/** Jobs pinned to a minute by hand first: those written `H` were spread already. */
function byWillingness(jobs) {
    const spread = (job) => (/\bH\b/.test(job.definition.schedule.source) ? 1 : 0);
    return [...jobs].sort((a, b) => spread(a) - spread(b) || (a.name < b.name ? -1 : 1));
}
/** Tries every rotation of the job's minutes within the hour and takes the one whose busiest minute is the quietest. */
function moveJob(job, group, fires, context) {
    const { load } = context;
    const minutes = minutesOf(group.match);
    const starts = fires.map((index) => ({ index, minute: localMinute(index, group, context.window) }));
    for (const { index } of starts)
        load[index] = (load[index] ?? 1) - 1;
    let best = { turn: 0, busiest: busiestAfter(starts, 0, load) };
    const stay = best.busiest;
    for (let turn = 1; turn < 60; turn += 1) {
        const busiest = busiestAfter(starts, turn, load);
        if (busiest < best.busiest)
            best = { turn, busiest };
    }
    for (const start of starts) {
        const index = turned(start, best.turn, load.length);
        load[index] = (load[index] ?? 0) + 1;
    }
    if (best.busiest >= stay)
        return null;
    const schedule = job.definition.schedule.expression;
    const moved = minutes.map((minute) => (minute + best.turn) % 60).sort((a, b) => a - b);
    return {
        job: job.name,
        schedule,
        proposed: [(0,field_text/* fieldText */.g)(moved, 0, 59), ...schedule.split(' ').slice(1)].join(' '),
    };
}
function busiestAfter(starts, turn, load) {
    let busiest = 0;
    for (const start of starts)
        busiest = Math.max(busiest, load[turned(start, turn, load.length)] ?? 0);
    return busiest;
}
/** Where a start lands when its minute turns within its hour. */
function turned(start, turn, length) {
    const index = start.index - start.minute + ((start.minute + turn) % 60);
    return Math.max(0, Math.min(index, length - 1));
}
function minutesOf(match) {
    return [...(0,masks/* valuesOf */.sm)(match.minutes_low), ...(0,masks/* valuesOf */.sm)(match.minutes_high).map((value) => value + 30)];
}
function localMinute(index, group, window) {
    const at = window.start + index;
    return (at + (0,zone_offsets/* offsetAt */.HA)(group.timezone, at * 60_000) + 60 * 24) % 60;
}
function indexOfMost(load) {
    let best = 0;
    for (let index = 1; index < load.length; index += 1) {
        if ((load[index] ?? 0) > (load[best] ?? 0))
            best = index;
    }
    return best;
}

;// CONCATENATED MODULE: ./js/actions/_shared/schedule/render-stampede.js
const NAMES_SHOWN = 12;
/** Plain text, no colour. */
function renderStampede(report) {
    const { peak, advice } = report;
    const span = `the next ${report.days} days`;
    if (peak.at === null)
        return `Nothing is scheduled in ${span}.`;
    const lines = [
        `${report.jobs} active jobs over ${span}: at most ${peak.count} start in one minute (${peak.at.slice(0, 16).replace('T', ' ')} UTC).`,
    ];
    const shown = peak.jobs.slice(0, NAMES_SHOWN);
    const rest = peak.count - shown.length;
    lines.push(`  ${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`);
    if (report.crowded_minutes === 0)
        return [...lines, `No minute is over the advised ${advice}.`].join('\n');
    lines.push(`${report.crowded_minutes} minutes are over the advised ${advice}.`);
    if (report.proposals.length === 0) {
        return [...lines, 'No job could move to a quieter minute: run some of them less often.'].join('\n');
    }
    lines.push('Quieter minutes:');
    const width = Math.max(...report.proposals.map((move) => move.job.length));
    for (const move of report.proposals)
        lines.push(`  ${move.job.padEnd(width)}  ${move.schedule}  ->  ${move.proposed}`);
    lines.push(`With these, at most ${report.after.peak} start in one minute, and ${report.after.crowded_minutes} minutes are over ${advice}.`);
    if (report.proposals.length >= 20)
        lines.push('Writing `H` for the minute spreads jobs without choosing minutes by hand.');
    return lines.join('\n');
}

;// CONCATENATED MODULE: ./js/actions/_shared/schedule/stampede.js



/** Jobs that may start together without a remark. */
const CONCURRENCY_ADVICE = 8;
/** How many names of the peak are spelled out. */
const stampede_NAMES_SHOWN = 100;
/** Simulates the active jobs. Seconds intervals count once in every minute, because one job never overlaps itself. */
function stampede(jobs, options) {
    const window = { start: Math.ceil(options.from.getTime() / 60_000), length: options.days * 1440 };
    const active = jobs.filter((job) => job.cron.active && job.definition.schedule.kind !== 'reboot');
    const groups = groupJobs(active);
    const intervals = active.filter((job) => job.definition.schedule.kind === 'interval');
    const load = new Uint32Array(window.length).fill(intervals.length);
    for (const group of groups) {
        const count = group.jobs.length;
        for (const index of dueMinutes(group, window))
            load[index] = (load[index] ?? 0) + count;
    }
    const peakIndex = peakOf(load);
    const peak = load[peakIndex] ?? 0;
    const crowded = crowdedMinutes(load);
    const names = namesAt(groups, intervals, { start: window.start + peakIndex, length: 1 });
    const proposals = proposeMoves(groups, load, { window, limit: CONCURRENCY_ADVICE });
    return {
        schema_version: 1,
        from: isoMinute(window.start),
        days: options.days,
        jobs: active.length,
        advice: CONCURRENCY_ADVICE,
        peak: {
            at: peak === 0 ? null : isoMinute(window.start + peakIndex),
            count: peak,
            jobs: names.slice(0, stampede_NAMES_SHOWN),
        },
        crowded_minutes: crowded,
        proposals,
        after: { peak: load[peakOf(load)] ?? 0, crowded_minutes: crowdedMinutes(load) },
    };
}
/** Jobs that fire at the same minutes are simulated once. */
function groupJobs(jobs) {
    const groups = new Map();
    for (const job of jobs) {
        const { match, timezone } = job.definition.schedule;
        if (match === undefined)
            continue;
        const key = `${timezone} ${Object.values(match).join(' ')}`;
        const group = groups.get(key);
        if (group === undefined)
            groups.set(key, { match, timezone, jobs: [job] });
        else
            group.jobs.push(job);
    }
    return [...groups.values()];
}
function namesAt(groups, intervals, minute) {
    const firing = groups
        .filter((group) => dueMinutes(group, minute).length > 0)
        .flatMap((group) => group.jobs);
    return [...firing, ...intervals].map((job) => job.name).sort();
}
function peakOf(load) {
    let best = 0;
    for (let index = 1; index < load.length; index += 1) {
        if ((load[index] ?? 0) > (load[best] ?? 0))
            best = index;
    }
    return best;
}
function crowdedMinutes(load) {
    let count = 0;
    for (const starts of load)
        if (starts > CONCURRENCY_ADVICE)
            count += 1;
    return count;
}
function isoMinute(minute) {
    return new Date(minute * 60_000).toISOString();
}


/***/ }),

/***/ 5316:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   HA: () => (/* binding */ offsetAt),
/* harmony export */   Hd: () => (/* binding */ timezoneProblem),
/* harmony export */   wM: () => (/* binding */ offsetsOf)
/* harmony export */ });
/**
 * Offsets of a time zone from UTC, from the time zone data inside `Intl`. Asking `Intl` costs microseconds, so the
 * changes of each year are found once (weekly samples, then bisection to the minute) and kept.
 */
const MINUTE = 60_000;
const WEEK = 7 * 24 * 60 * MINUTE;
/**
 * The years whose offsets a zone's UTC superset covers. Fixed, so that the same file compiles to the same schedule
 * today and next year; far enough out that a zone's current rules are all in it.
 */
const HORIZON = { from: 2025, to: 2040 };
const zones = new Map();
const judged = new Map();
/**
 * Checks a time zone's name: null when it is good. Only names of the IANA database are good, because `+02:00` means
 * the opposite in Postgres. Asking `Intl` is slow, so each name is asked once.
 */
function timezoneProblem(timezone) {
    const kept = judged.get(timezone);
    if (kept !== undefined)
        return kept;
    const problem = judgeTimezone(timezone);
    judged.set(timezone, problem);
    return problem;
}
function judgeTimezone(timezone) {
    const message = `\`${timezone}\` is not a time zone of the IANA database`;
    if (!/^[A-Za-z]/.test(timezone))
        return { message, known: knownZones() };
    try {
        const zone = new Intl.DateTimeFormat('en-US', { timeZone: timezone }).resolvedOptions().timeZone;
        const misspelt = zone !== timezone && zone.toLowerCase() === timezone.toLowerCase();
        return misspelt ? { message: `time zones are written with capitals: \`${zone}\``, known: [zone] } : null;
    }
    catch (error) {
        if (error instanceof RangeError)
            return { message, known: knownZones() };
        throw error;
    }
}
function knownZones() {
    return ['UTC', ...Intl.supportedValuesOf('timeZone')];
}
/** Minutes east of UTC that clocks of `timezone` show at an instant (Unix milliseconds). */
function offsetAt(timezone, at) {
    if (timezone === 'UTC')
        return 0;
    const changes = changesOf(timezone, new Date(at).getUTCFullYear());
    let offset = changes[0]?.offset ?? 0;
    for (const change of changes) {
        if (change.at > at)
            break;
        offset = change.offset;
    }
    return offset;
}
/** Every offset the zone has within the horizon, ascending, in minutes east of UTC. */
function offsetsOf(timezone) {
    if (timezone === 'UTC')
        return [0];
    const found = new Set();
    for (let year = HORIZON.from; year <= HORIZON.to; year += 1) {
        for (const change of changesOf(timezone, year))
            found.add(change.offset);
    }
    return [...found].sort((a, b) => a - b);
}
/** The offset at the start of a UTC year, then each change within it. */
function changesOf(timezone, year) {
    const zone = zoneOf(timezone);
    const kept = zone.years.get(year);
    if (kept !== undefined)
        return kept;
    const end = Date.UTC(year + 1, 0);
    let at = Date.UTC(year, 0);
    let offset = zone.ask(at);
    const changes = [{ at, offset }];
    while (at < end) {
        const next = Math.min(at + WEEK, end);
        const nextOffset = zone.ask(next);
        if (nextOffset !== offset) {
            const changed = bisect(zone.ask, at, next);
            if (changed < end)
                changes.push({ at: changed, offset: nextOffset });
        }
        at = next;
        offset = nextOffset;
    }
    zone.years.set(year, changes);
    return changes;
}
function bisect(ask, from, to) {
    const before = ask(from);
    let low = from / MINUTE;
    let high = to / MINUTE;
    while (high - low > 1) {
        const middle = Math.floor((low + high) / 2);
        if (ask(middle * MINUTE) === before)
            low = middle;
        else
            high = middle;
    }
    return high * MINUTE;
}
function zoneOf(timezone) {
    const kept = zones.get(timezone);
    if (kept !== undefined)
        return kept;
    const format = new Intl.DateTimeFormat('en-US', { timeZone: timezone, timeZoneName: 'longOffset' });
    const zone = { ask: (at) => parseOffset(format.format(at)), years: new Map() };
    zones.set(timezone, zone);
    return zone;
}
/** `7/1/2027, GMT+05:30` -> 330. */
function parseOffset(text) {
    const match = /GMT(?:([+-])(\d{2}):(\d{2}))?/.exec(text);
    if (match?.[1] === undefined)
        return 0;
    const minutes = Number(match[2]) * 60 + Number(match[3]);
    return match[1] === '-' ? -minutes : minutes;
}


/***/ })

};
