export const id = 120;
export const ids = [120];
export const modules = {

/***/ 120:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  v: () => (/* binding */ compileParsed),
  H: () => (/* binding */ compileSchedule)
});

// EXTERNAL MODULE: ./js/actions/_shared/io/errors.js
var io_errors = __webpack_require__(6283);
// EXTERNAL MODULE: ./js/actions/_shared/schedule/masks.js
var masks = __webpack_require__(8626);
// EXTERNAL MODULE: ./js/actions/_shared/schedule/parse-schedule.js + 4 modules
var parse_schedule = __webpack_require__(1273);
// EXTERNAL MODULE: ./js/actions/_shared/schedule/field-text.js
var field_text = __webpack_require__(8547);
;// CONCATENATED MODULE: ./js/actions/_shared/schedule/utc-superset.js
/**
 * pg_cron reads schedules in UTC only. A schedule in another zone is given to it as the smallest five fields that hold
 * every UTC minute at which the local schedule can be due; `ops.fire` then decides at each of them.
 */

const DAY = 1440;
/** `offsets` are the minutes east of UTC the zone has in the years to come. */
function utcSuperset(fields, offsets) {
    const minutes = new Set();
    const hours = new Set();
    const shifts = new Set();
    for (const offset of offsets) {
        for (const hour of fields.hour.values) {
            for (const minute of fields.minute.values) {
                const utc = hour * 60 + minute - offset;
                const shift = Math.floor(utc / DAY);
                const inDay = utc - shift * DAY;
                shifts.add(shift);
                hours.add(Math.floor(inDay / 60));
                minutes.add(inDay % 60);
            }
        }
    }
    const days = dayFields(fields, [...shifts].sort((a, b) => a - b));
    return [(0,field_text/* fieldText */.g)(sorted(minutes), 0, 59), (0,field_text/* fieldText */.g)(sorted(hours), 0, 23), ...days].join(' ');
}
/** Day, month and weekday, widened by the days the local date can differ from the UTC date. */
function dayFields(fields, shifts) {
    const { day, month, weekday } = fields;
    if (shifts.every((shift) => shift === 0))
        return [day.text, month.text, weekday.text];
    const months = (0,field_text/* fieldText */.g)(shiftMonths(fields, shifts), 1, 12);
    const days = day.lastDay ? lastDays(shifts) : (0,field_text/* fieldText */.g)(shiftDays(day.values, shifts), 1, 31);
    if (weekday.leadingStar)
        return [days, months, '*'];
    const weekdays = (0,field_text/* fieldText */.g)(shiftWeekdays(weekday.values, shifts), 0, 6);
    if (day.leadingStar)
        return ['*', months, weekdays];
    // Either day matches. A field widened to `*` would turn that "or" into an "and".
    return days === '*' || weekdays === '*' ? ['*', months, '*'] : [days, months, weekdays];
}
function lastDays(shifts) {
    const values = new Set();
    for (const shift of shifts) {
        if (shift > 0)
            values.add(1);
        for (let day = 28; shift <= 0 && day <= 31; day += 1)
            values.add(day + shift);
    }
    return (0,field_text/* fieldText */.g)(sorted(values), 1, 31);
}
/** The day before the 1st is the 28th to 31st; the day after the 28th to 31st may be the 1st. */
function shiftDays(days, shifts) {
    const values = new Set();
    for (const shift of shifts) {
        for (const day of days) {
            const moved = day + shift;
            if (moved >= 1 && moved <= 31)
                values.add(moved);
            if (moved < 1)
                for (let last = 28; last <= 31; last += 1)
                    values.add(last);
            if (shift > 0 && day >= 28)
                values.add(1);
        }
    }
    return sorted(values);
}
function shiftMonths(fields, shifts) {
    const { day, month, weekday } = fields;
    const anyDay = day.leadingStar || !weekday.leadingStar;
    const values = new Set(month.values);
    for (const shift of shifts) {
        const leavesBackward = shift < 0 && (anyDay || day.values.includes(1));
        const leavesForward = shift > 0 && (anyDay || day.lastDay || day.values.some((value) => value >= 28));
        for (const value of month.values) {
            if (leavesBackward)
                values.add(value === 1 ? 12 : value - 1);
            if (leavesForward)
                values.add(value === 12 ? 1 : value + 1);
        }
    }
    return sorted(values);
}
function shiftWeekdays(weekdays, shifts) {
    return sorted(new Set(weekdays.flatMap((weekday) => shifts.map((shift) => (weekday + shift + 7) % 7))));
}
function sorted(values) {
    return [...values].sort((a, b) => a - b);
}

// EXTERNAL MODULE: ./js/actions/_shared/schedule/zone-offsets.js
var zone_offsets = __webpack_require__(5316);
;// CONCATENATED MODULE: ./js/actions/_shared/schedule/compile-schedule.js





/**
 * Compiles a schedule. `name` is the job's name, which `H` is drawn from; `timezone` is UTC unless said otherwise.
 * Throws ConfigurationError, naming every problem, when the schedule or the time zone is wrong.
 */
function compileSchedule(job) {
    const result = (0,parse_schedule/* parseSchedule */.n)(job.source, { job: job.name });
    if (!result.ok) {
        const errors = result.problems.filter((problem) => problem.severity === 'error');
        throw new io_errors/* ConfigurationError */.j(`schedule \`${job.source}\` of ${job.name}: ${errors.map((problem) => problem.message).join('; ')}`, { hint: errors.map((problem) => problem.hint).join(' ') });
    }
    const zone = job.timezone === undefined ? null : (0,zone_offsets/* timezoneProblem */.Hd)(job.timezone);
    if (zone !== null)
        throw new io_errors/* ConfigurationError */.j(`time zone of ${job.name}: ${zone.message}`);
    return compileParsed({ source: job.source, timezone: job.timezone ?? 'UTC', schedule: result.schedule });
}
/** The same for a schedule already read and a time zone already checked. */
function compileParsed(input) {
    const { source, timezone, schedule } = input;
    switch (schedule.kind) {
        case 'reboot':
            return { source, expression: '@reboot', kind: 'reboot', timezone, cronSchedule: '@reboot' };
        case 'interval': {
            const expression = `${schedule.seconds} seconds`;
            return {
                source,
                expression,
                kind: 'interval',
                timezone,
                seconds: schedule.seconds,
                cronSchedule: expression,
            };
        }
        case 'cron': {
            const { fields } = schedule;
            const expression = [fields.minute, fields.hour, fields.day, fields.month, fields.weekday]
                .map((field) => field.text)
                .join(' ');
            const offsets = (0,zone_offsets/* offsetsOf */.wM)(timezone);
            const inUtc = offsets.length === 1 && offsets[0] === 0;
            const cronSchedule = inUtc ? expression : utcSuperset(fields, offsets);
            return { source, expression, kind: 'cron', timezone, match: matchOf(fields), cronSchedule };
        }
    }
}
function matchOf(fields) {
    const { minute, hour, day, month, weekday } = fields;
    return {
        minutes_low: (0,masks/* maskOf */._4)(minute.values.filter((value) => value < 30)),
        minutes_high: (0,masks/* maskOf */._4)(minute.values.filter((value) => value >= 30).map((value) => value - 30)),
        hours: (0,masks/* maskOf */._4)(hour.values),
        days: (0,masks/* maskOf */._4)(day.values),
        months: (0,masks/* maskOf */._4)(month.values),
        weekdays: (0,masks/* maskOf */._4)(weekday.values),
        either_day: !day.leadingStar && !weekday.leadingStar,
        last_day: day.lastDay,
        fixed_time: !minute.anyStar && !hour.anyStar,
    };
}


/***/ }),

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

/***/ 1273:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  n: () => (/* binding */ parseSchedule)
});

// EXTERNAL MODULE: ./js/actions/_shared/declare/closest-word.js
var closest_word = __webpack_require__(7664);
;// CONCATENATED MODULE: ./js/actions/_shared/schedule/fields.js
/**
 * The five fields of a cron schedule as pg_cron 1.6 knows them: bounds, names and what `H` may choose from.
 */
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const FIELDS = [
    { name: 'minute', words: 'minute', low: 0, high: 59, spreadHigh: 59, names: [] },
    { name: 'hour', words: 'hour', low: 0, high: 23, spreadHigh: 23, names: [] },
    { name: 'day', words: 'day of the month', low: 1, high: 31, spreadHigh: 28, names: [] },
    { name: 'month', words: 'month', low: 1, high: 12, spreadHigh: 12, names: MONTHS },
    { name: 'weekday', words: 'day of the week', low: 0, high: 7, spreadHigh: 6, names: WEEKDAYS },
];
/** Days a month can have at most, index 1..12. */
const LONGEST_MONTH = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

;// CONCATENATED MODULE: ./js/actions/_shared/schedule/lint-days.js
/**
 * Dates that never come and day fields that mean something else than they seem to: pg_cron says nothing about either.
 */

/** Looks at day, month and weekday together. `span` covers the three in the text. */
function lintDays(fields, span) {
    const { day, month, weekday } = fields;
    if (day.leadingStar || day.lastDay)
        return [];
    const problems = [];
    const firstDay = day.values[0] ?? 1;
    const longest = Math.max(...month.values.map((value) => LONGEST_MONTH[value] ?? 31));
    const eitherDay = !weekday.leadingStar;
    if (firstDay > longest) {
        problems.push({
            severity: eitherDay ? 'warning' : 'error',
            code: 'schedule-impossible-date',
            message: eitherDay
                ? `day ${firstDay} never comes in the months named, so only the day of the week counts`
                : `day ${firstDay} never comes in the months named: pg_cron accepts this and never fires`,
            hint: 'Name a day these months have; `$` in the third field is the last day of the month.',
            ...span,
        });
    }
    else if (!eitherDay && firstDay > 28 && month.values.some((value) => shortest(value) < firstDay)) {
        problems.push({
            severity: 'notice',
            code: 'schedule-skips-months',
            message: `months without a day ${firstDay} are skipped`,
            hint: 'Write `$` in the third field for the last day of every month.',
            ...span,
        });
    }
    if (eitherDay) {
        problems.push({
            severity: 'warning',
            code: 'schedule-day-or-weekday',
            message: 'with both a day of the month and a day of the week, the job runs when either matches, not when both do',
            hint: 'Leave one of them `*`, or keep it if either is meant.',
            ...span,
        });
    }
    return problems;
}
function shortest(month) {
    return month === 2 ? 28 : (LONGEST_MONTH[month] ?? 31);
}

;// CONCATENATED MODULE: ./js/actions/_shared/schedule/spread.js
const encoder = new TextEncoder();
/** The 32-bit number `H` is drawn from, 0..2^32-1. */
function spreadHash(job, field) {
    let hash = 0x811c9dc5;
    for (const byte of encoder.encode(`${job}/${field}`)) {
        hash = Math.imul(hash ^ byte, 0x01000193);
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) >>> 0;
}
/** The value `H` takes in `low..high`, both included. */
function spreadValue(job, field, low, high) {
    return low + (spreadHash(job, field) % (high - low + 1));
}

;// CONCATENATED MODULE: ./js/actions/_shared/schedule/parse-field.js

const ITEM = /^(?:(\*)|H(?:\((\d+)-(\d+)\))?|([A-Za-z0-9]+)(?:-([A-Za-z0-9]+))?)(?:\/(\d+))?$/;
/** Fields without `H` and without a remark mean the same everywhere: a fleet has few different ones. */
const known = new Map();
const KNOWN_LIMIT = 5000;
/** Reads one field that starts at `offset` of the schedule. Null when it holds an error (reported). */
function parseField(text, offset, context) {
    const key = `${context.rule.name} ${text}`;
    const kept = known.get(key);
    if (kept !== undefined)
        return kept;
    let remarks = 0;
    const report = (problem) => {
        remarks += 1;
        context.report(problem);
    };
    const field = readField(text, offset, { ...context, report });
    if (field !== null && remarks === 0 && !text.includes('H') && known.size < KNOWN_LIMIT)
        known.set(key, field);
    return field;
}
function readField(text, offset, context) {
    if (text === '$') {
        if (context.rule.name === 'day')
            return { values: [], text, leadingStar: false, anyStar: false, lastDay: true };
        fault(context, text, offset, 'schedule-last-day', '`$` means the last day of the month', 'Put it in the third field, alone.');
        return null;
    }
    const items = [];
    let at = offset;
    let failed = false;
    for (const part of text.split(',')) {
        const item = parseItem(part, at, context);
        if (item === null)
            failed = true;
        else
            items.push(item);
        at += part.length + 1;
    }
    if (failed)
        return null;
    const values = [...new Set(items.flatMap((item) => item.values))].sort((a, b) => a - b);
    return {
        values,
        text: items.map((item) => item.text).join(','),
        leadingStar: text.startsWith('*'),
        anyStar: text.includes('*'),
        lastDay: false,
    };
}
function parseItem(part, at, context) {
    const match = ITEM.exec(part);
    if (match === null)
        return explainUnknown(part, at, context);
    const [, star, spreadFrom, spreadTo, from, to, stepText] = match;
    const step = stepText === undefined ? null : Number(stepText);
    if (step !== null && !stepFits(step, part, at, context))
        return null;
    if (star !== undefined)
        return range(context.rule.low, context.rule.high, step, part, context.rule);
    if (from === undefined || (from === 'H' && to === undefined)) {
        return parseSpread({ part, at, step, from: spreadFrom, to: spreadTo }, context);
    }
    const low = readNumber(from, part, at, context);
    const high = to === undefined ? low : readNumber(to, part, at, context);
    if (low === null || high === null)
        return null;
    if (to === undefined && step !== null) {
        const hint = `Write \`${low}-${context.rule.high}/${step}\` to start at ${low} and go on every ${step}.`;
        return fault(context, part, at, 'schedule-step-without-range', `a step needs a range: pg_cron refuses \`${part}\``, hint);
    }
    if (low > high)
        return reversed(part, at, low, high, context);
    if (step !== null && step > high - low && low !== high) {
        context.report({
            severity: 'warning',
            code: 'schedule-step-too-wide',
            message: `the step of \`${part}\` is wider than its range, so only ${low} matches`,
            hint: `Write \`${low}\`, or a smaller step.`,
            start: at,
            end: at + part.length,
        });
    }
    const text = to === undefined ? `${low}` : `${low}-${high}${step === null ? '' : `/${step}`}`;
    return range(low, high, step, text, context.rule);
}
function range(low, high, step, text, rule) {
    const values = [];
    for (let value = low; value <= high; value += step ?? 1) {
        values.push(rule.name === 'weekday' && value === 7 ? 0 : value);
    }
    return { values, text };
}
function parseSpread(spread, context) {
    const { rule, job } = context;
    const low = spread.from === undefined ? rule.low : Number(spread.from);
    const high = spread.to === undefined ? rule.spreadHigh : Number(spread.to);
    if (low > high)
        return reversed(spread.part, spread.at, low, high, context);
    if (low < rule.low || high > rule.high) {
        const hint = `The ${rule.words} goes from ${rule.low} to ${rule.high}.`;
        return fault(context, spread.part, spread.at, 'schedule-out-of-bounds', `\`${spread.part}\` is out of bounds`, hint);
    }
    if (spread.step === null) {
        const value = spreadValue(job, rule.name, low, high);
        return { values: [value === 7 && rule.name === 'weekday' ? 0 : value], text: `${value}` };
    }
    const width = Math.min(spread.step, high - low + 1);
    const first = low + (spreadHash(job, rule.name) % width);
    const { values } = range(first, high, spread.step, '', rule);
    const text = values.length === 1 ? `${first}` : `${first}-${high}/${spread.step}`;
    return { values, text };
}
function stepFits(step, part, at, context) {
    const { rule } = context;
    if (step >= 1 && step <= rule.high)
        return true;
    const message = step === 0
        ? `a step of 0 never advances in \`${part}\``
        : `the step of \`${part}\` is larger than any ${rule.words}: pg_cron before 1.6.5 takes it for the first value only, later ones refuse it`;
    const hint = step === 0 ? 'Write a step of at least 1.' : `Write \`${rule.low}\`, or a step up to ${rule.high}.`;
    fault(context, part, at, 'schedule-step-out-of-bounds', message, hint);
    return false;
}
function readNumber(token, part, at, context) {
    const { rule } = context;
    const start = at + part.indexOf(token);
    const named = rule.names.indexOf(token.toUpperCase());
    if (named >= 0)
        return named + rule.low;
    if (!/^\d+$/.test(token)) {
        const short = token.slice(0, 3).toUpperCase();
        const hint = rule.names.includes(short)
            ? `Write \`${short}\`.`
            : /^[LW]|[LW]$/.test(token)
                ? 'pg_cron has no `L` and no `W`; `$` in the third field, alone, is the last day of the month.'
                : `Write numbers from ${rule.low} to ${rule.high}${rule.names.length === 0 ? '' : ` or names such as ${rule.names[0]}`}.`;
        return fault(context, token, start, 'schedule-unknown-value', `\`${token}\` is not a ${rule.words}`, hint);
    }
    const value = Number(token);
    if (value >= rule.low && value <= rule.high)
        return value;
    const hint = `The ${rule.words} goes from ${rule.low} to ${rule.high}.`;
    return fault(context, token, start, 'schedule-out-of-bounds', `${token} is not a ${rule.words}`, hint);
}
function reversed(part, at, low, high, context) {
    const { rule } = context;
    const span = (from, to) => (from === to ? `${from}` : `${from}-${to}`);
    const wrap = `${span(low, rule.name === 'weekday' ? 6 : rule.high)},${span(rule.low, high)}`;
    const message = `the range \`${part}\` runs backwards: pg_cron accepts it and then fires at wrong times or never`;
    return fault(context, part, at, 'schedule-reversed-range', message, `Write \`${wrap}\` to go around, or swap the ends.`);
}
function explainUnknown(part, at, context) {
    const { rule } = context;
    if (part === '') {
        return fault(context, ' ', at, 'schedule-empty-item', `an empty place in the list of the ${rule.words}`, 'Remove the comma.');
    }
    if (part.startsWith('?')) {
        return fault(context, part, at, 'schedule-unknown-value', 'pg_cron has no `?`', 'Write `*`.');
    }
    if (part.includes('#')) {
        const hint = 'Run every week and let the job decide, or name days such as `1-7`.';
        return fault(context, part, at, 'schedule-unknown-value', 'pg_cron has no `#` for "the nth weekday" and skips it', hint);
    }
    if (part.startsWith('-')) {
        return fault(context, part, at, 'schedule-unknown-value', `\`${part}\` is negative`, `The ${rule.words} goes from ${rule.low} to ${rule.high}.`);
    }
    if (part.includes('$')) {
        return fault(context, part, at, 'schedule-last-day', '`$` cannot be combined', 'In the third field, alone, it means the last day of the month.');
    }
    const good = /^(?:\*|[A-Za-z0-9]+(?:-[A-Za-z0-9]+)?)(?:\/\d+)?/.exec(part)?.[0];
    if (good !== undefined && good.length < part.length) {
        const message = `pg_cron would read \`${good}\` and silently skip \`${part.slice(good.length)}\``;
        return fault(context, part.slice(good.length), at + good.length, 'schedule-trailing-junk', message, `Write \`${good}\`, or what you meant.`);
    }
    const hint = `Write \`*\`, a number from ${rule.low} to ${rule.high}, a range \`a-b\`, a step \`*/n\`, or \`H\`.`;
    return fault(context, part, at, 'schedule-unknown-value', `\`${part}\` is not a ${rule.words}`, hint);
}
function fault(context, text, start, code, message, hint) {
    context.report({ severity: 'error', code, message, hint, start, end: start + Math.max(1, text.length) });
    return null;
}

;// CONCATENATED MODULE: ./js/actions/_shared/schedule/parse-schedule.js
/**
 * The schedule language: the grammar of pg_cron 1.6 (five fields, `N seconds`, macros), `H`, and lint for what pg_cron
 * accepts and gets wrong. Pure; the rules were measured on pg_cron 1.6.7 (src/entry.c, src/misc.c).
 */




const MACROS = {
    '@hourly': '0 * * * *',
    '@daily': '0 0 * * *',
    '@midnight': '0 0 * * *',
    '@weekly': '0 0 * * 0',
    '@monthly': '0 0 1 * *',
};
const REBOOT = ['@reboot', '@restart'];
const BROKEN = ['@yearly', '@annually'];
/** pg_cron keeps a schedule in a buffer of 1,000 bytes. */
const MAX_LENGTH = 999;
/**
 * Reads a schedule as written in a file. `job` is the name `H` is drawn from.
 * Never throws; offsets of problems count from the start of `text`.
 */
function parseSchedule(text, options = {}) {
    const problems = [];
    const schedule = read(text, options.job ?? '', (problem) => problems.push(problem));
    return schedule === null ? { ok: false, problems } : { ok: true, schedule, problems };
}
function read(text, job, report) {
    const trimmed = text.trim();
    const start = text.indexOf(trimmed);
    const whole = { start, end: start + Math.max(1, trimmed.length) };
    if (trimmed === '') {
        return fail(report, 'schedule-empty', 'the schedule is empty', 'Write five fields such as `*/15 * * * *`, or `30 seconds`.', whole);
    }
    if (text.length > MAX_LENGTH) {
        return fail(report, 'schedule-too-long', 'the schedule is longer than the 999 characters pg_cron reads', 'Shorten the lists with ranges and steps.', whole);
    }
    if (/[^\t -~]/.test(trimmed)) {
        return fail(report, 'schedule-unknown-value', 'the schedule holds a line break or a character that is not plain ASCII', 'Write five fields on one line, separated by blanks.', whole);
    }
    if (trimmed.startsWith('@'))
        return readMacro(trimmed, whole, job, report);
    if (/second|^\d+\s*s(?:ec)?$/i.test(trimmed))
        return readInterval(trimmed, whole, report);
    return readFields(text, job, report);
}
function readMacro(macro, whole, job, report) {
    if (REBOOT.includes(macro))
        return { kind: 'reboot' };
    const expanded = MACROS[macro];
    if (expanded !== undefined)
        return readFields(expanded, job, report);
    const lower = macro.toLowerCase();
    if (BROKEN.includes(lower)) {
        return fail(report, 'schedule-broken-macro', `pg_cron 1.6 accepts ${lower} and never fires it`, 'Write `0 0 1 1 *`.', whole);
    }
    const known = [...Object.keys(MACROS), ...REBOOT];
    const near = known.includes(lower) ? lower : (0,closest_word/* closestWord */.E)(lower, known);
    const hint = near === undefined ? `Known are ${known.join(', ')}.` : `Write \`${near}\`.`;
    return fail(report, 'schedule-unknown-macro', `pg_cron does not know \`${macro}\``, hint, whole);
}
function readInterval(text, whole, report) {
    const match = /^(\d+)\s*seconds?$/i.exec(text);
    if (match === null) {
        return fail(report, 'schedule-interval', `\`${text}\` is not an interval`, 'Write `30 seconds`: a whole number from 1 to 59, then the word.', whole);
    }
    const seconds = Number(match[1]);
    if (seconds >= 1 && seconds <= 59)
        return { kind: 'interval', seconds };
    const minutes = Math.max(1, Math.round(seconds / 60));
    const hint = minutes === 1
        ? 'Write `* * * * *` for every minute.'
        : `Write \`*/${Math.min(minutes, 59)} * * * *\` for minutes.`;
    return fail(report, 'schedule-interval', `an interval goes from 1 to 59 seconds, not ${match[1]}`, hint, whole);
}
function readFields(text, job, report) {
    const words = [...text.matchAll(/[^ \t]+/g)].map((match) => ({ text: match[0], at: match.index }));
    const last = words.at(-1);
    const span = { start: words[0]?.at ?? 0, end: last === undefined ? 1 : last.at + last.text.length };
    if (words.length < FIELDS.length) {
        const message = `a schedule has five fields, here are ${words.length}`;
        return fail(report, 'schedule-field-count', message, 'Write minute, hour, day of the month, month, day of the week.', span);
    }
    const sixth = words[FIELDS.length];
    if (sixth !== undefined) {
        const message = `pg_cron ignores everything after the fifth field, so \`${text.slice(sixth.at, span.end)}\` would do nothing`;
        const hint = 'There is no field for seconds: write five fields, or an interval such as `30 seconds`.';
        return fail(report, 'schedule-field-count', message, hint, { start: sixth.at, end: span.end });
    }
    const parsed = FIELDS.map((rule, index) => {
        const word = words[index];
        return word === undefined ? null : parseField(word.text, word.at, { rule, job, report });
    });
    const [minute, hour, day, month, weekday] = parsed;
    if (!minute || !hour || !day || !month || !weekday)
        return null;
    const fields = { minute, hour, day, month, weekday };
    const dayWord = words[2];
    const problems = lintDays(fields, { start: dayWord?.at ?? 0, end: span.end });
    for (const problem of problems)
        report(problem);
    lintSteps(words, report);
    return problems.some((problem) => problem.severity === 'error') ? null : { kind: 'cron', fields };
}
// `*/40` looks like "every 40 minutes" and means :00 and :40.
function lintSteps(words, report) {
    for (const [index, size] of [60, 24].entries()) {
        const word = words[index];
        const step = Number(/^(?:\*|H)\/(\d+)$/.exec(word?.text ?? '')?.[1] ?? 1);
        if (word === undefined || size % step === 0)
            continue;
        const unit = index === 0 ? 'hour' : 'day';
        report({
            severity: 'notice',
            code: 'schedule-uneven-step',
            message: `\`${word.text}\` starts again at the top of every ${unit}, so the last gap is shorter than ${step}`,
            hint: `Steps that divide ${size} are even.`,
            start: word.at,
            end: word.at + word.text.length,
        });
    }
}
function fail(report, code, message, hint, span) {
    report({ severity: 'error', code, message, hint, ...span });
    return null;
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
