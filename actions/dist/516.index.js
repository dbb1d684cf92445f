export const id = 516;
export const ids = [516];
export const modules = {

/***/ 516:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  scheduleReader: () => (/* binding */ scheduleReader)
});

// EXTERNAL MODULE: ./js/actions/_shared/io/errors.js
var errors = __webpack_require__(6283);
// EXTERNAL MODULE: ./js/actions/_shared/schedule/compile-schedule.js + 1 modules
var compile_schedule = __webpack_require__(120);
// EXTERNAL MODULE: ../../node_modules/cronstrue/dist/cronstrue.js
var cronstrue = __webpack_require__(4855);
;// CONCATENATED MODULE: ./js/actions/_shared/schedule/describe-schedule.js
/** Schedules in words, for plans, summaries and pages. */

/**
 * English words with a 24-hour clock, for example `At 02:30, only on Monday (America/New_York)`.
 * The time zone is always named.
 */
function describeSchedule(compiled) {
    switch (compiled.kind) {
        case 'reboot':
            return 'Once, when the scheduler starts';
        case 'interval':
            return compiled.seconds === 1 ? 'Every second' : `Every ${compiled.seconds} seconds`;
        case 'cron': {
            const words = cronstrue.toString(compiled.expression.replace('$', 'L'), {
                use24HourTimeFormat: true,
                logicalAndDayFields: compiled.match?.either_day === false,
            });
            // With both day fields given the job runs when either matches; cronstrue says "and".
            const exact = compiled.match?.either_day === true ? words.replace(/(of the month), and /, '$1 or ') : words;
            return `${exact} (${compiled.timezone})`;
        }
    }
}

// EXTERNAL MODULE: ../../node_modules/croner/dist/croner.js
var croner = __webpack_require__(410);
// EXTERNAL MODULE: ./js/actions/_shared/schedule/is-due.js
var is_due = __webpack_require__(2632);
;// CONCATENATED MODULE: ./js/actions/_shared/schedule/next-runs.js
/** When a schedule runs next. croner walks the UTC minutes pg_cron will fire at; what is due at them is ours. */


/** Give up on a schedule that is due less than once in this many of its own firings. */
const PATIENCE = 20_000;
/**
 * The next `count` instants after `from` at which the job runs. Intervals count from `from`, because pg_cron starts
 * them when it first sees the job. `@reboot` has no next run, and a date that never comes has none either.
 */
function nextRuns(compiled, options) {
    const { from, count } = options;
    const seconds = compiled.seconds;
    if (seconds !== undefined) {
        return Array.from({ length: count }, (_, index) => new Date(from.getTime() + (index + 1) * seconds * 1000));
    }
    if (compiled.match === undefined)
        return [];
    // croner writes the last day of the month `L`.
    const walker = new croner/* Cron */.l4(compiled.cronSchedule.replace('$', 'L'), {
        timezone: 'Etc/UTC',
        mode: '5-part',
        paused: true,
    });
    const runs = [];
    let at = from;
    for (let tries = 0; runs.length < count && tries < PATIENCE; tries += 1) {
        at = walker.nextRun(at);
        if (at === null)
            break;
        if ((0,is_due/* isDueAt */.K)(compiled.match, compiled.timezone, at.getTime()))
            runs.push(at);
    }
    return runs;
}

;// CONCATENATED MODULE: ./js/actions/_shared/report/schedule-reader.js




/**
 * How the schedules of a plan are read: declared jobs from what was compiled already, live ones by compiling them here.
 *
 * @param jobs the declared jobs of the environment the plan is for
 * @param now from when next runs count
 */
function scheduleReader(jobs, now) {
    const declared = new Map(jobs.map((job) => [job.name, job]));
    return {
        now,
        // The reader of a terminal sits at this machine; GitHub's runners are in UTC, which adds nothing.
        readerZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
        schedules: (written) => {
            const compiled = declaredSchedule(declared.get(written.name), written) ?? compileForeign(written);
            if (compiled === null)
                return null;
            return {
                words: describeSchedule(compiled),
                timezone: compiled.timezone,
                next: (from, count) => nextRuns(compiled, { from, count }),
            };
        },
    };
}
function declaredSchedule(job, written) {
    if (job === undefined)
        return null;
    const { schedule } = job.definition;
    if (schedule.source !== written.source || schedule.timezone !== written.timezone)
        return null;
    return { ...schedule, cronSchedule: job.cron.schedule };
}
function compileForeign(written) {
    try {
        return (0,compile_schedule/* compileSchedule */.H)(written);
    }
    catch (error) {
        // What pg_cron accepted long ago need not be what we accept; then the text speaks for itself.
        if (error instanceof errors/* ConfigurationError */.j)
            return null;
        throw error;
    }
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


/***/ })

};
