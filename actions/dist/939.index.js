export const id = 939;
export const ids = [939];
export const modules = {

/***/ 2787:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   E6: () => (/* binding */ inCharacters),
/* harmony export */   Hf: () => (/* binding */ inBytes),
/* harmony export */   Jt: () => (/* binding */ SUMMARY_LIMIT),
/* harmony export */   Nb: () => (/* binding */ boundedMarkdown),
/* harmony export */   W$: () => (/* binding */ COMMENT_LIMIT)
/* harmony export */ });
/** GitHub refuses comment and issue bodies over 65,536 characters with 422. */
const COMMENT_LIMIT = 65_536;
/** A job summary over 1 MiB is not shown at all. */
const SUMMARY_LIMIT = 1_048_576;
function inCharacters(text) {
    return text.length;
}
function inBytes(text) {
    return Buffer.byteLength(text, 'utf8');
}
// Every section may use this much before an earlier, longer one takes the rest.
const FAIR_SHARE = 2_000;
/** Lays the document out, cutting only between items and saying how many are missing. */
function boundedMarkdown(document) {
    const { measure } = document;
    const sections = document.sections.filter((section) => section.items.length > 0);
    let room = document.limit - 1 - measure(document.head) - measure(document.foot) - 4;
    const parts = [];
    for (const [index, section] of sections.entries()) {
        const reserved = sections
            .slice(index + 1)
            .reduce((sum, later) => sum + Math.min(FAIR_SHARE, measure(wholeSection(later)) + 2), 0);
        const text = fitSection(section, { ...document, room: room - reserved });
        if (text === '')
            continue;
        parts.push(text);
        room -= measure(text) + 2;
    }
    return [document.head, ...parts, document.foot].filter((part) => part !== '').join('\n\n');
}
function fitSection(section, { room, measure, more }) {
    const whole = wholeSection(section);
    if (measure(whole) <= room)
        return whole;
    const items = [];
    let left = room - measure(wrap(section, more(section.items.length))) - 1;
    for (const item of section.items) {
        const size = measure(item) + 1;
        if (size > left)
            break;
        items.push(item);
        left -= size;
    }
    const cut = wrap(section, [...items, more(section.items.length - items.length)].join('\n'));
    return measure(cut) <= room ? cut : '';
}
function wholeSection(section) {
    return wrap(section, section.items.join('\n'));
}
function wrap(section, content) {
    return section.collapsed === true
        ? `<details><summary>${section.title}</summary>\n\n${content}\n\n</details>`
        : `**${section.title}**\n\n${content}`;
}


/***/ }),

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


/***/ })

};
