export const id = 794;
export const ids = [794];
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

/***/ 9794:
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
// EXTERNAL MODULE: ./js/actions/_shared/report/plan-entries.js + 1 modules
var plan_entries = __webpack_require__(4888);
;// CONCATENATED MODULE: ./js/actions/plan/decide-outcome.js

/** How a run of the plan action ends, from what was seen: the worst of its environments decides. */
function decideOutcome(views, { diagnostics, annotate }) {
    const planned = views.filter((view) => view.kind === 'planned');
    const [only] = planned;
    const name = views.length === 1 ? (views[0]?.environment ?? null) : null;
    const single = planned.length === 1 && views.length === 1 && only !== undefined ? only.plan : null;
    return {
        reason: reasonOf(views, diagnostics),
        message: views.map(sentence).join('\n'),
        diagnostics: [...(annotate ? diagnostics : []), ...planned.flatMap(({ plan }) => findings(plan))],
        outputs: {
            plans: JSON.stringify(Object.fromEntries(planned.map(({ environment, plan }) => [environment, { digest: plan.digest, counts: plan.counts }]))),
            digest: single?.digest ?? '',
        },
        ...(name === null ? {} : { environment: name }),
        ...(single === null ? {} : { digest: single.digest, counts: { ...single.counts } }),
    };
}
function findings(plan) {
    return [...plan.blockers, ...plan.notices.filter(({ severity }) => severity !== 'notice')];
}
function reasonOf(views, diagnostics) {
    const plans = views.flatMap((view) => (view.kind === 'planned' ? [view.plan] : []));
    if (diagnostics.some((item) => item.severity === 'error'))
        return 'lint_failed';
    if (views.some((view) => view.kind === 'unknown'))
        return 'configuration_error';
    if (plans.some((plan) => plan.blockers.length > 0))
        return 'plan_blocked';
    if (plans.some((plan) => plan.changes.length > 0))
        return 'plan_changes';
    return plans.length > 0 ? 'plan_empty' : 'lint_passed';
}
function sentence(view) {
    if (view.kind !== 'planned')
        return view.environment === null ? view.reason : `${view.environment}: ${view.reason}`;
    const { length } = view.plan.blockers;
    const blocked = length === 0 ? '' : `; ${length} ${length === 1 ? 'reason' : 'reasons'} why it cannot be applied`;
    return `${view.environment}: ${(0,plan_entries/* countsInWords */.Pe)(view.plan.counts)}${blocked}`;
}

// EXTERNAL MODULE: ../../node_modules/zod/v4/classic/schemas.js + 6 modules
var schemas = __webpack_require__(1532);
;// CONCATENATED MODULE: ./js/actions/plan/inputs.js


const NAME = /^[a-z][a-z0-9_-]{0,62}$/;
/** The inputs of action.yml; a contract test holds the two together. */
const PlanInputs = schemas/* strictObject */.rej({
    environments: schemas/* string */.YjP()
        .default('')
        .transform((text) => text.split(/[\s,]+/).filter((name) => name !== ''))
        .refine((names) => names.every((name) => NAME.test(name)), 'must be names of runbooks/environments.yaml'),
    prune: (0,io_inputs/* booleanInput */.tE)(false),
    annotate: (0,io_inputs/* booleanInput */.tE)(true),
    comment: (0,io_inputs/* booleanInput */.tE)(true),
    commentAuthor: schemas/* string */.YjP().default('github-actions[bot]'),
    root: schemas/* string */.YjP().default('.'),
    githubToken: io_inputs/* tokenInput */.e1,
});

// EXTERNAL MODULE: ./js/actions/_shared/io/errors.js
var errors = __webpack_require__(6283);
// EXTERNAL MODULE: ./js/actions/_shared/target/with-database.js
var with_database = __webpack_require__(49);
;// CONCATENATED MODULE: ./js/actions/plan/without-values.js
/**
 * A plan as the job of a pull request may judge it. That job holds no value of any secret, on purpose: that a variable is
 * not set there says nothing about the job that applies, so it neither stops an apply nor is it news.
 */
function withoutValues(plan) {
    const missing = plan.blockers.filter(({ code }) => code === 'secret-missing');
    return {
        ...plan,
        blockers: plan.blockers.filter(({ code }) => code !== 'secret-missing'),
        notices: [
            ...plan.notices.filter(({ code }) => code !== 'secret-variable-unset'),
            ...missing.map((item) => ({
                ...item,
                severity: 'notice',
                message: `${item.message} here; the job that applies must bring it`,
            })),
        ],
    };
}

;// CONCATENATED MODULE: ./js/actions/plan/plan-environment.js



/** Plans one environment if that is allowed and possible; says why when it is not. */
async function planEnvironment(request) {
    const { name, declarations, environment } = request;
    const linted = (reason) => ({ kind: 'linted', environment: name, reason });
    if (declarations.broken)
        return linted('There is no plan while files have errors.');
    if (request.fromFork)
        return linted('From a fork: the files were checked, without any secret.');
    if (name === null)
        return linted('The files were checked.');
    const desired = declarations.resolve(name);
    if ((0,with_database/* connectionOf */.a)(desired.environment, environment) === null) {
        return linted(`The files were checked; there is no plan because ${desired.environment.connectionEnv} is not set.`);
    }
    try {
        return { kind: 'planned', environment: name, plan: await computed(desired, request), jobs: desired.jobs };
    }
    catch (error) {
        if (!(error instanceof errors/* ConfigurationError */.j))
            throw error;
        return { kind: 'unknown', environment: name, reason: error.message };
    }
}
async function computed(desired, { prune, environment }) {
    const { computePlan } = await Promise.all(/* import() */[__webpack_require__.e(929), __webpack_require__.e(51)]).then(__webpack_require__.bind(__webpack_require__, 3051));
    const plan = await (0,with_database/* withDatabase */.k)({ declaration: desired.environment, environment }, (sql) => computePlan({ sql, desired, env: environment, prune }));
    return withoutValues(plan);
}

;// CONCATENATED MODULE: ./js/actions/plan/main.js







/** The `plan` action: shows on a pull request what a merge would change. */
async function run() {
    await (0,run_action/* runAction */.C)('plan', planEnvironments);
}
async function planEnvironments({ environment, redaction, now }) {
    const inputs = (0,io_inputs/* readInputs */.Ko)(PlanInputs, environment);
    redaction.add(inputs.githubToken);
    const context = (0,run_context/* readRunContext */.$)(environment);
    const { pullRequest } = context;
    const declarations = await (0,read_declarations/* readDeclarations */.m)({
        workspace: context.workspace,
        root: inputs.root,
        environment,
        redaction,
    });
    const views = [];
    for (const name of inputs.environments.length === 0 ? [null] : inputs.environments) {
        const fromFork = pullRequest?.fromFork === true;
        views.push(await planEnvironment({ name, declarations, fromFork, prune: inputs.prune, environment }));
    }
    const outcome = decideOutcome(views, { diagnostics: declarations.diagnostics, annotate: inputs.annotate });
    const about = { context, root: inputs.root, diagnostics: declarations.diagnostics, now: now() };
    const notices = pullRequest !== null && inputs.comment
        ? await (await Promise.all(/* import() */[__webpack_require__.e(800), __webpack_require__.e(860), __webpack_require__.e(120), __webpack_require__.e(325), __webpack_require__.e(952)]).then(__webpack_require__.bind(__webpack_require__, 952))).keepComments({
            ...about,
            views,
            inputs,
            pullRequest,
            redaction,
        })
        : [];
    const { logText, summaryText } = await Promise.all(/* import() */[__webpack_require__.e(800), __webpack_require__.e(120), __webpack_require__.e(477)]).then(__webpack_require__.bind(__webpack_require__, 8477));
    return {
        ...outcome,
        root: inputs.root,
        notices,
        log: logText(views, about),
        summary: summaryText(views, about),
    };
}


/***/ })

};
