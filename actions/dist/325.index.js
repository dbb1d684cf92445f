export const id = 325;
export const ids = [325,516];
export const modules = {

/***/ 8922:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   L: () => (/* binding */ createGitHubClient)
/* harmony export */ });
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7598);
/* harmony import */ var octokit__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(8860);


// Longer waits belong to the next run: a runner minute costs money and a rate limit may last an hour.
const LONGEST_WAIT_SECONDS = 90;
const MOST_RETRIES = 2;
// The shapes we parse are of this version; newer ones drop `assignee` and change dispatch.
// https://docs.github.com/en/rest/about-the-rest-api/api-versions
const API_VERSION = '2022-11-28';
/**
 * A GitHub client that keeps to GitHub's rate limits and never repeats a call that may already have created something:
 * after a 5xx only idempotent methods are retried; a refusal by a rate limit did nothing, so any method may wait and retry.
 */
function createGitHubClient(options) {
    const { owner, repo, onWait } = options;
    const wait = (kind) => (seconds, request, _, count) => {
        const again = count < MOST_RETRIES && seconds <= LONGEST_WAIT_SECONDS;
        onWait(`${kind} on ${request.method} ${request.url}: ${again ? `waiting ${seconds} s` : 'giving up'}`);
        return again;
    };
    const octokit = new octokit__WEBPACK_IMPORTED_MODULE_1__/* .Octokit */ .Eg({
        auth: options.token,
        baseUrl: options.apiUrl,
        userAgent: 'ops-control-room',
        log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
        // Writes of one client are spaced out; clients of one process do not queue behind each other.
        throttle: {
            id: (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.randomUUID)(),
            onRateLimit: wait('rate limit'),
            onSecondaryRateLimit: wait('secondary rate limit'),
        },
    });
    octokit.hook.before('request', (request) => {
        request.headers['x-github-api-version'] = API_VERSION;
        request.request.retries = request.method === 'POST' ? 0 : MOST_RETRIES;
    });
    return { octokit, owner, repo };
}
/** Octokit logs every failed request by itself; ours are reported once, by whoever asked. */
function ignore() { }


/***/ }),

/***/ 1561:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Tu: () => (/* binding */ deleteComment),
/* harmony export */   eT: () => (/* binding */ createComment),
/* harmony export */   fg: () => (/* binding */ listComments),
/* harmony export */   vv: () => (/* binding */ updateComment)
/* harmony export */ });
/* unused harmony export IssueComment */
/* harmony import */ var zod__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(1532);

/** A comment of an issue or pull request. */
const IssueComment = zod__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({
    id: zod__WEBPACK_IMPORTED_MODULE_0__/* .number */ .aig(),
    body: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().nullish(),
    html_url: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP(),
    user: zod__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({ login: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP() }).nullable(),
})
    .transform((comment) => ({
    id: comment.id,
    body: comment.body ?? '',
    url: comment.html_url,
    // A deleted account has no user; nobody's comment is not ours.
    author: comment.user?.login ?? null,
}));
/** All comments of an issue or pull request, oldest first, over all pages. */
async function listComments({ octokit, owner, repo }, number) {
    const answers = await octokit.paginate(octokit.rest.issues.listComments, {
        owner,
        repo,
        issue_number: number,
        per_page: 100,
    });
    return zod__WEBPACK_IMPORTED_MODULE_0__/* .array */ .YOg(IssueComment).parse(answers);
}
/** Adds a comment. Not idempotent: after a 5xx, look before doing it again. */
async function createComment({ octokit, owner, repo }, comment) {
    const answer = (await octokit.rest.issues.createComment({ owner, repo, issue_number: comment.number, body: comment.body })).data;
    return IssueComment.parse(answer);
}
/** Replaces the body of a comment. */
async function updateComment({ octokit, owner, repo }, comment) {
    const answer = (await octokit.rest.issues.updateComment({ owner, repo, comment_id: comment.id, body: comment.body })).data;
    return IssueComment.parse(answer);
}
/** Deletes a comment. */
async function deleteComment({ octokit, owner, repo }, id) {
    await octokit.rest.issues.deleteComment({ owner, repo, comment_id: id });
}


/***/ }),

/***/ 3353:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   B_: () => (/* binding */ markerLine),
/* harmony export */   HZ: () => (/* binding */ readMarked),
/* harmony export */   PQ: () => (/* binding */ markText),
/* harmony export */   Rj: () => (/* binding */ fingerprint)
/* harmony export */ });
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7598);

/** First line of every text we own. */
function markerLine({ kind, environment }) {
    return `<!-- opsroom:${kind} env=${environment} -->`;
}
/** A short fingerprint of anything that can be written as JSON. */
function fingerprint(value) {
    return digest(JSON.stringify(value));
}
/** Puts marker and state before a visible text. */
function markText(text) {
    const visible = text.visible.trim();
    const state = `<!-- opsroom:state head=${text.head} content=${text.content} body=${digest(visible)} -->`;
    return `${markerLine(text.marker)}\n${state}\n${visible}`;
}
const STATE = /^<!-- opsroom:state head=(\S*) content=(\S*) body=([0-9a-f]+) -->$/;
/** The state of a marked text; null when it does not start with this marker. */
function readMarked(text, marker) {
    // A foreign text may quote the marker; ours stands in the first line.
    const [first, second = '', ...rest] = text.replaceAll('\r\n', '\n').split('\n');
    if (first !== markerLine(marker))
        return null;
    const [, head = '', content = '', body = ''] = STATE.exec(second) ?? [];
    return { head, content, intact: body !== '' && body === digest(rest.join('\n').trim()) };
}
function digest(text) {
    return (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.createHash)('sha256').update(text).digest('hex').slice(0, 16);
}


/***/ }),

/***/ 4995:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   US: () => (/* binding */ isForbidden),
/* harmony export */   dk: () => (/* binding */ mayHaveHappened)
/* harmony export */ });
/* unused harmony export failureStatus */
/* harmony import */ var zod__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(1532);

const RequestFailure = zod__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({ status: zod__WEBPACK_IMPORTED_MODULE_0__/* .number */ .aig(), message: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP() });
/** The HTTP status of a failed request; null when the error is something else. */
function failureStatus(error) {
    if (!(error instanceof Error))
        return null;
    const parsed = RequestFailure.safeParse(error);
    return parsed.success ? parsed.data.status : null;
}
/**
 * True when the token may not do this: a fork's or Dependabot's read-only token, or a job without the permission.
 * A rate limit answers 403 too, but says so.
 */
function isForbidden(error) {
    return failureStatus(error) === 403 && error instanceof Error && !/rate limit/i.test(error.message);
}
/** True when a write may have happened although it failed: the answer was lost or the server broke. */
function mayHaveHappened(error) {
    const status = failureStatus(error);
    return status !== null && status >= 500;
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
