export const id = 477;
export const ids = [477,516];
export const modules = {

/***/ 9323:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   FV: () => (/* binding */ escapeMarkdown),
/* harmony export */   jT: () => (/* binding */ codeValue),
/* harmony export */   ti: () => (/* binding */ inlineCode)
/* harmony export */ });
/* harmony import */ var _printable_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(3671);

/**
 * Foreign text as plain Markdown text inside a line: nothing in it formats, mentions a person, links, refers to an issue,
 * opens a tag or a comment. What only means something at the start of a line is left as it is.
 */
function escapeMarkdown(text, limit = 400) {
    return (0,_printable_js__WEBPACK_IMPORTED_MODULE_0__/* .printable */ .g)(text, limit)
        .replaceAll('&', '&amp;')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;')
        .replaceAll(/[\\`*{}[\]|~$]/g, (character) => `\\${character}`)
        .replaceAll(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '\\_')
        .replaceAll(/#(?=\d)/g, '#\u200b')
        .replaceAll('@', '@\u200b')
        .replaceAll('://', ':\u200b//');
}
/** Foreign text as inline code; the fence is longer than any run of backticks inside. */
function inlineCode(text, limit = 200) {
    const flat = (0,_printable_js__WEBPACK_IMPORTED_MODULE_0__/* .printable */ .g)(text, limit);
    if (flat.trim() === '')
        return '(empty)';
    const longest = Math.max(0, ...[...flat.matchAll(/`+/g)].map(([run]) => run.length));
    const fence = '`'.repeat(longest + 1);
    const pad = flat.startsWith('`') || flat.endsWith('`') ? ' ' : '';
    return `${fence}${pad}${flat}${pad}${fence}`;
}
/** A plan's value as inline code. */
function codeValue(value, limit = 200) {
    return value === null || value === undefined
        ? '*none*'
        : inlineCode((0,_printable_js__WEBPACK_IMPORTED_MODULE_0__/* .printableValue */ .H)(value, limit), limit + 40);
}


/***/ }),

/***/ 3939:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   R: () => (/* binding */ renderLintMarkdown),
/* harmony export */   renderPlanMarkdown: () => (/* binding */ renderPlanMarkdown)
/* harmony export */ });
/* harmony import */ var _bounded_markdown_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(2787);
/* harmony import */ var _markdown_text_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(9323);
/* harmony import */ var _plan_entries_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(4888);



const SIGN = { create: '➕', update: '✏️', adopt: '🤝', delete: '🗑️' };
const LINT_SIGN = { error: '❌', warning: '⚠️', notice: 'ℹ️' };
const RISK_SIGN = { danger: '🛑', warning: '⚠️', info: 'ℹ️' };
/** The plan as Markdown, always under `limit`, cut between items only. */
function renderPlanMarkdown(plan, options = {}) {
    const entries = (0,_plan_entries_js__WEBPACK_IMPORTED_MODULE_0__/* .planEntries */ .W9)(plan.changes, options.schedule);
    const drifted = entries.filter((entry) => entry.cause !== 'declaration').length;
    return documentOf({
        headline: `${options.title ?? 'Plan for'} ${(0,_markdown_text_js__WEBPACK_IMPORTED_MODULE_1__/* .inlineCode */ .ti)(plan.environment)}: ${(0,_plan_entries_js__WEBPACK_IMPORTED_MODULE_0__/* .countsInWords */ .Pe)(plan.counts)}`,
        facts: [
            `${plan.counts.unchanged} unchanged${drifted === 0 ? '' : `, **${drifted} changed by hand since the last apply**`}`,
            (0,_markdown_text_js__WEBPACK_IMPORTED_MODULE_1__/* .escapeMarkdown */ .FV)((0,_plan_entries_js__WEBPACK_IMPORTED_MODULE_0__/* .targetInWords */ .wR)(plan.target)),
            `Digest ${(0,_markdown_text_js__WEBPACK_IMPORTED_MODULE_1__/* .inlineCode */ .ti)(plan.digest.slice(0, 12))}`,
        ].join(' · '),
        sections: [
            { title: 'What would stop an apply', items: plan.blockers.map((item) => lintItem(item, options)) },
            { title: 'Risks', items: riskItems(entries) },
            { title: 'Changes', items: entries.map((entry) => entryItem(entry, options)) },
            lintSection(options),
            { title: 'Missing in this database', items: plan.missing.map(missingItem) },
            {
                title: `Worth knowing (${plan.notices.length})`,
                collapsed: true,
                items: plan.notices.map((item) => lintItem(item, options)),
            },
            objectSection('Ours, no longer declared, kept (prune deletes them)', plan.orphaned),
            objectSection('Not managed here, never touched', plan.unmanaged),
        ],
    }, options);
}
/** The same document without a plan: lint only. */
function renderLintMarkdown(lint, options = {}) {
    const diagnostics = options.diagnostics ?? [];
    const errors = diagnostics.filter((item) => item.severity === 'error').length;
    return documentOf({
        headline: `${lint.environment === null ? 'Lint' : `Plan for ${(0,_markdown_text_js__WEBPACK_IMPORTED_MODULE_1__/* .inlineCode */ .ti)(lint.environment)}`}: ${errors === 0 ? 'files are valid' : `${errors} ${errors === 1 ? 'error' : 'errors'} in the files`}`,
        facts: lint.reason,
        sections: [lintSection(options)],
    }, options);
}
function documentOf(document, options) {
    return `${(0,_bounded_markdown_js__WEBPACK_IMPORTED_MODULE_2__/* .boundedMarkdown */ .Nb)({
        head: `### ${document.headline}\n\n${document.facts}`,
        sections: document.sections,
        foot: options.footer === undefined ? '' : `<sub>${options.footer}</sub>`,
        limit: (options.limit ?? Number.MAX_SAFE_INTEGER) - 1,
        measure: options.unit === 'bytes' ? _bounded_markdown_js__WEBPACK_IMPORTED_MODULE_2__/* .inBytes */ .Hf : _bounded_markdown_js__WEBPACK_IMPORTED_MODULE_2__/* .inCharacters */ .E6,
        more: (count) => `- *… ${count} more in the summary of the run*`,
    })}\n`;
}
function entryItem(entry, options) {
    const where = entry.location === undefined ? '' : ` — ${placeOf(entry.location, options)}`;
    const hand = entry.cause === 'declaration' ? '' : ' · *changed by hand*';
    return [
        `- ${SIGN[entry.action]} **${entry.action}** ${(0,_markdown_text_js__WEBPACK_IMPORTED_MODULE_1__/* .inlineCode */ .ti)(entry.name)} (${entry.kinds.join(', ')})${where}${hand}`,
        ...scheduleLines(entry),
        ...entry.fields.map((field) => `  - ${fieldLine(entry.action, field)}`),
    ].join('\n');
}
function fieldLine(action, field) {
    const name = (0,_markdown_text_js__WEBPACK_IMPORTED_MODULE_1__/* .escapeMarkdown */ .FV)(field.field, 60);
    switch (action) {
        case 'create':
            return `${name}: ${(0,_markdown_text_js__WEBPACK_IMPORTED_MODULE_1__/* .codeValue */ .jT)(field.after)}`;
        case 'delete':
            return `${name}: ~~${(0,_markdown_text_js__WEBPACK_IMPORTED_MODULE_1__/* .codeValue */ .jT)(field.before)}~~`;
        case 'update':
        case 'adopt':
            return `${name}: ${(0,_markdown_text_js__WEBPACK_IMPORTED_MODULE_1__/* .codeValue */ .jT)(field.before)} → ${(0,_markdown_text_js__WEBPACK_IMPORTED_MODULE_1__/* .codeValue */ .jT)(field.after)}`;
    }
}
function scheduleLines({ schedule }) {
    if (schedule === null)
        return [];
    const { before, after } = schedule;
    const words = before !== null && after !== null && before !== after
        ? `${(0,_markdown_text_js__WEBPACK_IMPORTED_MODULE_1__/* .escapeMarkdown */ .FV)(before)} → **${(0,_markdown_text_js__WEBPACK_IMPORTED_MODULE_1__/* .escapeMarkdown */ .FV)(after)}**`
        : (0,_markdown_text_js__WEBPACK_IMPORTED_MODULE_1__/* .escapeMarkdown */ .FV)(after ?? before ?? '');
    const runs = schedule.nextRuns.map((run) => (run.local === null ? run.utc : `${run.utc} (${run.local})`));
    return [`  - runs ${words}`, ...(runs.length === 0 ? [] : [`  - next: ${runs.join('; ')}`])];
}
function riskItems(entries) {
    const order = ['danger', 'warning', 'info'];
    const all = entries.flatMap((entry) => entry.risks.map((risk) => ({ risk, name: entry.name })));
    return order.flatMap((severity) => all
        .filter(({ risk }) => risk.severity === severity)
        .map(({ risk, name }) => `- ${RISK_SIGN[severity]} ${(0,_markdown_text_js__WEBPACK_IMPORTED_MODULE_1__/* .inlineCode */ .ti)(name)}: ${(0,_markdown_text_js__WEBPACK_IMPORTED_MODULE_1__/* .escapeMarkdown */ .FV)(risk.message)} (${(0,_markdown_text_js__WEBPACK_IMPORTED_MODULE_1__/* .inlineCode */ .ti)(risk.code)})`));
}
function lintSection(options) {
    const order = ['error', 'warning', 'notice'];
    const diagnostics = options.diagnostics ?? [];
    const sorted = order.flatMap((severity) => diagnostics.filter((item) => item.severity === severity));
    return { title: 'Lint', items: sorted.map((item) => lintItem(item, options)) };
}
function lintItem(item, options) {
    const hint = item.hint === undefined ? '' : ` *${(0,_markdown_text_js__WEBPACK_IMPORTED_MODULE_1__/* .escapeMarkdown */ .FV)(item.hint)}*`;
    return `- ${LINT_SIGN[item.severity]} ${placeOf(item.location, options)} ${(0,_markdown_text_js__WEBPACK_IMPORTED_MODULE_1__/* .escapeMarkdown */ .FV)(item.message)}${hint} (${(0,_markdown_text_js__WEBPACK_IMPORTED_MODULE_1__/* .inlineCode */ .ti)(item.code)})`;
}
function placeOf(location, { linkTo }) {
    const words = (0,_markdown_text_js__WEBPACK_IMPORTED_MODULE_1__/* .escapeMarkdown */ .FV)((0,_plan_entries_js__WEBPACK_IMPORTED_MODULE_0__/* .locationInWords */ .k)(location), 200);
    return linkTo === undefined ? words : `[${words}](${linkTo(location)})`;
}
function missingItem(item) {
    return `- ${(0,_markdown_text_js__WEBPACK_IMPORTED_MODULE_1__/* .inlineCode */ .ti)(item.name)}: ${(0,_markdown_text_js__WEBPACK_IMPORTED_MODULE_1__/* .escapeMarkdown */ .FV)(item.consequence)} *${(0,_markdown_text_js__WEBPACK_IMPORTED_MODULE_1__/* .escapeMarkdown */ .FV)(item.remedy)}*`;
}
function objectSection(title, objects) {
    return {
        title: `${title} (${objects.length})`,
        collapsed: true,
        items: objects.map((object) => {
            const { schedule } = object.detail;
            return `- ${object.kind} ${(0,_markdown_text_js__WEBPACK_IMPORTED_MODULE_1__/* .inlineCode */ .ti)(object.name)}${typeof schedule === 'string' ? ` ${(0,_markdown_text_js__WEBPACK_IMPORTED_MODULE_1__/* .inlineCode */ .ti)(schedule)}` : ''}`;
        }),
    };
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

/***/ 8477:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   b: () => (/* binding */ commentText),
/* harmony export */   logText: () => (/* binding */ logText),
/* harmony export */   summaryText: () => (/* binding */ summaryText)
/* harmony export */ });
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(6760);
/* harmony import */ var _shared_report_bounded_markdown_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(2787);
/* harmony import */ var _shared_report_markdown_text_js__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(9323);
/* harmony import */ var _shared_report_plan_markdown_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(3939);
/* harmony import */ var _shared_report_plan_terminal_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(9434);
/* harmony import */ var _shared_report_schedule_reader_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(516);






// Room for the marker and state lines in front of the visible text.
const MARKER_ROOM = 400;
/** One environment as the visible part of its comment. */
function commentText(view, about) {
    return markdown(view, about, { limit: _shared_report_bounded_markdown_js__WEBPACK_IMPORTED_MODULE_4__/* .COMMENT_LIMIT */ .W$ - MARKER_ROOM, unit: 'characters' });
}
/** All environments as the summary of the job. */
function summaryText(views, about) {
    const limit = Math.floor((_shared_report_bounded_markdown_js__WEBPACK_IMPORTED_MODULE_4__/* .SUMMARY_LIMIT */ .Jt - 4_096) / Math.max(views.length, 1));
    return views.map((view) => markdown(view, about, { limit, unit: 'bytes' })).join('\n');
}
/** All environments for the log. */
function logText(views, { now }) {
    return views
        .map((view) => view.kind === 'planned'
        ? (0,_shared_report_plan_terminal_js__WEBPACK_IMPORTED_MODULE_2__.renderPlanTerminal)(view.plan, { color: true, schedule: (0,_shared_report_schedule_reader_js__WEBPACK_IMPORTED_MODULE_3__.scheduleReader)(view.jobs, now) })
        : `${view.environment === null ? 'Lint' : `Plan for ${view.environment}`}: ${view.reason}\n`)
        .join('\n');
}
function markdown(view, about, bound) {
    const { diagnostics, now } = about;
    const options = {
        ...bound,
        diagnostics,
        linkTo: linkTo(about),
        footer: footer(about),
    };
    switch (view.kind) {
        case 'planned':
            return (0,_shared_report_plan_markdown_js__WEBPACK_IMPORTED_MODULE_1__.renderPlanMarkdown)(view.plan, { ...options, schedule: (0,_shared_report_schedule_reader_js__WEBPACK_IMPORTED_MODULE_3__.scheduleReader)(view.jobs, now) });
        case 'linted':
            return (0,_shared_report_plan_markdown_js__WEBPACK_IMPORTED_MODULE_1__/* .renderLintMarkdown */ .R)({ environment: view.environment, reason: view.reason }, options);
        case 'unknown':
            return (0,_shared_report_plan_markdown_js__WEBPACK_IMPORTED_MODULE_1__/* .renderLintMarkdown */ .R)({ environment: view.environment, reason: `⚠️ **Could not plan:** ${(0,_shared_report_markdown_text_js__WEBPACK_IMPORTED_MODULE_5__/* .escapeMarkdown */ .FV)(view.reason)}` }, options);
    }
}
function footer({ context, now }) {
    const commit = context.pullRequest?.headSha ?? context.sha;
    const time = now.toISOString().slice(0, 16).replace('T', ' ');
    return `For ${commit.slice(0, 12)} at ${time} UTC, next runs counted from then · [run](${context.runUrl})`;
}
function linkTo({ context, root }) {
    const commit = context.pullRequest?.headSha ?? context.sha;
    const base = `${context.serverUrl}/${context.owner}/${context.repo}/blob/${commit}`;
    return ({ file, line }) => `${base}/${node_path__WEBPACK_IMPORTED_MODULE_0__.posix.join(root, file).split('/').map(encodeURIComponent).join('/')}#L${line}`;
}


/***/ })

};
