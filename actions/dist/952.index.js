export const id = 952;
export const ids = [952];
export const modules = {

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

/***/ 952:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  keepComments: () => (/* binding */ keepComments)
});

// EXTERNAL MODULE: ./js/actions/_shared/github/client.js
var github_client = __webpack_require__(8922);
// EXTERNAL MODULE: ./js/actions/_shared/github/marked-text.js
var marked_text = __webpack_require__(3353);
;// CONCATENATED MODULE: ./js/actions/_shared/github/decide-comment.js

/**
 * Decides what happens to the one comment of a marker.
 *
 * @param existing all comments of the pull request
 * @param currentHead the commit the pull request points at now: a text of an older commit never replaces a newer one
 */
function decideComment(existing, { desired, currentHead }) {
    const ours = existing
        .map((comment) => ({ comment, state: (0,marked_text/* readMarked */.HZ)(comment.body, desired.marker) }))
        .filter(({ comment, state }) => state !== null && comment.author === desired.author);
    const [first, ...rest] = ours;
    const url = first?.comment.url ?? null;
    if (currentHead !== desired.head)
        return { kind: 'keep', why: 'stale', url };
    if (first === undefined)
        return desired.onlyUpdate ? { kind: 'keep', why: 'nothing_to_say', url } : { kind: 'create' };
    const same = first.state?.intact === true &&
        first.state.head === desired.head &&
        first.state.content === desired.content;
    if (same && rest.length === 0)
        return { kind: 'keep', why: 'unchanged', url };
    return { kind: 'update', comment: first.comment, duplicates: rest.map(({ comment }) => comment) };
}

// EXTERNAL MODULE: ./js/actions/_shared/github/issue-comments.js
var issue_comments = __webpack_require__(1561);
// EXTERNAL MODULE: ../../node_modules/zod/v4/classic/schemas.js + 6 modules
var schemas = __webpack_require__(1532);
;// CONCATENATED MODULE: ./js/actions/_shared/github/pull-request.js

const Head = schemas/* object */.Ikc({ head: schemas/* object */.Ikc({ sha: schemas/* string */.YjP() }) });
/** The commit a pull request points at now; it may have moved since the event that started this run. */
async function readHeadSha({ octokit, owner, repo }, number) {
    const answer = (await octokit.rest.pulls.get({ owner, repo, pull_number: number })).data;
    return Head.parse(answer).head.sha;
}

// EXTERNAL MODULE: ./js/actions/_shared/github/request-failure.js
var request_failure = __webpack_require__(4995);
;// CONCATENATED MODULE: ./js/actions/_shared/github/sticky-comment.js





/**
 * Keeps one comment of a pull request equal to a text: found by marker and author over all pages, written only when
 * what it says changed, never over a comment about a newer commit.
 *
 * @returns `forbidden` when the token may not comment (forks, Dependabot); any other failure is thrown
 */
async function keepComment(client, comment) {
    try {
        return await keep(client, comment);
    }
    catch (error) {
        if ((0,request_failure/* isForbidden */.US)(error))
            return { kind: 'forbidden' };
        if (!(0,request_failure/* mayHaveHappened */.dk)(error))
            throw error;
        // The answer to our write was lost: what is there now decides, so that there is never a second comment.
        return keep(client, comment);
    }
}
async function keep(client, comment) {
    const existing = await (0,issue_comments/* listComments */.fg)(client, comment.number);
    const currentHead = await readHeadSha(client, comment.number);
    const decision = decideComment(existing, { desired: comment, currentHead });
    const body = (0,marked_text/* markText */.PQ)(comment);
    switch (decision.kind) {
        case 'keep':
            return { kind: decision.why, url: decision.url };
        case 'create':
            return { kind: 'created', url: (await (0,issue_comments/* createComment */.eT)(client, { number: comment.number, body })).url };
        case 'update': {
            const updated = await (0,issue_comments/* updateComment */.vv)(client, { id: decision.comment.id, body });
            for (const duplicate of decision.duplicates)
                await (0,issue_comments/* deleteComment */.Tu)(client, duplicate.id);
            return { kind: 'updated', url: updated.url };
        }
    }
}

// EXTERNAL MODULE: ./js/actions/plan/render-views.js
var render_views = __webpack_require__(8477);
;// CONCATENATED MODULE: ./js/actions/plan/keep-comments.js




/** Keeps one comment per environment; returns what the run should say about it. */
async function keepComments(request) {
    const { inputs, context, pullRequest, redaction } = request;
    const notices = [];
    const client = (0,github_client/* createGitHubClient */.L)({
        token: inputs.githubToken,
        apiUrl: context.apiUrl,
        owner: context.owner,
        repo: context.repo,
        onWait: (message) => notices.push(message),
    });
    for (const view of request.views) {
        // Lint without an environment has no comment of its own: its findings are annotations.
        if (view.environment === null)
            continue;
        const outcome = await keepComment(client, {
            marker: { kind: 'plan', environment: view.environment },
            author: inputs.commentAuthor,
            head: pullRequest.headSha,
            number: pullRequest.number,
            content: (0,marked_text/* fingerprint */.Rj)([view.kind === 'planned' ? view.plan : view, request.diagnostics]),
            visible: redaction.redact((0,render_views/* commentText */.b)(view, request)),
            onlyUpdate: isSilent(view) && request.diagnostics.length === 0,
        });
        if (outcome.kind === 'forbidden') {
            return [
                ...notices,
                'This token may not comment (a fork or Dependabot): the plan is in the summary of the run.',
            ];
        }
        if (outcome.kind === 'stale') {
            notices.push(`${view.environment}: the pull request moved on; its comment was left to the newer run.`);
        }
    }
    return notices;
}
/** A plan with nothing in it is no reason to write to everybody on the pull request. */
function isSilent(view) {
    return view.kind === 'planned' && view.plan.changes.length === 0 && view.plan.blockers.length === 0;
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
