export const id = 228;
export const ids = [228,516,53];
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

/***/ 6228:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  run: () => (/* binding */ run)
});

// EXTERNAL MODULE: ./js/actions/_shared/io/inputs.js
var io_inputs = __webpack_require__(7509);
// EXTERNAL MODULE: ./js/actions/_shared/io/run-action.js + 3 modules
var run_action = __webpack_require__(2369);
// EXTERNAL MODULE: ./js/actions/_shared/io/run-context.js
var run_context = __webpack_require__(5113);
// EXTERNAL MODULE: ./js/actions/_shared/target/read-declarations.js
var read_declarations = __webpack_require__(2513);
// EXTERNAL MODULE: ./js/actions/_shared/target/with-database.js
var with_database = __webpack_require__(49);
// EXTERNAL MODULE: ./js/actions/_shared/report/plan-entries.js + 1 modules
var plan_entries = __webpack_require__(4888);
// EXTERNAL MODULE: ./js/actions/_shared/report/printable.js
var printable = __webpack_require__(3671);
// EXTERNAL MODULE: ./js/actions/_shared/report/terminal-style.js
var terminal_style = __webpack_require__(2122);
;// CONCATENATED MODULE: ./js/actions/_shared/report/apply-terminal.js



/** How an apply ended, as a headline; exhaustive on purpose. */
function applyHeadline(reason) {
    switch (reason) {
        case 'applied':
            return { words: 'Applied', good: true };
        case 'nothing_to_do':
            return { words: 'Nothing to do', good: true };
        case 'blocked':
            return { words: 'Refused: the plan has blockers', good: false };
        case 'plan_moved':
            return { words: 'Refused: the database or the files moved since the plan', good: false };
        case 'deletion_guard':
            return { words: 'Refused: more deletions than allowed', good: false };
        case 'locked':
            return { words: 'Refused: another apply holds the lock', good: false };
        case 'connection_lost':
            return { words: 'The connection was lost; nothing was half applied, run it again', good: false };
        case 'failed':
            return { words: 'Failed; nothing was changed', good: false };
    }
}
/** The result of an apply for a terminal, ending in a newline. */
function renderApplyTerminal(result, { color }) {
    const paint = (0,terminal_style/* painter */.C)(color);
    const { words, good } = applyHeadline(result.reason);
    const style = good ? 'good' : 'bad';
    const audit = result.reconciliationId === null ? '' : `, audit row ${result.reconciliationId}`;
    const lines = [
        `${paint(style, words)} on ${paint('strong', result.plan.environment)}: ${(0,plan_entries/* countsInWords */.Pe)(result.plan.counts)}` +
            paint('dim', ` (${Math.round(result.durationMs)} ms${audit})`),
        ...(good || result.message === '' ? [] : [`  ${(0,printable/* printable */.g)(result.message, 2_000)}`]),
    ];
    return `${lines.join('\n')}\n`;
}

// EXTERNAL MODULE: ./js/actions/_shared/report/bounded-markdown.js
var bounded_markdown = __webpack_require__(2787);
// EXTERNAL MODULE: ./js/actions/_shared/report/markdown-text.js
var markdown_text = __webpack_require__(9323);
// EXTERNAL MODULE: ./js/actions/_shared/report/plan-markdown.js
var plan_markdown = __webpack_require__(3939);
// EXTERNAL MODULE: ./js/actions/_shared/report/plan-terminal.js
var plan_terminal = __webpack_require__(9434);
// EXTERNAL MODULE: ./js/actions/_shared/report/schedule-reader.js + 2 modules
var schedule_reader = __webpack_require__(516);
;// CONCATENATED MODULE: ./js/actions/reconcile/decide-outcome.js







// Room for the headline above the plan.
const HEADLINE_ROOM = 4_096;
/** Files with errors are never applied. */
function brokenOutcome({ environment, root }, diagnostics) {
    const errors = diagnostics.filter((item) => item.severity === 'error').length;
    return {
        reason: 'lint_failed',
        environment,
        root,
        diagnostics,
        message: `${errors} ${errors === 1 ? 'error' : 'errors'} in the files; nothing was applied to ${environment}.`,
    };
}
/** A dry run ends with the plan. */
function dryRunOutcome(plan, about) {
    const blocked = plan.blockers.length > 0;
    return {
        ...planOutcome(plan, about),
        reason: blocked ? 'plan_blocked' : 'dry_run',
        message: `Dry run on ${plan.environment}: ${(0,plan_entries/* countsInWords */.Pe)(plan.counts)}${blocked ? ', and it could not be applied' : ''}.`,
    };
}
/** An apply ends with what it did. */
function applyOutcome(result, about) {
    const { plan } = result;
    const base = planOutcome(plan, about);
    const headline = applyHeadline(result.reason).words;
    return {
        ...base,
        reason: REASONS[result.reason],
        message: result.message,
        log: `${base.log}\n${renderApplyTerminal(result, { color: true })}`,
        summary: `## ${headline} on ${(0,markdown_text/* escapeMarkdown */.FV)(plan.environment)}\n\n${(0,markdown_text/* escapeMarkdown */.FV)(result.message, 2_000)}\n\n${base.summary}`,
        outputs: {
            ...base.outputs,
            'reconciliation-id': result.reconciliationId === null ? '' : String(result.reconciliationId),
        },
    };
}
const REASONS = {
    applied: 'applied',
    nothing_to_do: 'nothing_to_do',
    blocked: 'plan_blocked',
    plan_moved: 'plan_moved',
    deletion_guard: 'deletion_guard',
    locked: 'locked',
    connection_lost: 'connection_lost',
    failed: 'apply_failed',
};
function planOutcome(plan, { desired, root, diagnostics, now }) {
    const schedule = (0,schedule_reader.scheduleReader)(desired.jobs, now);
    return {
        environment: plan.environment,
        root,
        digest: plan.digest,
        counts: { ...plan.counts },
        diagnostics: [...diagnostics, ...plan.blockers, ...plan.notices],
        log: (0,plan_terminal.renderPlanTerminal)(plan, { color: true, schedule }),
        summary: (0,plan_markdown.renderPlanMarkdown)(plan, {
            schedule,
            diagnostics,
            limit: bounded_markdown/* SUMMARY_LIMIT */.Jt - HEADLINE_ROOM,
            unit: 'bytes',
        }),
        outputs: { digest: plan.digest, 'reconciliation-id': '' },
    };
}

// EXTERNAL MODULE: ../../node_modules/zod/v4/classic/schemas.js + 6 modules
var schemas = __webpack_require__(1532);
;// CONCATENATED MODULE: ./js/actions/reconcile/inputs.js


/** The inputs of action.yml; a contract test holds the two together. */
const ReconcileInputs = schemas/* strictObject */.rej({
    environment: io_inputs/* environmentInput */.u5,
    dryRun: (0,io_inputs/* booleanInput */.tE)(false),
    prune: (0,io_inputs/* booleanInput */.tE)(false),
    allowDeletes: (0,io_inputs/* integerInput */.$A)(1).optional(),
    expectDigest: schemas/* string */.YjP()
        .regex(/^[0-9a-f]{64}$/, 'must be the digest of a plan (64 hexadecimal digits)')
        .optional(),
    root: schemas/* string */.YjP().default('.'),
});

;// CONCATENATED MODULE: ./js/actions/reconcile/main.js







/** The `reconcile` action: makes an environment what the files say. */
async function run() {
    await (0,run_action/* runAction */.C)('reconcile', reconcileEnvironment);
}
async function reconcileEnvironment({ environment, redaction, now }) {
    const inputs = (0,io_inputs/* readInputs */.Ko)(ReconcileInputs, environment);
    const context = (0,run_context/* readRunContext */.$)(environment);
    const declarations = await (0,read_declarations/* readDeclarations */.m)({
        workspace: context.workspace,
        root: inputs.root,
        environment,
        redaction,
    });
    if (declarations.broken)
        return brokenOutcome(inputs, declarations.diagnostics);
    const desired = declarations.resolve(inputs.environment);
    const about = { desired, root: inputs.root, diagnostics: declarations.diagnostics, now: now() };
    return (0,with_database/* withDatabase */.k)({ declaration: desired.environment, environment }, async (sql) => {
        const request = {
            sql,
            desired,
            env: environment,
            prune: inputs.prune,
            ...(inputs.allowDeletes === undefined ? {} : { allowDeletes: inputs.allowDeletes }),
        };
        if (inputs.dryRun) {
            const { computePlan } = await Promise.all(/* import() */[__webpack_require__.e(929), __webpack_require__.e(51)]).then(__webpack_require__.bind(__webpack_require__, 3051));
            return dryRunOutcome(await computePlan(request), about);
        }
        const { applyPlan } = await Promise.all(/* import() */[__webpack_require__.e(929), __webpack_require__.e(51), __webpack_require__.e(528)]).then(__webpack_require__.bind(__webpack_require__, 2528));
        const result = await applyPlan({
            ...request,
            actor: { name: context.actor, commit: context.sha, runUrl: context.runUrl },
            ...(inputs.expectDigest === undefined ? {} : { expectDigest: inputs.expectDigest }),
        });
        return applyOutcome(result, about);
    });
}


/***/ })

};
