export const id = 123;
export const ids = [123];
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

/***/ 6530:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  keepDriftIssue: () => (/* binding */ keepDriftIssue)
});

// EXTERNAL MODULE: ./js/actions/_shared/github/client.js
var github_client = __webpack_require__(8922);
// EXTERNAL MODULE: ./js/actions/_shared/io/errors.js
var errors = __webpack_require__(6283);
// EXTERNAL MODULE: ./js/actions/_shared/github/marked-text.js
var marked_text = __webpack_require__(3353);
;// CONCATENATED MODULE: ./js/actions/_shared/github/issue-block.js

/** Ends the machine's part of an issue body; what stands before and after it belongs to people. */
function endLine({ kind, environment }) {
    return `<!-- /opsroom:${kind} env=${environment} -->`;
}
/** A marked text as a closed block. */
function closeBlock(marker, marked) {
    return `${marked}\n${endLine(marker)}`;
}
/** The state of the machine's block in a body; null when there is none. */
function readBlock(body, marker) {
    const found = locate(body, marker);
    return found === null ? null : (0,marked_text/* readMarked */.HZ)(found.block, marker);
}
/** Replaces the machine's block and leaves everything else as people wrote it; puts it on top when it is gone. */
function replaceBlock(body, replacement) {
    const found = locate(body, replacement.marker);
    if (found === null)
        return body.trim() === '' ? replacement.block : `${replacement.block}\n\n${body}`;
    return `${found.before}${replacement.block}${found.after}`;
}
function locate(body, marker) {
    const text = body.replaceAll('\r\n', '\n');
    const start = text.indexOf((0,marked_text/* markerLine */.B_)(marker));
    const end = text.indexOf(endLine(marker), start);
    if (start < 0 || end < 0)
        return null;
    return {
        before: text.slice(0, start),
        block: text.slice(start, end).trimEnd(),
        after: text.slice(end + endLine(marker).length),
    };
}

;// CONCATENATED MODULE: ./js/actions/_shared/github/decide-issue.js

/**
 * Decides what happens to the one issue of a marker. The oldest is the issue; younger open ones with the same marker
 * came from a race or a stale list.
 */
function decideIssue(existing, desired) {
    const ours = existing
        .filter((issue) => !issue.isPullRequest && issue.author === desired.author)
        .map((issue) => ({ issue, state: readBlock(issue.body, desired.marker) }))
        .filter(({ state }) => state !== null)
        .sort((a, b) => a.issue.number - b.issue.number);
    const [first, ...rest] = ours;
    const duplicates = rest.map(({ issue }) => issue).filter((issue) => issue.state === 'open');
    if (first === undefined) {
        return {
            decision: desired.content === null ? { kind: 'none', issue: null } : { kind: 'create' },
            duplicates,
        };
    }
    const { issue, state } = first;
    if (desired.content === null) {
        return { decision: { kind: issue.state === 'open' ? 'close' : 'none', issue }, duplicates };
    }
    if (issue.state === 'closed')
        return { decision: { kind: 'reopen', issue }, duplicates };
    const same = state?.intact === true && state.content === desired.content;
    return { decision: { kind: same ? 'none' : 'update', issue }, duplicates };
}

// EXTERNAL MODULE: ./js/actions/_shared/github/issue-comments.js
var issue_comments = __webpack_require__(1561);
// EXTERNAL MODULE: ../../node_modules/zod/v4/classic/schemas.js + 6 modules
var schemas = __webpack_require__(1532);
;// CONCATENATED MODULE: ./js/actions/_shared/github/issues.js

/** An issue, as far as we look at it. */
const Issue = schemas/* object */.Ikc({
    number: schemas/* number */.aig(),
    state: schemas/* enum */.k5n(['open', 'closed']),
    title: schemas/* string */.YjP(),
    body: schemas/* string */.YjP().nullish(),
    html_url: schemas/* string */.YjP(),
    user: schemas/* object */.Ikc({ login: schemas/* string */.YjP() }).nullable(),
    pull_request: schemas/* unknown */.L5J().optional(),
})
    .transform((issue) => ({
    number: issue.number,
    state: issue.state,
    title: issue.title,
    body: issue.body ?? '',
    url: issue.html_url,
    author: issue.user?.login ?? null,
    isPullRequest: issue.pull_request !== undefined,
}));
/** All issues with a label, open and closed, oldest first, over all pages. Pull requests are issues and come along. */
async function listIssuesWithLabel({ octokit, owner, repo }, label) {
    const answers = await octokit.paginate(octokit.rest.issues.listForRepo, {
        owner,
        repo,
        labels: label,
        state: 'all',
        sort: 'created',
        direction: 'asc',
        per_page: 100,
    });
    return schemas/* array */.YOg(Issue).parse(answers);
}
/** Opens an issue; missing labels are made by GitHub. Not idempotent: after a 5xx, look before doing it again. */
async function createIssue({ octokit, owner, repo }, issue) {
    const { title, body, labels } = issue;
    const answer = (await octokit.rest.issues.create({ owner, repo, title, body, labels: [...labels] })).data;
    return Issue.parse(answer);
}
/** Changes an issue. */
async function updateIssue({ octokit, owner, repo }, update) {
    const { number, body, state, reason } = update;
    const answer = (await octokit.rest.issues.update({
        owner,
        repo,
        issue_number: number,
        ...(body === undefined ? {} : { body }),
        ...(state === undefined ? {} : { state }),
        ...(reason === undefined ? {} : { state_reason: reason }),
    })).data;
    return Issue.parse(answer);
}

// EXTERNAL MODULE: ./js/actions/_shared/github/request-failure.js
var request_failure = __webpack_require__(4995);
;// CONCATENATED MODULE: ./js/actions/_shared/github/kept-issue.js







/**
 * Keeps one issue true: found by marker, label and author, never by title or search.
 *
 * @throws ConfigurationError when the token may not write issues
 */
async function keepIssue(client, issue) {
    try {
        return await keep(client, issue);
    }
    catch (error) {
        if ((0,request_failure/* isForbidden */.US)(error)) {
            throw new errors/* ConfigurationError */.j('The token may not write issues.', {
                hint: 'Grant the job `issues: write`, and turn issues on in the settings of the repository.',
                cause: error,
            });
        }
        if (!(0,request_failure/* mayHaveHappened */.dk)(error))
            throw error;
        // The answer to our write was lost: what is there now decides, so that there is never a second issue.
        return keep(client, issue);
    }
}
async function keep(client, desired) {
    const { decision, duplicates } = decideIssue(await listIssuesWithLabel(client, desired.label), desired);
    for (const { number } of duplicates)
        await updateIssue(client, { number, state: 'closed', reason: 'not_planned' });
    switch (decision.kind) {
        case 'none':
            return outcomeOf('unchanged', decision.issue);
        case 'create': {
            const { title, label } = desired;
            return outcomeOf('created', await createIssue(client, { title, body: bodyOf(desired, ''), labels: [label] }));
        }
        case 'update':
            return outcomeOf('updated', await writeBody(client, decision.issue, desired));
        case 'reopen': {
            const { number, body } = decision.issue;
            const reopened = await updateIssue(client, {
                number,
                body: bodyOf(desired, body),
                state: 'open',
                reason: 'reopened',
            });
            await (0,issue_comments/* createComment */.eT)(client, { number, body: desired.reopening });
            return outcomeOf('reopened', reopened);
        }
        case 'close': {
            const { number } = decision.issue;
            // Closed first: a run that dies between the two leaves a true state without its comment.
            const closed = await updateIssue(client, { number, state: 'closed', reason: 'completed' });
            await (0,issue_comments/* createComment */.eT)(client, { number, body: desired.closing });
            return outcomeOf('closed', closed);
        }
    }
}
async function writeBody(client, issue, desired) {
    return updateIssue(client, { number: issue.number, body: bodyOf(desired, issue.body) });
}
function bodyOf(desired, current) {
    const { marker, content, visible } = desired;
    const block = closeBlock(marker, (0,marked_text/* markText */.PQ)({ marker, head: '', content: content ?? '', visible }));
    return replaceBlock(current, { marker, block });
}
function outcomeOf(kind, issue) {
    return { kind, number: issue?.number ?? null, url: issue?.url ?? null };
}

// EXTERNAL MODULE: ./js/actions/_shared/report/bounded-markdown.js
var bounded_markdown = __webpack_require__(2787);
// EXTERNAL MODULE: ./js/actions/_shared/report/plan-markdown.js
var plan_markdown = __webpack_require__(3939);
;// CONCATENATED MODULE: ./js/actions/_shared/report/drift-issue.js


/** Room the machine leaves for what people write above and below its block. */
const PEOPLE_ROOM = 8_000;
/** The drift of one environment as the machine's block of an issue. */
function renderDriftBlock(drift, options) {
    const { runUrl, ...rest } = options;
    return [
        'Somebody or something changed these objects by hand since our last apply. Either write the change into `runbooks/`',
        'on a pull request, or run the **reconcile** workflow to put back what the files say. This issue closes by itself when',
        'nothing differs any more, and comes back as the same issue when it returns.',
        '',
        (0,plan_markdown.renderPlanMarkdown)(onlyChanges(drift), {
            ...rest,
            title: 'Drift in',
            limit: bounded_markdown/* COMMENT_LIMIT */.W$ - PEOPLE_ROOM,
            footer: runUrl === undefined ? 'Found by the drift workflow' : `Found by [this run](${runUrl})`,
        }),
    ].join('\n');
}
/** Drift is about what somebody changed; everything else a plan tells belongs to plans. */
function onlyChanges(drift) {
    return { ...drift, notices: [], blockers: [], missing: [], unmanaged: [], orphaned: [] };
}
/** The title of the issue: for people; it is never how the issue is found. */
function driftIssueTitle(environment) {
    return `Drift: ${environment} is not what runbooks/ says`;
}

// EXTERNAL MODULE: ./js/actions/_shared/report/schedule-reader.js + 2 modules
var schedule_reader = __webpack_require__(516);
;// CONCATENATED MODULE: ./js/actions/drift/keep-drift-issue.js





/** Opens, updates, closes or reopens the drift issue of an environment. */
async function keepDriftIssue(request) {
    const { drift, inputs, context, redaction } = request;
    const notices = [];
    const client = (0,github_client/* createGitHubClient */.L)({
        token: inputs.githubToken,
        apiUrl: context.apiUrl,
        owner: context.owner,
        repo: context.repo,
        onWait: (message) => notices.push(message),
    });
    const visible = redaction.redact(renderDriftBlock(drift, {
        schedule: (0,schedule_reader.scheduleReader)(request.desired.jobs, request.now),
        runUrl: context.runUrl,
    }));
    const outcome = await keepIssue(client, {
        marker: { kind: 'drift', environment: drift.environment },
        author: inputs.issueAuthor,
        label: inputs.label,
        title: driftIssueTitle(drift.environment),
        content: drift.changes.length === 0 ? null : (0,marked_text/* fingerprint */.Rj)(drift.changes),
        visible,
        closing: `Nothing differs any more ([run](${context.runUrl})).`,
        reopening: `It is back ([run](${context.runUrl})); the description says what differs now.`,
    });
    return { ...outcome, notices, visible };
}


/***/ })

};
