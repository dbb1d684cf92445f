export const id = 51;
export const ids = [51];
export const modules = {

/***/ 9405:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  G: () => (/* binding */ buildPlan)
});

// UNUSED EXPORTS: orderChanges

// EXTERNAL MODULE: ./js/actions/_shared/reconcile/capabilities.js
var capabilities = __webpack_require__(8058);
// EXTERNAL MODULE: ./js/actions/_shared/reconcile/deletion-guard.js
var deletion_guard = __webpack_require__(4342);
// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(7598);
;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/plan-digest.js

/**
 * sha256 over every change with the digests of both its sides, and where it would be applied. Two plans with the same
 * digest do the same to the same things; fields and secret values need not be repeated in it.
 */
function planDigest(plan) {
    const hash = (0,external_node_crypto_.createHash)('sha256');
    hash.update(['opsroom plan 1', plan.environment, plan.target.database, plan.target.user].join('\u001f'));
    let lines = '';
    for (const { change, desired, live } of plan.changes) {
        lines += `\n${change.kind}\u001f${change.action}\u001f${change.name}\u001f${desired ?? ''}\u001f${live ?? ''}`;
    }
    return hash.update(lines).digest('hex');
}

;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/build-plan.js



/** What has to happen, from what is declared and what is live. Pure. */
function buildPlan(live, options) {
    const { desired, env } = options;
    const kinds = new Map();
    for (const kind of live.kinds) {
        kinds.set(kind.kind, kind.plan({
            desired,
            env,
            capabilities: live.capabilities,
            ledger: live.ledger.get(kind.kind) ?? new Map(),
            prune: options.prune || isPruned(kind.kind, desired.environment.prune),
        }));
    }
    const parts = [...kinds.values()];
    const ordered = orderChanges(parts.map((part) => part.changes));
    const changes = ordered.map(({ change }) => withJobRisks(change, options.jobRisks));
    const blockers = [
        ...parts.flatMap((part) => part.blockers),
        ...(0,deletion_guard/* deletionGuard */.g)({
            changes,
            ledger: live.ledger,
            environment: desired.environment,
            allowDeletes: options.allowDeletes,
        }),
    ];
    const target = (0,capabilities/* targetOf */.$r)(live.facts);
    const plan = {
        schema_version: 1,
        environment: desired.environment.name,
        lane: desired.environment.lane,
        digest: planDigest({ environment: desired.environment.name, target, changes: ordered }),
        counts: countsOf(changes, parts),
        changes,
        unmanaged: parts.flatMap((part) => part.unmanaged),
        orphaned: parts.flatMap((part) => part.orphaned),
        missing: [...parts.flatMap((part) => part.missing), ...(0,capabilities/* missingNet */.ge)(live.capabilities, desired.jobs)],
        blockers,
        notices: parts.flatMap((part) => part.notices),
        target,
    };
    return { plan, kinds };
}
/** A job is its definition and its row of cron.job: pruning one means pruning both. */
function isPruned(kind, pruned) {
    if (kind === 'job' || kind === 'cron')
        return pruned.includes('job') || pruned.includes('cron');
    return pruned.includes(kind);
}
/** Kinds in their order, deletions last and backwards: what uses a thing goes before the thing. */
function orderChanges(kinds) {
    const isDelete = ({ change }) => change.action === 'delete';
    return [
        ...kinds.flatMap((changes) => changes.filter((change) => !isDelete(change))),
        ...[...kinds].reverse().flatMap((changes) => changes.filter(isDelete)),
    ];
}
function withJobRisks(change, risks) {
    const more = change.kind === 'job' ? risks?.get(change.name) : undefined;
    return more === undefined ? change : { ...change, risks: [...change.risks, ...more] };
}
function countsOf(changes, parts) {
    const count = (action) => changes.filter((change) => change.action === action).length;
    return {
        create: count('create'),
        update: count('update'),
        delete: count('delete'),
        adopt: count('adopt'),
        unchanged: parts.reduce((sum, part) => sum + part.unchanged, 0),
        unmanaged: parts.reduce((sum, part) => sum + part.unmanaged.length, 0),
    };
}


/***/ }),

/***/ 4342:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   D: () => (/* binding */ DELETION_GUARD),
/* harmony export */   g: () => (/* binding */ deletionGuard)
/* harmony export */ });
/** Code of the blocker; an apply stopped by it alone ends as `deletion_guard`. */
const DELETION_GUARD = 'deletion-guard';
/**
 * Refuses a plan that deletes more than the environment's limits, or everything we manage of a kind (a file tree that
 * failed to load looks like that), unless somebody consented to that many.
 */
function deletionGuard(input) {
    const { changes, ledger, environment, allowDeletes = 0 } = input;
    const jobs = new Set();
    const secrets = new Set();
    for (const change of changes) {
        if (change.action === 'delete')
            (change.kind === 'secret' ? secrets : jobs).add(change.name);
    }
    const deletions = jobs.size + secrets.size;
    if (deletions === 0 || deletions <= allowDeletes)
        return [];
    const managedJobs = Math.max(ledger.get('job')?.size ?? 0, ledger.get('cron')?.size ?? 0);
    const reasons = [
        ...reasonsFor('job', jobs.size, managedJobs, environment),
        ...reasonsFor('secret', secrets.size, ledger.get('secret')?.size ?? 0, environment),
    ];
    if (reasons.length === 0)
        return [];
    return [
        {
            severity: 'error',
            code: DELETION_GUARD,
            message: `The plan ${reasons.join(', and ')}`,
            hint: `If that is meant: --allow-deletes ${deletions}`,
            location: environment.location,
        },
    ];
}
function reasonsFor(noun, deleted, managed, { limits }) {
    if (deleted === 0)
        return [];
    const objects = deleted === 1 ? `1 ${noun}` : `${deleted} ${noun}s`;
    if (deleted > limits.deleteCount)
        return [`deletes ${objects}; the limit is ${limits.deleteCount}`];
    if (deleted >= managed)
        return [`deletes every ${noun} we manage (${objects})`];
    const percent = (deleted / managed) * 100;
    // One object of a handful is always a large share of it.
    if (deleted > 1 && percent > limits.deletePercent) {
        return [
            `deletes ${objects} of ${managed}, ${Math.round(percent)} %; the limit is ${limits.deletePercent} %`,
        ];
    }
    return [];
}


/***/ }),

/***/ 7968:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   _: () => (/* binding */ fieldsDigest),
/* harmony export */   s: () => (/* binding */ sha256)
/* harmony export */ });
/* harmony import */ var node_crypto__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7598);

/** sha256 in hex. */
function sha256(text) {
    return (0,node_crypto__WEBPACK_IMPORTED_MODULE_0__.hash)('sha256', text);
}
/** Digest of some fields: separators can't be forged because the unit separator is no character of a field. */
function fieldsDigest(fields) {
    return sha256(fields.join('\u001f'));
}


/***/ }),

/***/ 3051:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   computePlan: () => (/* binding */ computePlan)
/* harmony export */ });
/* harmony import */ var _database_connection_errors_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(643);
/* harmony import */ var _database_transaction_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(8375);
/* harmony import */ var _build_plan_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(9405);
/* harmony import */ var _read_live_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(2415);




/**
 * What would have to happen to make a database what the files say. Changes nothing: one read-only transaction.
 *
 * @param options.env where the values of secrets come from, by the names the declarations give
 * @param options.prune also delete what is ours and no longer declared
 * @param options.allowDeletes consent to at most this many deletions
 * @throws ConfigurationError when the database can't be reached
 */
async function computePlan(options) {
    const { sql, desired, env } = options;
    try {
        const live = await (0,_database_transaction_js__WEBPACK_IMPORTED_MODULE_1__/* .readTransaction */ .$E)(sql, (tx) => (0,_read_live_js__WEBPACK_IMPORTED_MODULE_3__/* .readLive */ .p)(tx, desired, env));
        return (0,_build_plan_js__WEBPACK_IMPORTED_MODULE_2__/* .buildPlan */ .G)(live, options).plan;
    }
    catch (error) {
        throw (0,_database_connection_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .explainConnectionError */ .M0)(error, (0,_database_connection_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .connectionPlace */ .A1)(sql)) ?? error;
    }
}


/***/ }),

/***/ 2415:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  p: () => (/* binding */ readLive)
});

// EXTERNAL MODULE: ./js/actions/_shared/database/managed-objects.js
var managed_objects = __webpack_require__(8423);
// EXTERNAL MODULE: ./js/actions/_shared/database/read-target.js
var read_target = __webpack_require__(1161);
// EXTERNAL MODULE: ./js/actions/_shared/reconcile/capabilities.js
var reconcile_capabilities = __webpack_require__(8058);
// EXTERNAL MODULE: ./js/actions/_shared/database/cron-jobs.js
var cron_jobs = __webpack_require__(9672);
;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/cron-gaps.js

const SECONDS_SINCE = 105;
const LAST_DAY_SINCE = 106;
/** True when this pg_cron knows the schedule and our role may bring the job into its declared state. */
function isSchedulable(job, { cron, superuser, user }) {
    if (needsSeconds(job) && cron.version < SECONDS_SINCE)
        return false;
    if (needsLastDay(job) && cron.version < LAST_DAY_SINCE)
        return false;
    if (!job.cron.active && !cron.canAlter)
        return false;
    return job.cron.username === undefined || job.cron.username === user || superuser;
}
/** What will not work at this target for want of pg_cron, a newer one, or privileges on it. */
function cronGaps(capabilities, jobs) {
    if (jobs.length === 0)
        return [];
    const { cron } = capabilities;
    switch (cron.state) {
        case 'absent':
            return [
                {
                    name: 'pg_cron',
                    consequence: `${(0,reconcile_capabilities/* someNames */.Xq)(jobs)} will not run on schedule; definitions are stored, and fire by hand works`,
                    remedy: `create extension pg_cron in database ${capabilities.database} (Supabase: Database, Extensions; elsewhere shared_preload_libraries and cron.database_name first)`,
                },
            ];
        case 'closed':
            return [
                {
                    name: 'privileges on pg_cron',
                    consequence: `${(0,reconcile_capabilities/* someNames */.Xq)(jobs)} will not be scheduled: role ${capabilities.user} may not use schema cron`,
                    remedy: `As its owner: grant usage on schema cron to ${capabilities.user}; grant select on cron.job to ${capabilities.user}; grant execute on all functions in schema cron to ${capabilities.user}`,
                },
            ];
        case 'ready':
            return [...viewGap(capabilities), ...scheduleGaps(capabilities, jobs)];
    }
}
function viewGap({ cron, user }) {
    if (cron.seesAllJobs)
        return [];
    return [
        {
            name: 'a full view of cron.job',
            consequence: `Row security shows role ${user} its own jobs only: jobs of other roles are neither reported nor found under the same name`,
            remedy: `Connect as a role with BYPASSRLS (hosted: postgres), or alter role ${user} bypassrls`,
        },
    ];
}
function scheduleGaps(capabilities, jobs) {
    const { cron, superuser, user } = capabilities;
    const gaps = [];
    const add = (name, affected, consequence, remedy) => {
        if (affected.length > 0)
            gaps.push({ name, consequence: consequence((0,reconcile_capabilities/* someNames */.Xq)(affected)), remedy });
    };
    if (cron.version < SECONDS_SINCE) {
        add('pg_cron 1.5', jobs.filter(needsSeconds), (names) => `${names} will not be scheduled: intervals of seconds came with pg_cron 1.5`, 'Upgrade pg_cron, or write a schedule of five fields');
    }
    if (cron.version < LAST_DAY_SINCE) {
        add('pg_cron 1.6', jobs.filter(needsLastDay), (names) => `${names} will not be scheduled: $ for the last day of the month came with pg_cron 1.6`, 'Upgrade pg_cron, or write a day from 1 to 28');
    }
    if (!cron.canAlter) {
        add('cron.alter_job', jobs.filter((job) => !job.cron.active), (names) => `${names} will not be scheduled: putting a job to sleep needs cron.alter_job`, `As its owner: grant execute on all functions in schema cron to ${user}`);
    }
    if (!superuser) {
        add('jobs of other roles', jobs.filter((job) => job.cron.username !== undefined && job.cron.username !== user), (names) => `${names} will not be scheduled: only a superuser may schedule for another role`, 'Leave out the role, or connect as a superuser');
    }
    return gaps;
}
function needsSeconds(job) {
    return /^\s*\d+\s*second/i.test(job.cron.schedule);
}
function needsLastDay(job) {
    return job.cron.schedule.includes('$');
}

;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/cron-notices.js
/** Live jobs that need a person although no file changes them: orphans of dropped roles, and twins. */
function cronNotices(rows, { desired, capabilities }) {
    const declared = new Map(desired.jobs.map((job) => [job.name, job]));
    const notices = [];
    for (const row of rows) {
        const name = row.jobname ?? `number ${row.jobid}`;
        if (!row.owner_exists) {
            notices.push({
                severity: 'error',
                code: 'cron-owner-missing',
                message: `Job ${name} belongs to role ${row.username}, which no longer exists: pg_cron's scheduler will fail at its next start, and no job will run`,
                hint: `As a superuser: select cron.unschedule(${row.jobid}), or create role ${row.username} again`,
                location: declared.get(row.jobname ?? '')?.location ?? desired.environment.location,
            });
        }
        const twin = row.jobname === null ? undefined : declared.get(row.jobname);
        if (twin !== undefined && row.username !== (twin.cron.username ?? capabilities.user)) {
            notices.push({
                severity: 'warning',
                code: 'cron-twin',
                message: `Another job ${twin.name} runs as role ${row.username}: names are unique for each role only, so both run`,
                hint: `As ${row.username} or a superuser: select cron.unschedule(${row.jobid})`,
                location: twin.location,
            });
        }
    }
    return notices;
}

;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/cron-risks.js
/** What to weigh about a row of cron.job. Deleting is weighed with the job's definition, or here when it has none. */
function cronRisks(change) {
    const { before, after } = change;
    if (after === null) {
        return [{ severity: 'danger', code: 'deletes-job', message: 'The job stops running for good' }];
    }
    if (before === null)
        return [];
    const risks = [];
    if (before.active === false && after.active === true) {
        risks.push({ severity: 'warning', code: 'wakes-job', message: 'The job sleeps now and will run again' });
    }
    if (before.active === true && after.active === false) {
        risks.push({ severity: 'info', code: 'puts-job-to-sleep', message: 'The job runs now and will stop' });
    }
    if (before.command !== after.command) {
        risks.push({
            severity: 'warning',
            code: 'replaces-command',
            message: 'The command written by hand is replaced; what it did must be in the file now',
        });
    }
    if (before.database !== after.database || before.username !== after.username) {
        risks.push({
            severity: 'warning',
            code: 'moves-job',
            message: `Runs in database ${String(after.database)} as ${String(after.username)} instead of ${String(before.database)} as ${String(before.username)}`,
        });
    }
    return risks;
}

;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/diff.js
/**
 * Pair by name and compare. Three sides decide: what is declared, what is live, and what we applied last (the ledger).
 * An object that is live under a declared name without being ours is adopted, never silently overwritten; one that is
 * ours and no longer declared is deleted only when pruning; one that is neither is left alone.
 */
function diffObjects(input) {
    const { kind, desired, live, ledger } = input;
    const changes = [];
    const settled = [];
    const names = new Set();
    let unchanged = 0;
    for (const wanted of desired) {
        names.add(wanted.name);
        const found = live.get(wanted.name);
        const applied = ledger.get(wanted.name);
        if (found !== undefined && applied !== undefined && found.digest === wanted.digest) {
            unchanged += 1;
            if (applied !== wanted.digest)
                settled.push(wanted);
            continue;
        }
        const action = found === undefined ? 'create' : applied === undefined ? 'adopt' : 'update';
        const before = found?.fields() ?? null;
        const after = wanted.fields();
        changes.push({
            change: {
                kind,
                name: wanted.name,
                action,
                cause: causeOf({ desired: wanted.digest, live: found?.digest, applied }),
                before,
                after,
                risks: input.risks({ name: wanted.name, before, after }),
                location: wanted.location,
            },
            desired: wanted.digest,
            live: found?.digest ?? null,
        });
    }
    return {
        changes: [...changes, ...deletions(input, names)],
        unchanged,
        ...undeclared(input, names),
        settled,
    };
}
/** Who moved: the file since our last apply, the live object, or both. */
function causeOf(side) {
    if (side.applied === undefined || side.live === side.applied)
        return 'declaration';
    return side.desired === side.applied ? 'drift' : 'both';
}
function deletions(input, declared) {
    if (!input.prune)
        return [];
    const found = [];
    for (const object of input.live.values()) {
        const applied = input.ledger.get(object.name);
        if (declared.has(object.name) || applied === undefined)
            continue;
        const before = object.fields();
        found.push({
            change: {
                kind: input.kind,
                name: object.name,
                action: 'delete',
                cause: object.digest === applied ? 'declaration' : 'both',
                before,
                after: null,
                risks: input.risks({ name: object.name, before, after: null }),
            },
            desired: null,
            live: object.digest,
        });
    }
    return found;
}
function undeclared(input, declared) {
    const unmanaged = [];
    const orphaned = [];
    for (const object of input.live.values()) {
        if (declared.has(object.name))
            continue;
        const ours = input.ledger.has(object.name);
        if (ours && input.prune)
            continue;
        (ours ? orphaned : unmanaged).push({ kind: input.kind, name: object.name, detail: object.fields() });
    }
    const gone = [...input.ledger.keys()].filter((name) => !declared.has(name) && !input.live.has(name));
    return { unmanaged, orphaned, gone };
}

// EXTERNAL MODULE: ./js/actions/_shared/reconcile/redact.js
var redact = __webpack_require__(9769);
;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/resources/resource.js
/** Changes that have to be finished before anything else may be sent. */
function oneAfterTheOther(work) {
    return { notes: work, done: work.then(() => undefined) };
}
/** A kind plan with nothing in it, to be spread. */
const EMPTY_PLAN = {
    changes: [],
    unchanged: 0,
    unmanaged: [],
    orphaned: [],
    blockers: [],
    notices: [],
    missing: [],
    forget: [],
    note: [],
};

;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/resources/cron.js







/** Rows of `cron.job`. */
const cronResource = {
    kind: 'cron',
    async read(tx, { capabilities }) {
        return capabilities.cron.state === 'ready' ? (0,cron_jobs/* readCronJobs */.T1)(tx) : [];
    },
    plan(rows, context) {
        const { desired, capabilities, ledger, prune } = context;
        const missing = cronGaps(capabilities, desired.jobs);
        const notices = cronNotices(rows, context);
        if (capabilities.cron.state !== 'ready')
            return { ...EMPTY_PLAN, missing, notices };
        const { ours, others } = sortRows(rows, context);
        const jobs = desired.jobs.filter((job) => isSchedulable(job, capabilities));
        const skipped = new Set(desired.jobs.filter((job) => !isSchedulable(job, capabilities)).map((job) => job.name));
        const difference = diffObjects({
            kind: 'cron',
            desired: jobs.map((job) => desiredObject(job, capabilities)),
            live: without(skipped, new Map([...ours].map(([name, row]) => [name, liveObject(name, row)]))),
            ledger: without(skipped, ledger),
            prune,
            risks: cronRisks,
        });
        const { settled, gone, ...plan } = difference;
        const wanted = new Map(jobs.map((job) => [job.name, job]));
        return {
            ...EMPTY_PLAN,
            ...plan,
            unmanaged: [...plan.unmanaged, ...others.map(unmanagedRow)],
            missing,
            notices,
            forget: gone,
            note: settled.flatMap((object) => {
                const job = wanted.get(object.name);
                return job === undefined ? [] : [noteOf(job, capabilities)];
            }),
        };
    },
    apply(tx, rows, { desired, changes, capabilities }) {
        const byName = new Map(desired.jobs.map((job) => [job.name, job]));
        const live = new Map(rows.filter((row) => row.jobname !== null).map((row) => [rowKey(row), row]));
        const plain = [];
        const placed = [];
        const altered = [];
        const notes = [];
        for (const { change } of changes) {
            const job = byName.get(change.name);
            if (job === undefined)
                continue;
            const fields = desiredFields(job, capabilities);
            const row = change.action === 'create'
                ? undefined
                : (live.get(key(job.name, fields.username)) ?? rows.find((other) => other.jobname === job.name));
            if (row !== undefined)
                altered.push(...alteration(row, fields));
            else if (isPlain(fields, capabilities))
                plain.push(job);
            else
                placed.push(placedJob(job.name, fields, capabilities));
            notes.push(noteOf(job, capabilities));
        }
        return { notes: Promise.resolve(notes), done: write(tx, plain, placed, altered) };
    },
    async prune(tx, rows, names) {
        const wanted = new Set(names);
        const ids = rows.filter((row) => row.jobname !== null && wanted.has(row.jobname)).map((row) => row.jobid);
        if (ids.length > 0)
            await (0,cron_jobs/* unscheduleJobs */.Ff)(tx, ids);
    },
};
async function write(tx, plain, placed, altered) {
    if (plain.length > 0) {
        await (0,cron_jobs/* scheduleJobs */.cx)(tx, plain.map(({ name, cron }) => ({ name, schedule: cron.schedule, command: cron.command })));
    }
    if (placed.length > 0)
        await (0,cron_jobs/* schedulePlacedJobs */.H$)(tx, placed);
    if (altered.length > 0)
        await (0,cron_jobs/* alterJobs */.HS)(tx, altered);
}
function key(name, username) {
    return `${username}\u001f${name}`;
}
function rowKey(row) {
    return key(row.jobname ?? '', row.username);
}
/**
 * Names are unique per user, not per database: our job is the one under the role it should have. Where that is missing
 * and the ledger knows the name, a superuser takes back the row that was given to another role.
 */
function sortRows(rows, { desired, capabilities, ledger }) {
    const usernames = new Map(desired.jobs.map((job) => [job.name, job.cron.username]));
    const ours = new Map();
    for (const row of rows) {
        if (row.jobname === null)
            continue;
        const username = usernames.get(row.jobname) ?? capabilities.user;
        if (row.username === username)
            ours.set(row.jobname, row);
    }
    const others = [];
    for (const row of rows) {
        const name = row.jobname;
        if (name !== null && ours.get(name) === row)
            continue;
        if (name !== null && capabilities.superuser && ledger.has(name) && !ours.has(name))
            ours.set(name, row);
        else
            others.push(row);
    }
    return { ours, others };
}
/** A declared job that can't be scheduled here must not look like one that was undeclared. */
function without(skipped, objects) {
    if (skipped.size === 0)
        return objects;
    return new Map([...objects].filter(([name]) => !skipped.has(name)));
}
function desiredFields(job, capabilities) {
    return {
        schedule: job.cron.schedule,
        command: job.cron.command,
        active: job.cron.active,
        database: job.cron.database ?? capabilities.database,
        username: job.cron.username ?? capabilities.user,
    };
}
function desiredObject(job, capabilities) {
    const fields = desiredFields(job, capabilities);
    return { name: job.name, digest: digestOf(fields), fields: () => ({ ...fields }), location: job.location };
}
function liveObject(name, row) {
    return { name, digest: digestOf(row), fields: () => rowFields(row) };
}
/** The fields themselves, in a row: short, and ten thousand hashes would cost more than they save. */
function digestOf(fields) {
    return [fields.schedule, fields.command, fields.active, fields.database, fields.username].join('\u001f');
}
/** Fields of a live row, with anything that looks like a secret cut out of its command. */
function rowFields(row) {
    return {
        schedule: row.schedule,
        command: (0,redact/* redactSecrets */.f)(row.command),
        active: row.active,
        database: row.database,
        username: row.username,
    };
}
function unmanagedRow(row) {
    return { kind: 'cron', name: row.jobname ?? `(job ${row.jobid})`, detail: rowFields(row) };
}
function isPlain(fields, capabilities) {
    return fields.active && fields.database === capabilities.database && fields.username === capabilities.user;
}
function placedJob(name, fields, capabilities) {
    return { ...fields, name, username: fields.username === capabilities.user ? null : fields.username };
}
/** What differs; nothing when the row is right already (an adopted job that was written the same by hand). */
function alteration(row, fields) {
    if (digestOf(row) === digestOf(fields))
        return [];
    return [
        {
            jobid: row.jobid,
            schedule: row.schedule === fields.schedule ? null : fields.schedule,
            command: row.command === fields.command ? null : fields.command,
            database: row.database === fields.database ? null : fields.database,
            username: row.username === fields.username ? null : fields.username,
            active: row.active === fields.active ? null : fields.active,
        },
    ];
}
function noteOf(job, capabilities) {
    const fields = desiredFields(job, capabilities);
    return {
        name: job.name,
        digest: digestOf(fields),
        applied: JSON.stringify(fields),
        sourcePath: job.location.file,
    };
}

// EXTERNAL MODULE: ../../node_modules/zod/v4/classic/schemas.js + 6 modules
var schemas = __webpack_require__(1532);
// EXTERNAL MODULE: ./js/actions/_shared/database/text-array.js
var text_array = __webpack_require__(9092);
;// CONCATENATED MODULE: ./js/actions/_shared/database/job-definitions.js


const DigestRows = schemas/* array */.YOg(schemas/* object */.Ikc({ name: schemas/* string */.YjP(), digest: schemas/* string */.YjP() }));
/**
 * Digest of every stored definition, computed from what is really there (a row edited by hand keeps its old `digest`
 * column): sha256 of Postgres's own text of the jsonb, which `canonicalJson` writes the same way.
 */
async function readDefinitionDigests(sql) {
    const rows = await sql `
    select name, encode(sha256(convert_to(definition::text, 'UTF8')), 'hex') as digest from ops.job_definitions`;
    return DigestRows.parse([...rows]);
}
const DefinitionRows = schemas/* array */.YOg(schemas/* object */.Ikc({ name: schemas/* string */.YjP(), definition: schemas/* record */.g1P(schemas/* string */.YjP(), schemas/* unknown */.L5J()) }));
/** The definitions of some jobs, whole. */
async function readDefinitions(sql, names) {
    const rows = await sql `
    select name, definition from ops.job_definitions where name = any (${(0,text_array/* textArray */.TS)(names)}::text[])`;
    return DefinitionRows.parse([...rows]);
}
/** Insert or replace definitions: one statement for all. */
async function upsertDefinitions(sql, definitions) {
    await sql `
    insert into ops.job_definitions as stored (name, definition, digest)
    select name, definition::jsonb, digest
    from rows from (unnest(${(0,text_array/* textArray */.TS)(definitions.map((row) => row.name))}::text[]),
                    string_to_table(${(0,text_array/* jsonLines */.i7)(definitions.map((row) => row.json))}, ${text_array/* JSON_SEPARATOR */.Dw}),
                    unnest(${(0,text_array/* textArray */.TS)(definitions.map((row) => row.digest))}::text[])) as row (name, definition, digest)
    on conflict (name) do update
    set definition = excluded.definition, digest = excluded.digest, updated_at = now()`;
}
/** Delete definitions by name. */
async function deleteDefinitions(sql, names) {
    await sql `delete from ops.job_definitions where name = any (${(0,text_array/* textArray */.TS)(names)}::text[])`;
}

// EXTERNAL MODULE: ./js/actions/_shared/reconcile/canonical-json.js
var canonical_json = __webpack_require__(3459);
// EXTERNAL MODULE: ./js/actions/_shared/reconcile/digest.js
var digest = __webpack_require__(7968);
// EXTERNAL MODULE: ./js/actions/_shared/reconcile/job-fields.js
var job_fields = __webpack_require__(7579);
;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/job-risks.js

// pg_net answers a batch only when its slowest request is done, so a long timeout holds up other jobs.
const LONG_REQUEST_MS = 5_000;
const VERY_LONG_REQUEST_MS = 60_000;
// What Supabase recommends at most for one job (guide "Cron").
const LONG_SQL_MS = 600_000;
/** What to weigh about a job's definition: before (undefined: new or unreadable) and after (undefined: deleted). */
function jobRisks(before, after) {
    if (after === undefined) {
        return [{ severity: 'danger', code: 'deletes-job', message: 'The job stops running for good' }];
    }
    return [...paceRisks(before, after), ...timeoutRisks(before, after), ...ownerRisks(before, after)];
}
function paceRisks(before, after) {
    if (before === undefined)
        return [];
    const was = runsPerDay(before.schedule);
    const will = runsPerDay(after.schedule);
    if (will <= was * 1.01)
        return [];
    const factor = was === 0 ? '' : ` (${roundedFactor(will / was)} times as often)`;
    return [
        {
            severity: will >= was * 10 ? 'warning' : 'info',
            code: 'runs-more-often',
            message: `Runs more often than before: about ${Math.round(was)} to ${Math.round(will)} times a day${factor}`,
        },
    ];
}
function roundedFactor(factor) {
    return factor >= 10 ? String(Math.round(factor)) : factor.toFixed(1).replace(/\.0$/, '');
}
function timeoutRisks(before, after) {
    const { call } = after;
    if (call.kind === 'enqueue')
        return [];
    const known = before?.call.kind !== 'enqueue' && before?.call.timeout_ms === call.timeout_ms;
    if (known)
        return [];
    const long = call.kind === 'http' ? LONG_REQUEST_MS : LONG_SQL_MS;
    if (call.timeout_ms <= long)
        return [];
    const text = (0,job_fields/* durationText */.S)(call.timeout_ms);
    return [
        call.kind === 'http'
            ? {
                severity: call.timeout_ms > VERY_LONG_REQUEST_MS ? 'warning' : 'info',
                code: 'long-timeout',
                message: `Waits up to ${text} for an answer; a slow one holds up the requests sent with it. Work this long belongs into the job queue`,
            }
            : {
                severity: 'warning',
                code: 'long-timeout',
                message: `May run for ${text}; Supabase recommends ten minutes at most for one job`,
            },
    ];
}
function ownerRisks(before, after) {
    if (after.owner !== undefined)
        return [];
    const lost = before?.owner !== undefined;
    return [
        {
            severity: lost ? 'warning' : 'info',
            code: 'unowned',
            message: lost
                ? `Loses its owner ${before.owner}: nobody is told when it fails`
                : 'Has no owner: nobody is told when it fails',
        },
    ];
}
/** How often a schedule runs on an average day; an estimate for comparing, never for deciding what is due. */
function runsPerDay(schedule) {
    switch (schedule.kind) {
        case 'reboot':
            return 0;
        case 'interval':
            return 86_400 / (schedule.seconds ?? 60);
        case 'cron': {
            const { match } = schedule;
            if (match === undefined)
                return 0;
            const perDay = (bits(match.minutes_low) + bits(match.minutes_high)) * bits(match.hours);
            const days = match.last_day ? 1 / 30.4 : Math.min(1, bits(match.days) / 31);
            const weekdays = bits(match.weekdays) / 7;
            const share = match.either_day ? 1 - (1 - days) * (1 - weekdays) : days * weekdays;
            return perDay * share * (bits(match.months) / 12);
        }
    }
}
function bits(mask) {
    let rest = mask;
    let count = 0;
    // Masks of days go to bit 31, beyond what 32-bit operators keep positive.
    while (rest > 0) {
        count += rest % 2;
        rest = Math.floor(rest / 2);
    }
    return count;
}

;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/stored-definition.js




const Auth = schemas/* discriminatedUnion */.gMt('kind', [
    schemas/* object */.Ikc({ kind: schemas/* literal */.euz('run_token') }),
    schemas/* object */.Ikc({ kind: schemas/* literal */.euz('header'), header: schemas/* string */.YjP(), secret: schemas/* string */.YjP() }),
    schemas/* object */.Ikc({ kind: schemas/* literal */.euz('bearer'), secret: schemas/* string */.YjP() }),
    schemas/* object */.Ikc({ kind: schemas/* literal */.euz('apikey'), secret: schemas/* string */.YjP() }),
]);
const Call = schemas/* discriminatedUnion */.gMt('kind', [
    schemas/* object */.Ikc({
        kind: schemas/* literal */.euz('http'),
        function: schemas/* string */.YjP().exactOptional(),
        method: schemas/* enum */.k5n(['get', 'post', 'delete']),
        url: schemas/* string */.YjP().exactOptional(),
        url_secret: schemas/* string */.YjP().exactOptional(),
        path: schemas/* string */.YjP().exactOptional(),
        headers: schemas/* record */.g1P(schemas/* string */.YjP(), schemas/* string */.YjP()),
        body: schemas/* unknown */.L5J().optional(),
        auth: schemas/* array */.YOg(Auth),
        timeout_ms: schemas/* number */.aig(),
    }),
    schemas/* object */.Ikc({ kind: schemas/* literal */.euz('sql'), sql: schemas/* string */.YjP(), timeout_ms: schemas/* number */.aig() }),
    schemas/* object */.Ikc({
        kind: schemas/* literal */.euz('enqueue'),
        task_type: schemas/* string */.YjP(),
        payload: schemas/* unknown */.L5J(),
        max_attempts: schemas/* number */.aig(),
        await_report: schemas/* boolean */.zMY(),
    }),
]);
const Schedule = schemas/* object */.Ikc({
    source: schemas/* string */.YjP(),
    expression: schemas/* string */.YjP(),
    kind: schemas/* enum */.k5n(['cron', 'interval', 'reboot']),
    timezone: schemas/* string */.YjP(),
    seconds: schemas/* number */.aig().exactOptional(),
    match: schemas/* object */.Ikc({
        minutes_low: schemas/* number */.aig(),
        minutes_high: schemas/* number */.aig(),
        hours: schemas/* number */.aig(),
        days: schemas/* number */.aig(),
        months: schemas/* number */.aig(),
        weekdays: schemas/* number */.aig(),
        either_day: schemas/* boolean */.zMY(),
        last_day: schemas/* boolean */.zMY(),
        fixed_time: schemas/* boolean */.zMY(),
    })
        .exactOptional(),
});
/** A definition as the database holds it; somebody may have edited it, so it is parsed like any foreign value. */
const StoredDefinition = schemas/* object */.Ikc({
    schedule: Schedule,
    call: Call,
    owner: schemas/* string */.YjP().exactOptional(),
    description: schemas/* string */.YjP().exactOptional(),
    retry: schemas/* object */.Ikc({
        attempts: schemas/* number */.aig(),
        backoff_ms: schemas/* number */.aig(),
        on: schemas/* array */.YOg(schemas/* enum */.k5n(['4xx', '429', '5xx', 'timeout', 'network', 'lost', 'sql', 'report'])),
    })
        .exactOptional(),
    overlap: schemas/* enum */.k5n(['skip', 'queue_one', 'allow']).exactOptional(),
    misfire: schemas/* enum */.k5n(['skip', 'once', 'all']).exactOptional(),
    expect: schemas/* object */.Ikc({
        within_ms: schemas/* number */.aig().exactOptional(),
        max_duration_ms: schemas/* number */.aig().exactOptional(),
        min_success: schemas/* object */.Ikc({ ratio: schemas/* number */.aig(), window_ms: schemas/* number */.aig() }).exactOptional(),
        report: schemas/* boolean */.zMY().exactOptional(),
    })
        .exactOptional(),
    alert: schemas/* object */.Ikc({
        after: schemas/* number */.aig(),
        severity: schemas/* enum */.k5n(['info', 'warning', 'critical']),
        runbook: schemas/* string */.YjP().exactOptional(),
    })
        .exactOptional(),
});
/** The stored definition as ours, or `undefined` when it is none. */
function parseStoredDefinition(stored) {
    const parsed = StoredDefinition.safeParse(stored);
    return parsed.success ? parsed.data : undefined;
}
/** Fields of a stored definition; of one we can't read, its text. */
function storedFields(stored) {
    const definition = parseStoredDefinition(stored);
    const fields = definition === undefined ? { definition: (0,canonical_json/* canonicalJson */.d)(stored) } : (0,job_fields/* jobFields */.B)(definition);
    return Object.fromEntries(Object.entries(fields).map(([field, value]) => [
        field,
        typeof value === 'string' ? (0,redact/* redactSecrets */.f)(value) : value,
    ]));
}

;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/resources/job.js









/** `ops.job_definitions`: what each job does, read by `ops.fire`. */
const jobResource = {
    kind: 'job',
    async read(tx, { desired, capabilities }) {
        if (!capabilities.ops.definitions)
            return { digests: [], details: new Map() };
        const digests = await readDefinitionDigests(tx);
        const wanted = new Map(desired.jobs.map((job) => [job.name, definitionText(job.definition).digest]));
        const differing = digests.filter((row) => wanted.get(row.name) !== row.digest);
        const rows = differing.length === 0
            ? []
            : await readDefinitions(tx, differing.map((row) => row.name));
        return { digests, details: new Map(rows.map((row) => [row.name, row.definition])) };
    },
    plan(live, { desired, capabilities, ledger, prune }) {
        const willExist = capabilities.ops.definitions || desired.migrations.length > 0;
        if (!willExist && desired.jobs.length > 0)
            return { ...EMPTY_PLAN, blockers: [noSchema(desired.jobs)] };
        const byName = new Map(desired.jobs.map((job) => [job.name, job]));
        const difference = diffObjects({
            kind: 'job',
            desired: desired.jobs.map(job_desiredObject),
            live: new Map(live.digests.map((row) => [row.name, job_liveObject(row, live)])),
            ledger,
            prune,
            risks: ({ name }) => jobRisks(parseStoredDefinition(live.details.get(name)), byName.get(name)?.definition),
        });
        const { settled, gone, ...plan } = difference;
        return {
            ...EMPTY_PLAN,
            ...plan,
            forget: gone,
            note: settled.map((object) => job_noteOf(object.name, object.digest, object.location.file)),
        };
    },
    apply(tx, _live, { desired, changes }) {
        const byName = new Map(desired.jobs.map((job) => [job.name, job]));
        const jobs = changes.flatMap(({ change }) => byName.get(change.name) ?? []);
        const rows = jobs.map((job) => ({ name: job.name, ...definitionText(job.definition) }));
        const done = rows.length === 0 ? Promise.resolve() : upsertDefinitions(tx, rows);
        const notes = jobs.map((job) => job_noteOf(job.name, definitionText(job.definition).digest, job.location.file));
        return { notes: Promise.resolve(notes), done };
    },
    async prune(tx, _live, names) {
        await deleteDefinitions(tx, names);
    },
};
const texts = new WeakMap();
/** The stored text of a definition and its digest, worked out once for each definition object. */
function definitionText(definition) {
    const known = texts.get(definition);
    if (known !== undefined)
        return known;
    const json = (0,canonical_json/* canonicalJson */.d)(definition);
    const text = { json, digest: (0,digest/* sha256 */.s)(json) };
    texts.set(definition, text);
    return text;
}
function job_desiredObject(job) {
    return {
        name: job.name,
        digest: definitionText(job.definition).digest,
        fields: () => (0,job_fields/* jobFields */.B)(job.definition),
        location: job.location,
    };
}
function job_liveObject(row, live) {
    return { name: row.name, digest: row.digest, fields: () => storedFields(live.details.get(row.name)) };
}
// The definition itself is a row of ours; the ledger needs only its digest.
function job_noteOf(name, digest, sourcePath) {
    return { name, digest, applied: '{}', sourcePath };
}
function noSchema(jobs) {
    return {
        severity: 'error',
        code: 'schema-ops-missing',
        message: `The database has no schema ops and migrations/ is empty: nowhere to keep ${(0,reconcile_capabilities/* someNames */.Xq)(jobs)}`,
        hint: 'Restore the files of migrations/ from the repository',
        location: { file: 'migrations', line: 1, column: 1 },
    };
}

;// CONCATENATED MODULE: ./js/actions/_shared/database/migration-history.js


/** One applied migration of Supabase's history table. */
const AppliedMigration = schemas/* object */.Ikc({
    version: schemas/* string */.YjP(),
    name: schemas/* string */.YjP().nullable(),
    /** sha256 of the statements joined by the unit separator; null when none were recorded. */
    statements_digest: schemas/* string */.YjP().nullable(),
});
/** The history, oldest first, with a digest instead of the statements themselves. */
async function readMigrationHistory(sql) {
    const rows = await sql `
    select version, name,
           case when cardinality(statements) > 0
             then encode(sha256(convert_to(array_to_string(statements, chr(31)), 'UTF8')), 'hex') end as statements_digest
    from supabase_migrations.schema_migrations
    order by version`;
    return schemas/* array */.YOg(AppliedMigration).parse([...rows]);
}
/** Create the history table exactly as `supabase db push` does, so that either of us may come first. */
async function createMigrationHistory(sql) {
    await sql `create schema if not exists supabase_migrations`;
    await sql `
    create table if not exists supabase_migrations.schema_migrations (version text not null primary key)`;
    await sql `alter table supabase_migrations.schema_migrations add column if not exists statements text[]`;
    await sql `alter table supabase_migrations.schema_migrations add column if not exists name text`;
}
/**
 * Run the text of a migration file as one message, under the settings and the role the session started with:
 * `supabase db push` resets them before each file too, so that none depends on what another one set.
 */
async function runMigration(tx, text) {
    await Promise.all([tx `reset all`, tx `reset role`, tx.unsafe(text).simple()]);
}
/** Undo what the last migration set for the session. */
async function resetSession(tx) {
    await Promise.all([tx `reset all`, tx `reset role`]);
}
/** Record migrations: one statement for all. `statements` travel as JSON because unnest can't split rows of arrays. */
async function insertMigrationHistory(sql, migrations) {
    await sql `
    insert into supabase_migrations.schema_migrations (version, name, statements)
    select version, name,
           (select coalesce(array_agg(statement order by position), '{}')
            from json_array_elements_text(statements::json) with ordinality as list (statement, position))
    from unnest(${(0,text_array/* textArray */.TS)(migrations.map((row) => row.version))}::text[],
                ${(0,text_array/* textArray */.TS)(migrations.map((row) => row.name))}::text[],
                ${(0,text_array/* textArray */.TS)(migrations.map((row) => JSON.stringify(row.statements)))}::text[])
         as row (version, name, statements)`;
}

;// CONCATENATED MODULE: ./js/actions/_shared/database/split-statements.js
/**
 * Split the text of a migration into statements, the way `supabase db push` (CLI 3.1) records them in
 * `supabase_migrations.schema_migrations.statements`: comments and white space inside are kept, the closing semicolons
 * and the space around a statement are not, and what is empty then is left out. Where that tool deviates from SQL (the
 * first `)` closes every open parenthesis) we follow it: rows must be equal whoever wrote them.
 */
function splitStatements(sql) {
    const statements = [];
    let start = 0;
    while (start < sql.length) {
        const end = statementEnd(sql, start);
        const statement = sql.slice(start, end).replace(/;+$/, '').trim();
        if (statement !== '')
            statements.push(statement);
        start = end;
    }
    return statements;
}
/** Index just past the semicolon that ends the statement starting at `start`, or the end of the text. */
function statementEnd(sql, start) {
    let at = start;
    let inParentheses = false;
    while (at < sql.length) {
        const character = sql[at];
        if (character === ';' && !inParentheses)
            return at + 1;
        if (character === '(')
            inParentheses = true;
        if (character === ')')
            inParentheses = false;
        const next = skipOpaque(sql, at, start);
        if (next === at + 1 && !inParentheses && endsBeginAtomic(sql, start, next)) {
            at = skipAtomicBody(sql, next);
        }
        else {
            at = next;
        }
    }
    return sql.length;
}
/** Past a literal, quoted name or comment that starts at `at`; one character on where none does. */
function skipOpaque(sql, at, start) {
    switch (sql[at]) {
        case "'":
            return skipQuoted(sql, at, isEscapeString(sql, at, start));
        case '"':
            return skipQuoted(sql, at, false);
        case '$':
            return skipDollarQuoted(sql, at, start);
        case '-':
            return sql[at + 1] === '-' ? skipLineComment(sql, at + 2) : at + 1;
        case '/':
            return sql[at + 1] === '*' ? skipBlockComment(sql, at + 2) : at + 1;
        case '\\':
            return Math.min(at + 2, sql.length);
        default:
            return at + 1;
    }
}
function isNameCharacter(character) {
    return character !== undefined && (/[A-Za-z0-9_$]/.test(character) || character.charCodeAt(0) >= 128);
}
function isBlank(character) {
    return character !== undefined && ' \t\n\r\f\v'.includes(character);
}
function isEscapeString(sql, quote, start) {
    const prefix = quote - 1;
    if (prefix < start || (sql[prefix] !== 'E' && sql[prefix] !== 'e'))
        return false;
    return prefix === start || !isNameCharacter(sql[prefix - 1]);
}
function skipQuoted(sql, open, backslashes) {
    const quote = sql[open];
    let at = open + 1;
    while (at < sql.length) {
        if (backslashes && sql[at] === '\\') {
            at += 2;
        }
        else if (sql[at] !== quote) {
            at += 1;
        }
        else if (sql[at + 1] === quote) {
            at += 2;
        }
        else {
            return backslashes ? skipContinuation(sql, at + 1) : at + 1;
        }
    }
    return sql.length;
}
/** An escape string goes on in the next line's literal, and so do its backslashes. */
function skipContinuation(sql, from) {
    let at = from;
    let newline = false;
    while (at < sql.length) {
        if (isBlank(sql[at])) {
            newline ||= sql[at] === '\n' || sql[at] === '\r';
            at += 1;
        }
        else if (sql.startsWith('--', at)) {
            at = skipLineComment(sql, at + 2);
            newline = true;
        }
        else if (newline && sql[at] === "'") {
            return skipQuoted(sql, at, true);
        }
        else {
            return from;
        }
    }
    return from;
}
function skipDollarQuoted(sql, open, start) {
    if (open > start && isNameCharacter(sql[open - 1]))
        return open + 1;
    let at = open + 1;
    while (at < sql.length && sql[at] !== '$') {
        if (!isNameCharacter(sql[at]))
            return open + 1;
        at += 1;
    }
    if (at >= sql.length)
        return open + 1;
    const tag = sql.slice(open, at + 1);
    const close = sql.indexOf(tag, at + 1);
    return close === -1 ? sql.length : close + tag.length;
}
function skipLineComment(sql, from) {
    let at = from;
    while (at < sql.length && sql[at] !== '\n' && sql[at] !== '\r')
        at += 1;
    return Math.min(at + 1, sql.length);
}
function skipBlockComment(sql, from) {
    let depth = 1;
    let at = from;
    while (at < sql.length && depth > 0) {
        if (sql.startsWith('/*', at)) {
            depth += 1;
            at += 2;
        }
        else if (sql.startsWith('*/', at)) {
            depth -= 1;
            at += 2;
        }
        else {
            at += 1;
        }
    }
    return at;
}
/** True when the text up to `end` closes with the words `begin atomic`. */
function endsBeginAtomic(sql, start, end) {
    const last = sql[end - 1];
    if (last !== 'c' && last !== 'C')
        return false;
    return /(^|[^A-Za-z0-9_$\u0080-\uffff])begin[ \t\n\r\f\v]+atomic$/i.test(sql.slice(Math.max(start, end - 64), end));
}
/** Past the `end` of a `begin atomic` body: the one that opens a statement of it, so no `case ... end` is mistaken. */
function skipAtomicBody(sql, from) {
    let at = from;
    let opensStatement = true;
    let inParentheses = false;
    while (at < sql.length) {
        const character = sql[at];
        if (opensStatement && /^end(?![A-Za-z0-9_$\u0080-\uffff])/i.test(sql.slice(at, at + 4)))
            return at + 3;
        if (character === '(')
            inParentheses = true;
        if (character === ')')
            inParentheses = false;
        const blank = isBlank(character) || sql.startsWith('--', at) || sql.startsWith('/*', at);
        if (character === ';' && !inParentheses)
            opensStatement = true;
        else if (!blank)
            opensStatement = false;
        at = skipOpaque(sql, at, from);
    }
    return sql.length;
}

// EXTERNAL MODULE: ./js/actions/_shared/database/transaction.js
var transaction = __webpack_require__(8375);
// EXTERNAL MODULE: ./js/actions/_shared/database/connection-errors.js
var connection_errors = __webpack_require__(643);
// EXTERNAL MODULE: ./js/actions/_shared/io/errors.js
var errors = __webpack_require__(6283);
;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/migration-failed.js



/** A migration the server refused: which file, which line, what it said. */
class MigrationFailed extends errors/* ConfigurationError */.j {
    /** Place an error of the server in the file it came from; a lost connection stays what it is. */
    static from(error, file) {
        if ((0,connection_errors/* isConnectionLost */.pb)(error))
            return error;
        const message = error instanceof Error ? error.message : String(error);
        const code = (0,connection_errors/* errorCode */.CA)(error);
        const location = { file: file.file, ...placeOf(error, file.sql) };
        return new MigrationFailed(`Migration ${file.file} failed: ${(0,redact/* redactSecrets */.f)(message)}${code === undefined ? '' : ` (SQLSTATE ${code})`}`, {
            hint: 'Nothing of this apply was kept. Correct the file and apply again',
            diagnostics: [
                { severity: 'error', code: 'migration-failed', message: (0,redact/* redactSecrets */.f)(message), location },
            ],
        });
    }
}
/** The server counts characters of the whole text it was sent. */
function placeOf(error, sql) {
    const position = typeof error === 'object' && error !== null && 'position' in error ? Number(error.position) : Number.NaN;
    if (!Number.isInteger(position) || position < 1)
        return { line: 1, column: 1 };
    const before = [...sql].slice(0, position - 1).join('');
    const lines = before.split('\n');
    return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/migration-name.js
/** `20260101000000_create_x` as plans name a migration. */
function migrationName(file) {
    return `${file.version}_${file.name}`;
}

;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/migration-risks.js

const DESTRUCTIVE = [
    [/^drop\s+(table|schema|view|materialized\s+view|column|type|sequence|database)\b/i, 'drops objects'],
    [/^truncate\b/i, 'empties tables'],
    [/^delete\s+from\s+[^;]*$/i, 'deletes rows'],
    [
        /^alter\s+table\b[^;]*\bdrop\s+(column\s+)?(?!constraint|default|not|identity|expression)/i,
        'drops columns',
    ],
];
/** Statements of a migration a reviewer should see before they run. */
function migrationRisks(file) {
    const found = new Set();
    const roles = new Set();
    for (const statement of splitStatements(file.sql).map(withoutComments)) {
        for (const [pattern, what] of DESTRUCTIVE)
            if (pattern.test(statement))
                found.add(what);
        const role = /^drop\s+(?:role|user)\s+(?:if\s+exists\s+)?"?([^\s";,]+)/i.exec(statement)?.[1];
        if (role !== undefined)
            roles.add(role);
    }
    const risks = [...found].map((what) => ({
        severity: 'danger',
        code: 'destructive-migration',
        message: `The migration ${what}: what they hold is gone for good`,
    }));
    for (const role of roles) {
        risks.push({
            severity: 'danger',
            code: 'drops-role',
            message: `Drops role ${role}: a cron job it still owns stops pg_cron's scheduler at its next start`,
        });
    }
    return risks;
}
/**
 * Statements that can't be part of one transaction, or would end it: all pending migrations run in the same transaction
 * as the rest of an apply.
 */
function transactionControl(file) {
    const found = [];
    for (const statement of splitStatements(file.sql).map(withoutComments)) {
        const reason = REFUSED.find(([pattern]) => pattern.test(statement))?.[1];
        if (reason === undefined)
            continue;
        found.push({
            severity: 'error',
            code: 'migration-transaction',
            message: `${file.file}: ${statement.split(/\s+/).slice(0, 4).join(' ')} ${reason}`,
            hint: 'Remove it; what must run outside a transaction goes through `supabase db push` in a file of its own, and is found applied here',
            location: { file: file.file, line: 1, column: 1 },
        });
    }
    return found;
}
const REFUSED = [
    [
        /^(begin|start\s+transaction|commit|end|abort|rollback(?!\s+(work\s+|transaction\s+)?to\b)|prepare\s+transaction)\b/i,
        'would end the transaction of the apply',
    ],
    [
        /^(create\s+(unique\s+)?index\s+concurrently|drop\s+index\s+concurrently|reindex\b.*\bconcurrently|vacuum|alter\s+system|create\s+database|drop\s+database|cluster)\b/is,
        'cannot run inside a transaction',
    ],
];
function withoutComments(statement) {
    let rest = statement;
    for (;;) {
        const next = rest
            .replace(/^\s+/, '')
            .replace(/^--[^\n\r]*[\n\r]?/, '')
            .replace(/^\/\*[\s\S]*?\*\//, '');
        if (next === rest)
            return rest;
        rest = next;
    }
}

;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/plan-migrations.js





/**
 * Which migrations are pending, and why some may not be applied. Versions in the history that neither a file nor the
 * ledger knows belong to somebody else (the team's own `supabase db push`): reported, and no obstacle.
 */
function planMigrations(history, context) {
    const files = [...context.desired.migrations].sort((a, b) => (a.version < b.version ? -1 : 1));
    const applied = new Map(history.map((row) => [row.version, row]));
    const pending = files.filter((file) => !applied.has(file.version));
    const present = files.filter((file) => applied.has(file.version));
    const known = new Set(files.map((file) => file.version));
    const ours = ledgerVersions(context.ledger);
    const foreign = history.filter((row) => !known.has(row.version) && !ours.has(row.version));
    const newest = newestOfOurs(present, ours, applied);
    return {
        ...EMPTY_PLAN,
        changes: pending.map((file) => ({
            change: {
                kind: 'migration',
                name: migrationName(file),
                action: 'create',
                cause: 'declaration',
                before: null,
                after: { statements: splitStatements(file.sql).length },
                risks: migrationRisks(file),
                location: { file: file.file, line: 1, column: 1 },
            },
            desired: file.checksum,
            live: null,
        })),
        unchanged: present.length,
        unmanaged: foreign.map(unmanagedMigration),
        blockers: [
            ...present.flatMap((file) => editedBlocker(file, applied.get(file.version), context.ledger)),
            ...history
                .filter((row) => !known.has(row.version) && ours.has(row.version))
                .map((row) => vanishedBlocker(row, context)),
            ...pending.filter((file) => file.version < newest).map((file) => lateBlocker(file, newest)),
            ...pending.flatMap(transactionControl),
        ],
    };
}
function ledgerVersions(ledger) {
    return new Set([...ledger.keys()].map((name) => name.slice(0, name.indexOf('_'))));
}
function newestOfOurs(present, ours, applied) {
    const versions = [...present.map((file) => file.version), ...ours].filter((version) => applied.has(version));
    return versions.reduce((newest, version) => (version > newest ? version : newest), '');
}
/** Digest of statements as the database computes it over its own column. */
function statementsDigest(sql) {
    return (0,digest/* sha256 */.s)(splitStatements(sql).join('\u001f'));
}
function editedBlocker(file, row, ledger) {
    if (row === undefined || ledger.get(migrationName(file)) === file.checksum)
        return [];
    // A history without statements (repaired by hand, or very old) can't be compared.
    if (row.statements_digest === null || row.statements_digest === statementsDigest(file.sql))
        return [];
    return [
        {
            severity: 'error',
            code: 'migration-edited',
            message: `${file.file} was changed after it had been applied`,
            hint: 'Restore the file, and write the change as a new migration',
            location: { file: file.file, line: 1, column: 1 },
        },
    ];
}
function vanishedBlocker(row, { desired }) {
    return {
        severity: 'error',
        code: 'migration-vanished',
        message: `Migration ${row.version}_${row.name ?? ''} was applied by us, and its file is gone from migrations/`,
        hint: `Restore the file; or, when its effects were undone by hand: supabase migration repair --status reverted ${row.version}`,
        location: desired.environment.location,
    };
}
function lateBlocker(file, newest) {
    return {
        severity: 'error',
        code: 'migration-out-of-order',
        message: `${file.file} is older than ${newest}, which is applied already`,
        hint: 'Give it a later version (rename the file), so that every database sees the same order',
        location: { file: file.file, line: 1, column: 1 },
    };
}
function unmanagedMigration(row) {
    return { kind: 'migration', name: `${row.version}_${row.name ?? ''}`, detail: {} };
}

;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/resources/migration.js







/** Files of `migrations/`, kept in the same history table as `supabase db push` keeps. */
const migrationResource = {
    kind: 'migration',
    async read(tx, { capabilities }) {
        return capabilities.migrationHistory ? readMigrationHistory(tx) : [];
    },
    plan: planMigrations,
    apply: (tx, _live, context) => oneAfterTheOther(migrate(tx, context)),
    async prune() {
        // Migrations only go forward: nothing of theirs is ever deleted.
    },
};
async function migrate(tx, { desired, changes, capabilities }) {
    if (changes.length === 0)
        return [];
    const versions = new Set(changes.map(({ change }) => versionOf(change.name)));
    const pending = desired.migrations.filter((file) => versions.has(file.version));
    if (!capabilities.migrationHistory)
        await createMigrationHistory(tx);
    for (const file of pending) {
        try {
            await runMigration(tx, file.sql);
        }
        catch (error) {
            throw MigrationFailed.from(error, file);
        }
    }
    await resetSession(tx);
    await (0,transaction/* setLimits */.zc)(tx, transaction/* APPLY_LIMITS */.M5);
    await insertMigrationHistory(tx, pending.map((file) => ({
        version: file.version,
        name: file.name,
        statements: splitStatements(file.sql),
    })));
    return pending.map(migration_noteOf);
}
function versionOf(name) {
    return name.slice(0, name.indexOf('_'));
}
function migration_noteOf(file) {
    return { name: migrationName(file), digest: file.checksum, applied: '{}', sourcePath: file.file };
}

;// CONCATENATED MODULE: ./js/actions/_shared/database/vault-secrets.js


/** What may be told of a secret. */
const VaultSecret = schemas/* object */.Ikc({
    id: schemas/* string */.YjP(),
    name: schemas/* string */.YjP(),
    description: schemas/* string */.YjP(),
    /** ISO 8601, to the microsecond. */
    updated_at: schemas/* string */.YjP(),
    age_ms: schemas/* number */.aig(),
});
/** Every named secret: names, descriptions and dates, nothing that would have to be decrypted. */
async function readSecrets(sql) {
    const rows = await sql `
    select id, name, description,
           to_char(updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as updated_at,
           (extract(epoch from clock_timestamp() - updated_at) * 1000)::float8 as age_ms
    from vault.secrets
    where name is not null
    order by name`;
    return schemas/* array */.YOg(VaultSecret).parse([...rows]);
}
const Matches = schemas/* array */.YOg(schemas/* object */.Ikc({ name: schemas/* string */.YjP(), same: schemas/* boolean */.zMY().nullable() }));
/**
 * Whether stored secrets hold the probed values. HMAC is built from core's sha256, so neither pgcrypto nor the value is
 * needed. Raises when one of the secrets can't be decrypted.
 */
async function matchSecrets(sql, probes, blocks) {
    const rows = await sql `
    select s.name,
           sha256(decode(${blocks.outer}, 'hex')
                  || sha256(decode(${blocks.inner}, 'hex') || convert_to(s.decrypted_secret, 'UTF8')))
             = decode(probe.hmac, 'hex') as same
    from unnest(${(0,text_array/* textArray */.TS)(probes.map((probe) => probe.name))}::text[],
                ${(0,text_array/* textArray */.TS)(probes.map((probe) => probe.hmac))}::text[]) as probe (name, hmac)
    join vault.decrypted_secrets s on s.name = probe.name`;
    return Matches.parse([...rows]);
}
/** Create secrets: one statement for all. */
async function createSecrets(sql, secrets) {
    await sql `
    select count(vault.create_secret(value, name, description))
    from unnest(${(0,text_array/* textArray */.TS)(secrets.map((secret) => secret.value))}::text[],
                ${(0,text_array/* textArray */.TS)(secrets.map((secret) => secret.name))}::text[],
                ${(0,text_array/* textArray */.TS)(secrets.map((secret) => secret.description))}::text[]) as secret (value, name, description)`;
}
/** Update secrets by id: one statement for all. */
async function updateSecrets(sql, secrets) {
    await sql `
    select count(*)
    from unnest(${(0,text_array/* textArray */.TS)(secrets.map((secret) => secret.id))}::uuid[],
                ${(0,text_array/* textArray */.TS)(secrets.map((secret) => secret.value))}::text[],
                ${(0,text_array/* textArray */.TS)(secrets.map((secret) => secret.description))}::text[]) as secret (id, value, description),
         lateral vault.update_secret(secret.id, secret.value, null, secret.description) as updated`;
}
/** Delete secrets by id. */
async function deleteSecrets(sql, ids) {
    await sql `delete from vault.secrets where id = any (${(0,text_array/* textArray */.TS)(ids)}::uuid[])`;
}
/**
 * Copy secrets from commands of `cron.job` into the Vault without their travelling: the statement carries places, not
 * values. Names the Vault has already are left alone. Returns the names stored.
 */
async function storeSecretsOfCommands(sql, secrets) {
    const rows = await sql `
    select place.name, vault.create_secret(substring(j.command from place.start for place.length), place.name, place.description)
    from unnest(${textArray(secrets.map((secret) => secret.jobid))}::bigint[],
                ${textArray(secrets.map((secret) => secret.commandMd5))}::text[],
                ${textArray(secrets.map((secret) => secret.start))}::int[],
                ${textArray(secrets.map((secret) => secret.length))}::int[],
                ${textArray(secrets.map((secret) => secret.name))}::text[],
                ${textArray(secrets.map((secret) => secret.description))}::text[])
         as place (jobid, command_md5, start, length, name, description)
    join cron.job j on j.jobid = place.jobid and md5(j.command) = place.command_md5
    where not exists (select from vault.secrets s where s.name = place.name)
    order by place.name`;
    return z
        .array(z.object({ name: z.string() }))
        .parse([...rows])
        .map((row) => row.name);
}

;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/live-secrets.js

/** Identity of a stored secret's state: Vault moves `updated_at` with every write. */
function secretDigest(row) {
    return (0,digest/* fieldsDigest */._)([row.description, row.updated_at]);
}

// EXTERNAL MODULE: external "node:crypto"
var external_node_crypto_ = __webpack_require__(7598);
;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/secret-probe.js

/** The value an environment variable holds for a secret; an empty one counts as unset. */
function secretValue(secret, env) {
    const value = env[secret.valueEnv];
    return value === '' ? undefined : value;
}
/**
 * What is wrong with a value, without repeating it: white space (a pasted line break becomes part of a header), or a
 * shape other than declared (a URL without its scheme makes pg_net report "out of memory").
 */
function checkValue(secret, value) {
    const found = /\s/.test(value)
        ? {
            code: 'secret-white-space',
            what: 'holds white space',
            hint: 'Set it again without spaces and line breaks',
        }
        : secret.shape !== undefined && !new RegExp(secret.shape, 'u').test(value)
            ? {
                code: 'secret-shape',
                what: `does not match ${secret.shape}`,
                hint: `Set ${secret.valueEnv} to a value of that shape, or correct the shape`,
            }
            : undefined;
    if (found === undefined)
        return undefined;
    return {
        severity: 'error',
        code: found.code,
        message: `The value of secret ${secret.name} (variable ${secret.valueEnv}) ${found.what}`,
        hint: found.hint,
        location: secret.location,
    };
}
/**
 * Keyed digests of values, and the key blocks the database needs to build the same. A new key each time: what a log or
 * an onlooker may catch compares nothing else.
 */
function probeSecrets(values) {
    const key = (0,external_node_crypto_.randomBytes)(64);
    return {
        probes: values.map(({ name, value }) => ({
            name,
            hmac: (0,external_node_crypto_.createHmac)('sha256', key).update(value, 'utf8').digest('hex'),
        })),
        blocks: { inner: padded(key, 0x36), outer: padded(key, 0x5c) },
    };
}
function padded(key, pad) {
    return Buffer.from(key.map((byte) => byte ^ pad)).toString('hex');
}

;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/plan-secrets.js






/**
 * What has to happen in the Vault. A secret whose variable is not set is kept as it is; one that exists nowhere blocks
 * the apply, because the jobs that need it would fail.
 */
function planSecrets(live, context) {
    const { desired, capabilities } = context;
    if (capabilities.vault !== 'ready') {
        return { ...EMPTY_PLAN, missing: missingVault(capabilities.vault, desired.secrets, capabilities.user) };
    }
    const stored = new Map(live.rows.map((row) => [row.name, row]));
    const changes = [];
    const blockers = [];
    const notices = [];
    let unchanged = 0;
    for (const secret of desired.secrets) {
        const row = stored.get(secret.name);
        const verdict = judge(secret, row, live, context);
        if (verdict.kind === 'change')
            changes.push(verdict.change);
        else if (verdict.kind === 'blocked')
            blockers.push(verdict.blocker);
        else
            unchanged += 1;
        if (verdict.kind === 'unchanged' && row !== undefined)
            notices.push(...unchangedNotices(secret, row, context));
    }
    const undeclared = undeclaredSecrets(live, context);
    return {
        ...EMPTY_PLAN,
        ...undeclared,
        changes: [...changes, ...undeclared.changes],
        unchanged,
        blockers,
        notices,
    };
}
function judge(secret, row, live, context) {
    const value = secretValue(secret, context.env);
    const wrong = value === undefined ? undefined : checkValue(secret, value);
    if (wrong !== undefined)
        return { kind: 'blocked', blocker: wrong };
    if (row === undefined) {
        return value === undefined
            ? { kind: 'blocked', blocker: nowhere(secret) }
            : { kind: 'change', change: changeOf(secret, undefined, 'new', context) };
    }
    const applied = context.ledger.get(secret.name);
    const readable = !live.unreadable.has(secret.name);
    const rotates = value !== undefined && (!readable || live.same.get(secret.name) !== true);
    const describes = value !== undefined && row.description !== secret.description;
    if (!rotates && !describes && (applied !== undefined || value === undefined))
        return { kind: 'unchanged' };
    const state = !readable ? 'unreadable' : rotates ? 'differs' : 'same';
    return { kind: 'change', change: changeOf(secret, row, state, context) };
}
function changeOf(secret, row, value, { ledger, capabilities }) {
    const applied = ledger.get(secret.name);
    const live = row === undefined ? undefined : secretDigest(row);
    // The value itself has no digest here; that it differs is the fact the plan rests on.
    const desired = (0,digest/* sha256 */.s)(`${secret.description}\u001f${secret.valueEnv}\u001f${value}`);
    return {
        change: {
            kind: 'secret',
            name: secret.name,
            action: row === undefined ? 'create' : applied === undefined ? 'adopt' : 'update',
            cause: applied === undefined || live === applied ? 'declaration' : 'drift',
            before: row === undefined ? null : { description: row.description, value: storedText(value) },
            after: { description: secret.description, value: wantedText(secret, value) },
            risks: secretRisks(value, capabilities.logsParameters),
            location: secret.location,
        },
        desired,
        live: live ?? null,
    };
}
function storedText(value) {
    return value === 'unreadable' ? '(stored, cannot be decrypted)' : '(stored)';
}
function wantedText(secret, value) {
    return value === 'same' ? '(stored)' : `(new value from ${secret.valueEnv})`;
}
function secretRisks(value, logged) {
    const risks = [];
    if (value === 'differs') {
        risks.push({
            severity: 'info',
            code: 'rotates-secret',
            message: 'Jobs use the new value from their next run; what they call must know it by then',
        });
    }
    if (value !== 'same' && logged) {
        risks.push({
            severity: 'danger',
            code: 'server-logs-values',
            message: 'The server logs parameters of every statement (log_statement or log_min_duration_statement): the value will be in its log',
        });
    }
    return risks;
}
function nowhere(secret) {
    return {
        severity: 'error',
        code: 'secret-missing',
        message: `Secret ${secret.name} is not in the Vault, and its variable ${secret.valueEnv} is not set`,
        hint: `Set ${secret.valueEnv} where this runs (GitHub: a secret of the environment, passed on by the workflow)`,
        location: secret.location,
    };
}
function unchangedNotices(secret, row, { env }) {
    const notices = [];
    if (secretValue(secret, env) === undefined) {
        notices.push({
            severity: 'notice',
            code: 'secret-variable-unset',
            message: `Secret ${secret.name} keeps its stored value: variable ${secret.valueEnv} is not set`,
            location: secret.location,
        });
    }
    if (secret.maxAgeMs !== undefined && row.age_ms > secret.maxAgeMs) {
        notices.push({
            severity: 'warning',
            code: 'secret-old',
            message: `Secret ${secret.name} is ${Math.floor(row.age_ms / 86_400_000)} days old; ${(0,job_fields/* durationText */.S)(secret.maxAgeMs)} is declared as the most`,
            hint: `Make a new value where it comes from, and set ${secret.valueEnv} to it`,
            location: secret.location,
        });
    }
    return notices;
}
function undeclaredSecrets(live, { desired, ledger, prune }) {
    const declared = new Set(desired.secrets.map((secret) => secret.name));
    const stored = new Set(live.rows.map((row) => row.name));
    const users = secretUsers(desired.jobs);
    const changes = [];
    const unmanaged = [];
    const orphaned = [];
    for (const row of live.rows) {
        if (declared.has(row.name))
            continue;
        const detail = { description: row.description };
        if (!ledger.has(row.name))
            unmanaged.push({ kind: 'secret', name: row.name, detail });
        else if (!prune)
            orphaned.push({ kind: 'secret', name: row.name, detail });
        else
            changes.push(deletion(row, detail, users.get(row.name) ?? [], ledger.get(row.name)));
    }
    const forget = [...ledger.keys()].filter((name) => !declared.has(name) && !stored.has(name));
    return { changes, unmanaged, orphaned, forget };
}
function deletion(row, before, users, applied) {
    const live = secretDigest(row);
    const used = users.length === 0 ? '' : `; still used by ${users.slice(0, 3).join(', ')}`;
    return {
        change: {
            kind: 'secret',
            name: row.name,
            action: 'delete',
            cause: live === applied ? 'declaration' : 'both',
            before,
            after: null,
            risks: [
                {
                    severity: 'danger',
                    code: 'deletes-secret',
                    message: `The value is gone from the database for good${used}`,
                },
            ],
        },
        desired: null,
        live,
    };
}
function secretUsers(jobs) {
    const users = new Map();
    for (const job of jobs) {
        for (const secret of job.secrets)
            users.set(secret, [...(users.get(secret) ?? []), job.name]);
    }
    return users;
}
function missingVault(state, secrets, user) {
    if (secrets.length === 0)
        return [];
    const names = (0,reconcile_capabilities/* someNames */.Xq)(secrets, 'secret');
    return [
        state === 'absent'
            ? {
                name: 'Vault',
                consequence: `${names} can't be stored: jobs that need them are recorded as failed with secret_missing`,
                remedy: 'create extension supabase_vault (Supabase: Database, Extensions)',
            }
            : {
                name: 'privileges on Vault',
                consequence: `${names} can't be stored: role ${user} may not use schema vault`,
                remedy: `As its owner: grant usage on schema vault, select and delete on vault.secrets and vault.decrypted_secrets, and execute on vault.create_secret and vault.update_secret to ${user}`,
            },
    ];
}

;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/resources/secret.js







/** Vault secrets: created and updated through Vault's own functions, compared without the value leaving either side. */
const secretResource = {
    kind: 'secret',
    async read(tx, context) {
        if (context.capabilities.vault !== 'ready')
            return { rows: [], same: new Map(), unreadable: new Set() };
        const rows = await readSecrets(tx);
        return { rows, ...(await compareValues(tx, rows, context)) };
    },
    plan: planSecrets,
    apply: (tx, live, context) => oneAfterTheOther(store(tx, live, context)),
    async prune(tx, live, names) {
        const wanted = new Set(names);
        await deleteSecrets(tx, live.rows.filter((row) => wanted.has(row.name)).map((row) => row.id));
    },
};
async function store(tx, live, { desired, env, changes }) {
    if (changes.length === 0)
        return [];
    const stored = new Map(live.rows.map((row) => [row.name, row]));
    const names = new Set(changes.map(({ change }) => change.name));
    const secrets = desired.secrets.filter((secret) => names.has(secret.name));
    const created = [];
    const updated = [];
    const broken = [];
    for (const secret of secrets) {
        const { name, description } = secret;
        const value = secretValue(secret, env);
        const row = stored.get(name);
        if (row !== undefined && !live.unreadable.has(name)) {
            const keeps = value === undefined || live.same.get(name) === true;
            if (!keeps || row.description !== description) {
                updated.push({ id: row.id, description, value: keeps ? null : value });
            }
            continue;
        }
        if (row !== undefined)
            broken.push(row.id);
        if (value !== undefined)
            created.push({ name, description, value });
    }
    await withoutValues(async () => {
        if (broken.length > 0)
            await deleteSecrets(tx, broken);
        if (created.length > 0)
            await createSecrets(tx, created);
        if (updated.length > 0)
            await updateSecrets(tx, updated);
    });
    const after = new Map((await readSecrets(tx)).map((row) => [row.name, row]));
    return secrets.flatMap((secret) => {
        const row = after.get(secret.name);
        if (row === undefined)
            throw new Error(`Vault did not keep secret ${secret.name}`);
        return [
            {
                name: row.name,
                digest: secretDigest(row),
                applied: JSON.stringify({ description: row.description, updated_at: row.updated_at }),
                sourcePath: secret.location.file,
            },
        ];
    });
}
async function compareValues(tx, rows, { desired, env }) {
    const stored = new Set(rows.map((row) => row.name));
    const values = desired.secrets.flatMap((secret) => {
        const value = secretValue(secret, env);
        return value === undefined || !stored.has(secret.name) ? [] : [{ name: secret.name, value }];
    });
    if (values.length === 0)
        return { same: new Map(), unreadable: new Set() };
    const all = await tryCompare(tx, values);
    if (all !== undefined)
        return { same: all, unreadable: new Set() };
    // One secret that can't be decrypted fails the statement for all: find which, one by one.
    const same = new Map();
    const unreadable = new Set();
    for (const value of values) {
        const one = await tryCompare(tx, [value]);
        if (one === undefined)
            unreadable.add(value.name);
        else
            for (const [name, equal] of one)
                same.set(name, equal);
    }
    return { same, unreadable };
}
async function tryCompare(tx, values) {
    const { probes, blocks } = probeSecrets(values);
    try {
        const matches = await (0,transaction/* inSavepoint */.tr)(tx, (inner) => matchSecrets(inner, probes, blocks));
        return new Map(matches.map((match) => [match.name, match.same === true]));
    }
    catch (error) {
        if ((0,connection_errors/* isConnectionLost */.pb)(error) || (0,connection_errors/* errorCode */.CA)(error)?.startsWith('57') === true)
            throw error;
        return undefined;
    }
}
/** Errors of the driver carry the statement's parameters; what leaves here carries the server's code only. */
async function withoutValues(work) {
    try {
        await work();
    }
    catch (error) {
        if ((0,connection_errors/* isConnectionLost */.pb)(error))
            throw error;
        const code = (0,connection_errors/* errorCode */.CA)(error) ?? 'unknown';
        throw Object.assign(new Error(`Vault refused to store a secret (SQLSTATE ${code})`), { code });
    }
}

;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/resources/registry.js




function register(resource) {
    return {
        kind: resource.kind,
        read: async (tx, context) => {
            const live = await resource.read(tx, context);
            return {
                kind: resource.kind,
                plan: (planContext) => resource.plan(live, planContext),
                apply: (transaction, applyContext) => resource.apply(transaction, live, applyContext),
                prune: (transaction, names) => resource.prune(transaction, live, names),
            };
        },
    };
}
/** Every kind, in the order it is applied; prune goes backwards. */
const RESOURCES = [
    register(migrationResource),
    register(secretResource),
    register(jobResource),
    register(cronResource),
];

;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/read-live.js




/** Read everything a plan rests on. The number of statements does not depend on the number of objects. */
async function readLive(tx, desired, env) {
    const facts = await (0,read_target/* readTarget */._E)(tx);
    const capabilities = (0,reconcile_capabilities/* capabilitiesOf */.SF)(facts);
    const kinds = [];
    for (const resource of RESOURCES)
        kinds.push(await resource.read(tx, { desired, env, capabilities }));
    return { facts, capabilities, kinds, ledger: await ledgerByKind(tx, capabilities) };
}
async function ledgerByKind(tx, capabilities) {
    const byKind = new Map(RESOURCES.map(({ kind }) => [kind, new Map()]));
    if (!capabilities.ops.ledger)
        return byKind;
    for (const row of await (0,managed_objects/* readLedger */.SC)(tx)) {
        for (const [kind, entries] of byKind)
            if (kind === row.kind)
                entries.set(row.name, row.digest);
    }
    return byKind;
}


/***/ })

};
