export const id = 528;
export const ids = [528];
export const modules = {

/***/ 2528:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  applyPlan: () => (/* binding */ applyPlan)
});

// EXTERNAL MODULE: ../../node_modules/zod/v4/classic/schemas.js + 6 modules
var schemas = __webpack_require__(1532);
;// CONCATENATED MODULE: ./js/actions/_shared/database/advisory-lock.js

/**
 * Wait for the lock that lets one apply at a time change this database; released with the transaction. Waits as long
 * as the transaction's `lock_timeout`, then raises 55P03. The two numbers are the bytes of "ops" and "reco".
 */
async function lockReconcile(sql) {
    await sql `select pg_catalog.pg_advisory_xact_lock(7303283, 1919247215)`;
}
const Holders = schemas/* array */.YOg(schemas/* object */.Ikc({ pid: schemas/* number */.aig(), application: schemas/* string */.YjP(), since: schemas/* string */.YjP().nullable() }));
/** Who holds the lock now; empty when nobody does or we may not see it. */
async function readLockHolder(sql) {
    const rows = await sql `
    select l.pid, coalesce(a.application_name, '') as application,
           to_char(a.xact_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since
    from pg_catalog.pg_locks l
    left join pg_catalog.pg_stat_activity a on a.pid = l.pid
    where l.locktype = 'advisory' and l.granted and l.classid = 7303283 and l.objid = 1919247215
      and l.database = (select oid from pg_catalog.pg_database where datname = current_database())
    limit 1`;
    return Holders.parse([...rows])[0];
}

// EXTERNAL MODULE: ./js/actions/_shared/database/connection-errors.js
var connection_errors = __webpack_require__(643);
// EXTERNAL MODULE: ./js/actions/_shared/database/transaction.js
var transaction = __webpack_require__(8375);
// EXTERNAL MODULE: ./js/actions/_shared/database/read-target.js
var read_target = __webpack_require__(1161);
;// CONCATENATED MODULE: ./js/actions/_shared/database/reconciliations.js

const Identifiers = schemas/* array */.YOg(schemas/* object */.Ikc({ id: schemas/* string */.YjP() })).length(1);
/** Write one audit row; returns its id. */
async function insertReconciliation(sql, row) {
    const rows = await sql `
    insert into ops.reconciliations
      (environment, actor, commit_sha, run_url, plan_digest, counts, result, error, started_at, finished_at, duration_ms)
    values
      (${row.environment}, ${row.actor}, ${row.commit}, ${row.runUrl}, ${row.planDigest}, ${row.counts}::text::jsonb,
       ${row.result}, ${row.error}, ${row.startedAt.toISOString()}::timestamptz, clock_timestamp(), ${row.durationMs})
    returning id`;
    return Identifiers.parse([...rows])[0]?.id ?? '';
}
/** Write the duration of an apply into its audit row, last thing before the commit. */
async function finishReconciliation(sql, id, durationMs) {
    await sql `
    update ops.reconciliations set finished_at = clock_timestamp(), duration_ms = ${durationMs} where id = ${id}::bigint`;
}

// EXTERNAL MODULE: ./js/actions/_shared/reconcile/capabilities.js
var capabilities = __webpack_require__(8058);
;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/apply-failure.js




/**
 * Leave an audit row for an apply whose transaction was undone, in a transaction of its own. Returns its id, or null
 * where that is not possible: before the first migration there is no table, after a lost connection perhaps no server.
 */
async function recordFailure(input) {
    const { sql, actor, failure } = input;
    try {
        return await (0,transaction/* writeTransaction */.S)(sql, { ...transaction/* APPLY_LIMITS */.M5, statementMs: 10_000 }, async (tx) => {
            if (!(0,capabilities/* capabilitiesOf */.SF)(await (0,read_target/* readTarget */._E)(tx)).ops.audit)
                return null;
            return insertReconciliation(tx, {
                environment: failure.plan.environment,
                actor: actor.name,
                commit: actor.commit ?? null,
                runUrl: actor.runUrl ?? null,
                planDigest: failure.plan.digest,
                counts: JSON.stringify(failure.plan.counts),
                result: failure.reason,
                error: failure.error,
                startedAt: input.started,
                durationMs: input.durationMs,
            });
        });
    }
    catch {
        // The failure itself is what the caller has to hear; that it could not be written down too must not hide it.
        return null;
    }
}

// EXTERNAL MODULE: ./js/actions/_shared/io/errors.js
var errors = __webpack_require__(6283);
// EXTERNAL MODULE: ./js/actions/_shared/reconcile/redact.js
var redact = __webpack_require__(9769);
;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/apply-message.js




/** One sentence on how an apply ended. */
function applyMessage(reason, plan, durationMs) {
    const count = plan.changes.length;
    const changes = count === 1 ? '1 change' : `${count} changes`;
    switch (reason) {
        case 'applied':
            return `Applied ${changes} to ${plan.environment} in ${durationMs} ms`;
        case 'nothing_to_do':
            return `Nothing to do: ${plan.environment} is what the files say`;
        case 'blocked':
        case 'deletion_guard':
            return `Refused: ${plan.blockers.map(({ message, hint }) => [message, hint].filter(Boolean).join('. ')).join('; ')}`;
        case 'plan_moved':
            return `Refused: what there is to do in ${plan.environment} is not what was reviewed any more. Look at the new plan, then apply that one`;
        case 'locked':
            return `Another apply is changing ${plan.environment}. Try again when it is done`;
        case 'connection_lost':
            return `The connection to ${plan.environment} was lost. Apply again: what was not committed is undone, and applying twice changes nothing`;
        case 'failed':
            return `Nothing was changed in ${plan.environment}`;
    }
}
/** Who holds the lock, where the server tells us. */
async function lockedMessage(sql) {
    const holder = await readLockHolder(sql);
    const who = holder === undefined
        ? ''
        : ` (process ${holder.pid}${holder.application === '' ? '' : `, ${holder.application}`}${holder.since === null ? '' : `, since ${holder.since}`})`;
    return `Another apply is changing this database${who}. Try again when it is done`;
}
/** What went wrong, in words that hold no secret. */
function failureMessage(error, lost) {
    if (lost) {
        return 'The connection was lost before the apply was confirmed. Apply again: what was not committed is undone, and applying twice changes nothing';
    }
    if (error instanceof errors/* ConfigurationError */.j)
        return [error.message, error.hint].filter(Boolean).join('. ');
    const text = error instanceof Error ? error.message : String(error);
    const code = (0,connection_errors/* errorCode */.CA)(error);
    return `Nothing was changed: ${(0,redact/* redactSecrets */.f)(text)}${code === undefined ? '' : ` (SQLSTATE ${code})`}`;
}

// EXTERNAL MODULE: ./js/actions/_shared/reconcile/build-plan.js + 1 modules
var build_plan = __webpack_require__(9405);
// EXTERNAL MODULE: ./js/actions/_shared/database/managed-objects.js
var managed_objects = __webpack_require__(8423);
;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/carry-out.js




/**
 * Change everything in the order of kinds, delete last and backwards, and write ledger and audit row. Returns the id of
 * the audit row, or null in a database that has no table for it.
 */
async function carryOut(tx, execution) {
    const { desired, env, live, work } = execution;
    const entries = [];
    const running = [];
    for (const kind of live.kinds) {
        const planned = work.kinds.get(kind.kind);
        if (planned === undefined)
            continue;
        const changes = planned.changes.filter((change) => !isDeletion(change));
        const applying = kind.apply(tx, { desired, env, capabilities: live.capabilities, changes });
        running.push(handled(applying.done));
        for (const note of await applying.notes)
            entries.push({ kind: kind.kind, ...note });
        for (const note of planned.note)
            entries.push({ kind: kind.kind, ...note });
    }
    const writing = handled(writeDown(tx, execution, entries));
    await Promise.all(running);
    const id = await writing;
    const forgotten = await deleteObjects(tx, execution);
    if (id !== null) {
        if (forgotten.length > 0)
            await (0,managed_objects/* deleteLedger */.R5)(tx, forgotten);
        if (work.plan.changes.length > 0)
            await finishReconciliation(tx, id, execution.elapsed());
    }
    return id;
}
/** A promise somebody will await later: its failure must not count as unnoticed until then. */
function handled(promise) {
    promise.catch(() => undefined);
    return promise;
}
function isDeletion({ change }) {
    return change.action === 'delete';
}
/** Delete what is no longer declared; returns what the ledger has to forget. */
async function deleteObjects(tx, { live, work }) {
    const forgotten = [];
    for (const kind of [...live.kinds].reverse()) {
        const planned = work.kinds.get(kind.kind);
        const names = (planned?.changes ?? []).filter(isDeletion).map(({ change }) => change.name);
        if (names.length > 0)
            await kind.prune(tx, names);
        for (const name of [...names, ...(planned?.forget ?? [])])
            forgotten.push({ kind: kind.kind, name });
    }
    return forgotten;
}
async function writeDown(tx, { actor, live, work, started, elapsed }, entries) {
    // The migrations of this very transaction may have made our tables; a history of somebody else's has none.
    const { ops } = live.capabilities.ops.audit ? live.capabilities : (0,capabilities/* capabilitiesOf */.SF)(await (0,read_target/* readTarget */._E)(tx));
    if (!ops.audit || !ops.ledger)
        return null;
    const { plan } = work;
    const id = await insertReconciliation(tx, {
        environment: plan.environment,
        actor: actor.name,
        commit: actor.commit ?? null,
        runUrl: actor.runUrl ?? null,
        planDigest: plan.digest,
        counts: JSON.stringify(plan.counts),
        result: plan.changes.length > 0 ? 'applied' : 'nothing_to_do',
        error: null,
        startedAt: started,
        durationMs: elapsed(),
    });
    if (entries.length > 0) {
        await (0,managed_objects/* upsertLedger */.DI)(tx, entries, { commit: actor.commit ?? null, reconciliationId: id });
    }
    return id;
}

// EXTERNAL MODULE: ./js/actions/_shared/reconcile/deletion-guard.js
var deletion_guard = __webpack_require__(4342);
// EXTERNAL MODULE: ./js/actions/_shared/reconcile/plan.js
var reconcile_plan = __webpack_require__(3051);
// EXTERNAL MODULE: ./js/actions/_shared/reconcile/read-live.js + 23 modules
var read_live = __webpack_require__(2415);
;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/apply.js










/** Ends the transaction without keeping anything, with the reason it ends for. */
class Refused extends Error {
    name = 'Refused';
    reason;
    work;
    constructor(reason, work) {
        super(reason);
        this.reason = reason;
        this.work = work;
    }
}
/**
 * Make a database what the files say, in one transaction under an advisory lock: plan again inside the lock, compare
 * with the plan that was reviewed, change, write ledger and audit row. Either all of it is kept or nothing; run again
 * after any interruption, and twice changes nothing. Every apply that reaches the database leaves one audit row.
 *
 * @throws ConfigurationError when the database can't be reached, and for a migration the server refuses
 */
async function applyPlan(options) {
    const started = new Date();
    const progress = { locked: false };
    const elapsed = () => Date.now() - started.getTime();
    try {
        const done = await (0,transaction/* writeTransaction */.S)(options.sql, limitsOf(options), async (tx) => {
            await lockReconcile(tx);
            progress.locked = true;
            const live = await (0,read_live/* readLive */.p)(tx, options.desired, options.env);
            const work = (0,build_plan/* buildPlan */.G)(live, options);
            progress.work = work;
            refuse(options, work);
            return { plan: work.plan, id: await carryOut(tx, { ...options, live, work, started, elapsed }) };
        });
        return result(done.plan.changes.length > 0 ? 'applied' : 'nothing_to_do', done.plan, done.id);
    }
    catch (error) {
        const failure = await classify(error, options, progress);
        const { plan, reason, message } = failure;
        const id = await recordFailure({
            sql: options.sql,
            actor: options.actor,
            started,
            durationMs: elapsed(),
            failure,
        });
        return { ...result(reason, plan, id), message };
    }
    function result(reason, plan, id) {
        const durationMs = elapsed();
        return {
            schema_version: 1,
            reason,
            plan,
            reconciliationId: id === null ? null : Number(id),
            durationMs,
            message: applyMessage(reason, plan, durationMs),
        };
    }
}
function limitsOf({ lockTimeoutMs }) {
    return { ...transaction/* APPLY_LIMITS */.M5, lockMs: lockTimeoutMs ?? transaction/* APPLY_LIMITS */.M5.lockMs };
}
function refuse(options, work) {
    const { blockers, digest } = work.plan;
    if (blockers.length > 0) {
        const guarded = blockers.every((blocker) => blocker.code === deletion_guard/* DELETION_GUARD */.D);
        throw new Refused(guarded ? 'deletion_guard' : 'blocked', work);
    }
    if (options.expectDigest !== undefined && options.expectDigest !== digest) {
        throw new Refused('plan_moved', work);
    }
}
/** What an error means for the apply, with the best plan there is to show. */
async function classify(error, options, progress) {
    if (error instanceof Refused) {
        const { plan } = error.work;
        return { reason: error.reason, plan, message: applyMessage(error.reason, plan, 0), error: null };
    }
    const lockTimedOut = (0,connection_errors/* errorCode */.CA)(error) === '55P03' && !progress.locked;
    const lost = (0,connection_errors/* isConnectionLost */.pb)(error);
    if (!progress.locked && !lockTimedOut) {
        // Nothing was begun: this is a database that can't be reached, or a fault of ours.
        throw (0,connection_errors/* explainConnectionError */.M0)(error, (0,connection_errors/* connectionPlace */.A1)(options.sql)) ?? error;
    }
    const plan = progress.work?.plan ?? (await (0,reconcile_plan.computePlan)(options));
    if (lockTimedOut) {
        return { reason: 'locked', plan, message: await lockedMessage(options.sql), error: null };
    }
    const message = failureMessage(error, lost);
    return { reason: lost ? 'connection_lost' : 'failed', plan, message, error: message };
}


/***/ })

};
