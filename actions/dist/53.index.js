export const id = 53;
export const ids = [53];
export const modules = {

/***/ 4888:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  Pe: () => (/* binding */ countsInWords),
  k: () => (/* binding */ locationInWords),
  W9: () => (/* binding */ planEntries),
  wR: () => (/* binding */ targetInWords)
});

// UNUSED EXPORTS: fieldChanges

;// CONCATENATED MODULE: ./js/actions/_shared/report/readable-schedule.js
/**
 * Formats an instant for people, to the minute, in 24-hour time.
 *
 * @param timezone IANA name; the local half is null for UTC.
 */
function printRun(at, timezone) {
    const utc = `${printInZone(at, 'UTC', true)} UTC`;
    if (timezone === 'UTC' || timezone === 'Etc/UTC')
        return { utc, local: null };
    const sameDay = printInZone(at, 'UTC', true).slice(0, 10) === printInZone(at, timezone, true).slice(0, 10);
    return { utc, local: `${printInZone(at, timezone, !sameDay)} ${timezone}` };
}
function printInZone(at, timezone, withDate) {
    const parts = new Map(formatterFor(timezone)
        .formatToParts(at)
        .map((part) => [part.type, part.value]));
    const read = (type) => parts.get(type) ?? '';
    const seconds = read('second') === '00' ? '' : `:${read('second')}`;
    const time = `${read('hour')}:${read('minute')}${seconds}`;
    return withDate ? `${read('year')}-${read('month')}-${read('day')} ${time}` : time;
}
const formatters = new Map();
function formatterFor(timezone) {
    const known = formatters.get(timezone);
    if (known !== undefined)
        return known;
    const made = new Intl.DateTimeFormat('en-CA', {
        timeZone: timezone,
        hourCycle: 'h23',
        year: 'numeric',
        month: '2-digit',
        day: '2-digit',
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
    });
    formatters.set(timezone, made);
    return made;
}

;// CONCATENATED MODULE: ./js/actions/_shared/report/plan-entries.js

// Reading ten thousand schedules takes seconds, and no report shows that many.
const READ_AT_MOST = 500;
/** Groups a plan's changes into entries, in the plan's own order; the first 500 get their schedules read. */
function planEntries(changes, context) {
    const groups = new Map();
    for (const change of changes) {
        const key = isJob(change)
            ? `job/${change.name}/${change.action}`
            : `${change.kind}/${change.name}/${change.action}`;
        const group = groups.get(key);
        if (group === undefined)
            groups.set(key, [change]);
        else
            group.push(change);
    }
    return [...groups.values()].map((group, index) => entryOf(group, index < READ_AT_MOST ? context : undefined));
}
function isJob(change) {
    return change.kind === 'job' || change.kind === 'cron';
}
function entryOf(group, context) {
    // The job definition holds the schedule as written (time zone, H); the cron row only what pg_cron is told.
    const ordered = [...group].sort((a, b) => Number(b.kind === 'job') - Number(a.kind === 'job'));
    const [lead] = ordered;
    if (lead === undefined)
        throw new Error('a plan entry needs at least one change');
    return {
        name: lead.name,
        kinds: ordered.map((change) => change.kind),
        action: lead.action,
        cause: causeOf(ordered.map((change) => change.cause)),
        fields: tellingFields(ordered),
        schedule: scheduleChange(ordered, context),
        risks: mergeRisks(ordered),
        location: ordered.find((change) => change.location !== undefined)?.location,
    };
}
function causeOf(causes) {
    const [first] = causes;
    return first !== undefined && causes.every((cause) => cause === first) ? first : 'both';
}
/**
 * What of a change is worth reading. A new (or deleted) job is two objects, and most of its row in cron.job follows from
 * its definition; in an update every difference is told.
 */
function tellingFields(changes) {
    const fields = mergeFields(changes);
    const [lead] = changes;
    const whole = lead?.action === 'create' || lead?.action === 'delete';
    return whole && lead.kind === 'job' ? fields.filter((field) => !followsFromDefinition(field)) : fields;
}
function followsFromDefinition({ field, before, after }) {
    const value = after ?? before;
    switch (field) {
        case 'command':
        case 'database':
        case 'username':
        case 'cron.schedule':
            return true;
        case 'active':
            return value === true;
        case 'timezone':
            return value === 'UTC';
        default:
            return false;
    }
}
function mergeFields(changes) {
    const merged = [];
    for (const change of changes) {
        for (const field of fieldChanges(change)) {
            const same = merged.find((other) => other.field === field.field);
            if (same === undefined)
                merged.push(field);
            else if (same.before !== field.before || same.after !== field.after) {
                merged.push({ ...field, field: `${change.kind}.${field.field}` });
            }
        }
    }
    return merged;
}
/** The fields of a change that differ, in the order they are declared. */
function fieldChanges(change) {
    const names = new Set([...Object.keys(change.after ?? {}), ...Object.keys(change.before ?? {})]);
    return [...names]
        .map((field) => ({ field, before: change.before?.[field], after: change.after?.[field] }))
        .filter(({ before, after }) => (before ?? null) !== (after ?? null));
}
function mergeRisks(changes) {
    const seen = new Map();
    for (const risk of changes.flatMap((change) => change.risks))
        seen.set(`${risk.code}\n${risk.message}`, risk);
    return [...seen.values()];
}
function scheduleChange(changes, context) {
    if (context === undefined)
        return null;
    const before = readSide(changes, 'before', context);
    const after = readSide(changes, 'after', context);
    if (before === null && after === null)
        return null;
    const asleep = changes.some((change) => change.after?.active === false);
    const runs = after === null || asleep ? [] : after.next(context.now, context.runs ?? 3);
    return {
        before: before === null ? null : inWords(before),
        after: after === null ? null : inWords(after),
        nextRuns: runs.map((at) => printRun(at, localZone(after, context))),
    };
}
/** Local time is that of the schedule; for one in UTC, that of the reader where it is known. */
function localZone(schedule, { readerZone = 'UTC' }) {
    return schedule === null || schedule.timezone === 'UTC' ? readerZone : schedule.timezone;
}
function readSide(changes, side, { schedules }) {
    for (const change of changes) {
        const source = change[side]?.schedule;
        if (typeof source !== 'string')
            continue;
        const timezone = change[side]?.timezone;
        return schedules({
            name: change.name,
            source,
            timezone: typeof timezone === 'string' && timezone !== '' ? timezone : 'UTC',
        });
    }
    return null;
}
function inWords(schedule) {
    // The words may already name the zone; saying it twice helps nobody.
    return schedule.words.includes(schedule.timezone)
        ? schedule.words
        : `${schedule.words} (${schedule.timezone})`;
}
const COUNT_WORDS = [
    ['create', 'to create'],
    ['update', 'to update'],
    ['adopt', 'to adopt'],
    ['delete', 'to delete'],
];
/** `2 to create, 1 to delete`; `no changes` when there is nothing to do. */
function countsInWords(counts) {
    const parts = COUNT_WORDS.filter(([key]) => counts[key] > 0).map(([key, words]) => `${counts[key]} ${words}`);
    return parts.length === 0 ? 'no changes' : parts.join(', ');
}
/** What the target is: `database postgres as postgres, PostgreSQL 17.4, pg_cron 1.6.4, ...`. */
function targetInWords(target) {
    return [
        `database ${target.database} as ${target.user}`,
        `PostgreSQL ${target.server_version}`,
        versionOf('pg_cron', target.pg_cron),
        versionOf('pg_net', target.pg_net),
        versionOf('Vault', target.vault),
    ].join(', ');
}
function versionOf(name, version) {
    return version === null ? `no ${name}` : `${name} ${version}`;
}
/** `runbooks/cron/sync.yaml:4:11`, as editors and terminals link it. */
function locationInWords(location) {
    return `${location.file}:${location.line}:${location.column}`;
}


/***/ }),

/***/ 9434:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   renderPlanTerminal: () => (/* binding */ renderPlanTerminal)
/* harmony export */ });
/* harmony import */ var _plan_entries_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(4888);
/* harmony import */ var _printable_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(3671);
/* harmony import */ var _terminal_style_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(2122);



const ACTION_STYLE = {
    create: { sign: '+', style: 'good' },
    update: { sign: '~', style: 'change' },
    adopt: { sign: '=', style: 'change' },
    delete: { sign: '-', style: 'bad' },
};
/** The plan for a terminal, ending in a newline. Says everything `apply` would do and why it might refuse. */
function renderPlanTerminal(plan, options) {
    const paint = (0,_terminal_style_js__WEBPACK_IMPORTED_MODULE_1__/* .painter */ .C)(options.color);
    const entries = (0,_plan_entries_js__WEBPACK_IMPORTED_MODULE_0__/* .planEntries */ .W9)(plan.changes, options.schedule);
    const shown = entries.slice(0, options.maxEntries ?? 200);
    const lines = [
        `${paint('strong', `Plan for ${plan.environment}`)} (${plan.lane})`,
        paint('dim', `  ${(0,_plan_entries_js__WEBPACK_IMPORTED_MODULE_0__/* .targetInWords */ .wR)(plan.target)}`),
        '',
        ...shown.flatMap((entry) => options.brief === true ? briefLines(entry, paint) : entryLines(entry, paint)),
        ...(shown.length > 0 ? [''] : []),
        ...moreLine(entries.length - shown.length, 'changes', paint),
        ...objectLines('Not managed here, never touched (`opsroom adopt` writes YAML for them)', plan.unmanaged, paint),
        ...objectLines('Ours, no longer declared, kept (`--prune` deletes them)', plan.orphaned, paint),
        ...missingLines(plan.missing, paint),
        ...diagnosticLines(plan.notices, { title: 'Worth knowing', style: 'change', paint }),
        ...diagnosticLines(plan.blockers, { title: 'What would stop an apply', style: 'bad', paint }),
        `${paint('strong', capitalized((0,_plan_entries_js__WEBPACK_IMPORTED_MODULE_0__/* .countsInWords */ .Pe)(plan.counts)))}, ${plan.counts.unchanged} unchanged.` +
            paint('dim', `  digest ${plan.digest.slice(0, 12)}`),
    ];
    return `${lines.join('\n')}\n`;
}
function titleLine(entry, paint) {
    const { sign, style } = ACTION_STYLE[entry.action];
    const where = entry.location === undefined ? '' : paint('dim', `  ${(0,_plan_entries_js__WEBPACK_IMPORTED_MODULE_0__/* .locationInWords */ .k)(entry.location)}`);
    const title = `${paint(style, `${sign} ${entry.action}`)} ${paint('strong', (0,_printable_js__WEBPACK_IMPORTED_MODULE_2__/* .printable */ .g)(entry.name, 120))}`;
    return `${title} ${paint('dim', `(${entry.kinds.join(', ')})`)}${where}`;
}
function briefLines(entry, paint) {
    const weighty = entry.risks.filter((risk) => risk.severity !== 'info');
    return [titleLine(entry, paint), ...weighty.map((risk) => riskLine(risk, paint))];
}
function entryLines(entry, paint) {
    const [only, ...others] = entry.fields;
    if (only !== undefined && others.length === 0 && entry.schedule === null && entry.risks.length === 0) {
        // Two dozen new migrations read better as two dozen lines.
        return [
            `${titleLine(entry, paint)}  ${paint('dim', `${only.field}:`)} ${fieldValue(entry.action, only, paint)}`,
        ];
    }
    return [
        titleLine(entry, paint),
        ...(entry.cause === 'declaration'
            ? []
            : [
                paint('change', `    changed by hand since our last apply${entry.cause === 'both' ? ', and in the file' : ''}`),
            ]),
        ...scheduleLines(entry, paint),
        ...fieldLines(entry, paint),
        ...entry.risks.map((risk) => riskLine(risk, paint)),
    ];
}
function fieldLines(entry, paint) {
    const width = Math.max(...entry.fields.map((field) => field.field.length), 8);
    return entry.fields.map((field) => {
        const label = paint('dim', `    ${(0,_printable_js__WEBPACK_IMPORTED_MODULE_2__/* .printable */ .g)(field.field, 60).padEnd(width)}  `);
        return label + fieldValue(entry.action, field, paint);
    });
}
function fieldValue(action, field, paint) {
    switch (action) {
        case 'create':
            return (0,_printable_js__WEBPACK_IMPORTED_MODULE_2__/* .printableValue */ .H)(field.after, 160);
        case 'delete':
            return paint('dim', (0,_printable_js__WEBPACK_IMPORTED_MODULE_2__/* .printableValue */ .H)(field.before, 160));
        case 'update':
        case 'adopt':
            return `${paint('bad', (0,_printable_js__WEBPACK_IMPORTED_MODULE_2__/* .printableValue */ .H)(field.before, 160))} ${paint('dim', '->')} ${paint('good', (0,_printable_js__WEBPACK_IMPORTED_MODULE_2__/* .printableValue */ .H)(field.after, 160))}`;
    }
}
function scheduleLines({ schedule }, paint) {
    if (schedule === null)
        return [];
    const { before, after } = schedule;
    const words = before !== null && after !== null && before !== after
        ? `${before} ${paint('dim', '->')} ${after}`
        : (after ?? before);
    return [
        ...(words === null ? [] : [`${paint('dim', '    runs      ')}${words}`]),
        ...schedule.nextRuns.map((run, index) => paint('dim', index === 0 ? '    next      ' : '              ') +
            run.utc +
            (run.local === null ? '' : paint('dim', ` = ${run.local}`))),
    ];
}
function riskLine(risk, paint) {
    const style = risk.severity === 'danger' ? 'bad' : risk.severity === 'warning' ? 'change' : 'dim';
    return `    ${paint(style, `! ${risk.severity}`)} ${(0,_printable_js__WEBPACK_IMPORTED_MODULE_2__/* .printable */ .g)(risk.message)} ${paint('dim', `[${risk.code}]`)}`;
}
function objectLines(title, objects, paint) {
    if (objects.length === 0)
        return [];
    const shown = objects.slice(0, 20);
    return [
        paint('strong', title),
        ...shown.map((object) => `  ${object.kind} ${(0,_printable_js__WEBPACK_IMPORTED_MODULE_2__/* .printable */ .g)(object.name, 120)}${detailOf(object, paint)}`),
        ...moreLine(objects.length - shown.length, 'objects', paint),
        '',
    ];
}
function detailOf(object, paint) {
    const { schedule } = object.detail;
    return typeof schedule === 'string' ? paint('dim', `  ${(0,_printable_js__WEBPACK_IMPORTED_MODULE_2__/* .printable */ .g)(schedule, 60)}`) : '';
}
function missingLines(missing, paint) {
    if (missing.length === 0)
        return [];
    return [
        paint('change', 'Missing in this database'),
        ...missing.flatMap((item) => [
            `  ${item.name}: ${(0,_printable_js__WEBPACK_IMPORTED_MODULE_2__/* .printable */ .g)(item.consequence)}`,
            paint('dim', `    ${(0,_printable_js__WEBPACK_IMPORTED_MODULE_2__/* .printable */ .g)(item.remedy)}`),
        ]),
        '',
    ];
}
function diagnosticLines(diagnostics, { title, style, paint }) {
    if (diagnostics.length === 0)
        return [];
    return [
        paint(style, title),
        ...diagnostics.flatMap((item) => [
            `  ${(0,_plan_entries_js__WEBPACK_IMPORTED_MODULE_0__/* .locationInWords */ .k)(item.location)} ${(0,_printable_js__WEBPACK_IMPORTED_MODULE_2__/* .printable */ .g)(item.message)} ${paint('dim', `[${item.code}]`)}`,
            ...(item.hint === undefined ? [] : [paint('dim', `    ${(0,_printable_js__WEBPACK_IMPORTED_MODULE_2__/* .printable */ .g)(item.hint)}`)]),
        ]),
        '',
    ];
}
function moreLine(count, what, paint) {
    return count > 0
        ? [paint('dim', `  ... and ${count} more ${what} (all of them with --format json)`), '']
        : [];
}
function capitalized(text) {
    return text.charAt(0).toUpperCase() + text.slice(1);
}


/***/ }),

/***/ 3671:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   H: () => (/* binding */ printableValue),
/* harmony export */   g: () => (/* binding */ printable)
/* harmony export */ });
/**
 * Text we did not write (names and commands of hand-made jobs, messages of a server) made safe to print:
 * control characters become visible, so that a job name can neither move the cursor nor hide a line.
 *
 * @param limit Longest result, in characters; the rest is counted instead of shown.
 */
function printable(text, limit = 400) {
    const flat = text
        .replaceAll(/\r\n|\n|\r/g, '⏎ ')
        .replaceAll('\t', ' ')
        .replaceAll(/\p{Cc}/gu, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
        .replaceAll(/[\u202a-\u202e\u2066-\u2069]/g, '');
    if (flat.length <= limit)
        return flat;
    return `${[...flat.slice(0, limit)].slice(0, -1).join('')}… (${flat.length} characters)`;
}
/** One value of a plan's field for people. */
function printableValue(value, limit = 400) {
    if (value === null || value === undefined)
        return 'none';
    if (typeof value !== 'string')
        return String(value);
    return value === '' ? '(empty)' : printable(value, limit);
}


/***/ }),

/***/ 2122:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   C: () => (/* binding */ painter)
/* harmony export */ });
/* harmony import */ var node_util__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7975);

const FORMATS = {
    good: 'green',
    change: 'yellow',
    bad: 'red',
    dim: 'gray',
    strong: 'bold',
};
/** A painter; whether colours are wanted was decided by the caller (terminal, NO_COLOR, --no-color). */
function painter(color) {
    return (style, text) => !color || style === 'plain' ? text : (0,node_util__WEBPACK_IMPORTED_MODULE_0__.styleText)(FORMATS[style], text, { validateStream: false });
}


/***/ })

};
