export const id = 929;
export const ids = [929];
export const modules = {

/***/ 643:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   A1: () => (/* binding */ connectionPlace),
/* harmony export */   CA: () => (/* binding */ errorCode),
/* harmony export */   M0: () => (/* binding */ explainConnectionError),
/* harmony export */   pb: () => (/* binding */ isConnectionLost)
/* harmony export */ });
/* harmony import */ var _io_errors_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(6283);

/** Host, port, database and user of a client. */
function connectionPlace(sql) {
    const { host, port, database, user } = sql.options;
    return { host: host[0] ?? 'localhost', port: port[0] ?? 5432, database, user };
}
/** The SQLSTATE or system error code of whatever was thrown. */
function errorCode(error) {
    if (typeof error !== 'object' || error === null || !('code' in error))
        return undefined;
    return typeof error.code === 'string' ? error.code : undefined;
}
function errorMessage(error) {
    return error instanceof Error ? error.message : String(error);
}
/**
 * Codes of a connection that broke after it had worked: driver and socket codes, SQLSTATE class 57P (the server was
 * told to stop or to drop us), class 08 (connection exceptions, also a pooler's) and 25P03/25P04 (idle too long).
 */
const LOST_CODES = new Set([
    'CONNECTION_CLOSED',
    'CONNECTION_DESTROYED',
    'CONNECTION_ENDED',
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
    'ECONNABORTED',
    '57P01',
    '57P02',
    '57P03',
    '57P05',
    '08000',
    '08003',
    '08006',
    '25P03',
    '25P04',
]);
/** True when the connection went away while it was in use; what was not committed is undone by the server. */
function isConnectionLost(error) {
    return LOST_CODES.has(errorCode(error) ?? '');
}
/**
 * A failure to connect as a configuration error that says what to do. Anything that is no connection failure comes
 * back `undefined`: it is somebody else's to explain.
 */
function explainConnectionError(error, place) {
    if (error instanceof _io_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .ConfigurationError */ .j)
        return error;
    const explanation = explain(errorCode(error), errorMessage(error), place);
    if (explanation === undefined)
        return undefined;
    const where = `${place.host}:${place.port}, database ${place.database}, user ${place.user}`;
    // No cause: a driver error carries the statement's parameters.
    return new _io_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .ConfigurationError */ .j(`${explanation.what} (${where})`, { hint: explanation.hint });
}
function explain(code, message, place) {
    return (unreachable(code, place) ??
        untrusted(code, message) ??
        refusedByServer(code, message, place) ??
        (isLost(code)
            ? {
                what: 'The connection to the database was lost',
                hint: 'Run it again: what was not committed is undone, and applying twice changes nothing',
            }
            : undefined));
}
function isLost(code) {
    return LOST_CODES.has(code ?? '');
}
function unreachable(code, place) {
    const direct = /^db\.[a-z]{20}\.supabase\.co$/.test(place.host);
    const ipv6 = direct
        ? 'The direct connection of hosted Supabase answers on IPv6 only, which GitHub runners lack: use the connection string of the pooler (dashboard, Connect)'
        : undefined;
    switch (code) {
        case 'ECONNREFUSED':
            return {
                what: 'No database answers there',
                hint: 'Check host and port, and that the server is running',
            };
        case 'ENOTFOUND':
        case 'EAI_AGAIN':
            return {
                what: 'The host name of the database is not known',
                hint: ipv6 ?? 'Check the host of the connection string',
            };
        case 'ENETUNREACH':
        case 'EHOSTUNREACH':
        case 'EADDRNOTAVAIL':
            return {
                what: 'The network of the database is not reachable from here',
                hint: ipv6 ?? 'Check the route to the host',
            };
        case 'CONNECT_TIMEOUT':
            return {
                what: 'The database did not answer in time',
                hint: ipv6 ?? 'Check host, port, firewall and network restrictions; connect_timeout=30 waits longer',
            };
        default:
            return undefined;
    }
}
const trustHint = 'Give the authority that signed it with sslrootcert=PATH (Supabase: Database, SSL configuration, download), or say sslmode=require to encrypt without verifying';
function untrusted(code, message) {
    if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
        return {
            what: 'The certificate of the database is for another host name',
            hint: 'Connect by the name in the certificate, or say sslmode=verify-ca to check the signature only',
        };
    }
    if (code === 'CERT_HAS_EXPIRED') {
        return { what: 'The certificate of the database has expired', hint: 'Renew it on the server' };
    }
    if (/^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_)/.test(code ?? '')) {
        return { what: 'The certificate of the database is not trusted', hint: trustHint };
    }
    if (message.startsWith('Client network socket disconnected before secure TLS') || code === 'EPROTO') {
        return {
            what: 'The server does not speak TLS',
            hint: 'Turn TLS on at the server; only for a network you trust: sslmode=disable',
        };
    }
    return undefined;
}
function refusedByServer(code, message, place) {
    const pooler = place.host.includes('pooler') || place.port === 6543;
    if (code === '28P01' || code === '28000' || code === 'SASL_SIGNATURE_MISMATCH') {
        return {
            what: 'The database refused user or password',
            hint: pooler
                ? "Through Supabase's pooler the user is postgres.PROJECT_REF; a new password takes a minute to arrive there"
                : 'Check both; percent-encode special characters of the password',
        };
    }
    if (/tenant or user not found/i.test(message)) {
        return {
            what: 'The pooler does not know this project',
            hint: 'Check the region of the host and the user postgres.PROJECT_REF (dashboard, Connect)',
        };
    }
    if (code === '3D000' || /no such database|bouncer config error/i.test(message)) {
        return { what: 'The server has no such database', hint: 'Check the end of the connection string' };
    }
    if (code === '53300' || /too many (clients|connections)|max clients reached/i.test(message)) {
        return {
            what: 'The server has no connection left',
            hint: 'Use the transaction pooler (port 6543), or try again when other clients are done',
        };
    }
    if (/server login (has been )?fail|query_wait_timeout|server_login_retry/i.test(message)) {
        return {
            what: 'The pooler has no connection to the database',
            hint: 'Check that the database itself is up',
        };
    }
    return undefined;
}


/***/ }),

/***/ 9672:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Ff: () => (/* binding */ unscheduleJobs),
/* harmony export */   H$: () => (/* binding */ schedulePlacedJobs),
/* harmony export */   HS: () => (/* binding */ alterJobs),
/* harmony export */   T1: () => (/* binding */ readCronJobs),
/* harmony export */   cx: () => (/* binding */ scheduleJobs)
/* harmony export */ });
/* unused harmony export CronJobRow */
/* harmony import */ var zod__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(1532);
/* harmony import */ var _text_array_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(9092);


/** One row of `cron.job`, as far as it decides what runs when. */
const CronJobRow = zod__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({
    jobid: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP(),
    /** Null for jobs scheduled without a name. */
    jobname: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().nullable(),
    schedule: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP(),
    command: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP(),
    database: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP(),
    username: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP(),
    active: zod__WEBPACK_IMPORTED_MODULE_0__/* .boolean */ .zMY(),
    /** False: the role is gone, and pg_cron's scheduler will not survive its next start. */
    owner_exists: zod__WEBPACK_IMPORTED_MODULE_0__/* .boolean */ .zMY(),
});
const CronJobRows = zod__WEBPACK_IMPORTED_MODULE_0__/* .array */ .YOg(CronJobRow);
/** Every job row security lets us see. */
async function readCronJobs(sql) {
    const rows = await sql `
    select j.jobid, j.jobname::text as jobname, j.schedule, j.command, j.database, j.username, j.active,
           r.rolname is not null as owner_exists
    from cron.job j
    left join pg_catalog.pg_roles r on r.rolname = j.username
    order by j.jobid`;
    return CronJobRows.parse([...rows]);
}
/** Schedule jobs that are active, in our database, as our role: one statement for all. */
async function scheduleJobs(sql, jobs) {
    await sql `
    select count(cron.schedule(name, schedule, command))
    from unnest(${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__/* .textArray */ .TS)(jobs.map((job) => job.name))}::text[],
                ${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__/* .textArray */ .TS)(jobs.map((job) => job.schedule))}::text[],
                ${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__/* .textArray */ .TS)(jobs.map((job) => job.command))}::text[]) as job (name, schedule, command)`;
}
/** Schedule jobs `cron.schedule` has no words for: it always makes an active job of ours in our database. */
async function schedulePlacedJobs(sql, jobs) {
    await sql `
    select count(cron.schedule_in_database(name, schedule, command, database, username, active))
    from unnest(${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__/* .textArray */ .TS)(jobs.map((job) => job.name))}::text[],
                ${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__/* .textArray */ .TS)(jobs.map((job) => job.schedule))}::text[],
                ${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__/* .textArray */ .TS)(jobs.map((job) => job.command))}::text[],
                ${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__/* .textArray */ .TS)(jobs.map((job) => job.database))}::text[],
                ${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__/* .textArray */ .TS)(jobs.map((job) => job.username))}::text[],
                ${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__/* .textArray */ .TS)(jobs.map((job) => job.active))}::boolean[])
         as job (name, schedule, command, database, username, active)`;
}
/** Alter jobs by id: one statement for all. `cron.schedule` over an existing name would leave `active` as it is. */
async function alterJobs(sql, jobs) {
    await sql `
    select count(*)
    from unnest(${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__/* .textArray */ .TS)(jobs.map((job) => job.jobid))}::bigint[],
                ${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__/* .textArray */ .TS)(jobs.map((job) => job.schedule))}::text[],
                ${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__/* .textArray */ .TS)(jobs.map((job) => job.command))}::text[],
                ${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__/* .textArray */ .TS)(jobs.map((job) => job.database))}::text[],
                ${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__/* .textArray */ .TS)(jobs.map((job) => job.username))}::text[],
                ${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__/* .textArray */ .TS)(jobs.map((job) => job.active))}::boolean[])
         as job (jobid, schedule, command, database, username, active),
         lateral cron.alter_job(job.jobid, job.schedule, job.command, job.database, job.username, job.active) as altered`;
}
/** Unschedule jobs by id: by name pg_cron scans the whole table for each. */
async function unscheduleJobs(sql, jobids) {
    await sql `
    select count(cron.unschedule(jobid)) from unnest(${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__/* .textArray */ .TS)(jobids)}::bigint[]) as job (jobid)`;
}


/***/ }),

/***/ 8423:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   DI: () => (/* binding */ upsertLedger),
/* harmony export */   R5: () => (/* binding */ deleteLedger),
/* harmony export */   SC: () => (/* binding */ readLedger)
/* harmony export */ });
/* harmony import */ var zod__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(1532);
/* harmony import */ var _text_array_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(9092);


const LedgerRows = zod__WEBPACK_IMPORTED_MODULE_0__/* .array */ .YOg(zod__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({ kind: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP(), name: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP(), digest: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP() }));
/** What we made and how it looked when we last applied it. */
async function readLedger(sql) {
    const rows = await sql `select kind, name, digest from ops.managed_objects`;
    return LedgerRows.parse([...rows]);
}
/** Insert or replace entries of the ledger: one statement for all. */
async function upsertLedger(sql, entries, from) {
    await sql `
    insert into ops.managed_objects as entry
      (kind, name, digest, applied, source_path, commit_sha, reconciliation_id)
    select kind, name, digest, applied::jsonb, source_path, ${from.commit}::text, ${from.reconciliationId}::bigint
    from rows from (unnest(${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__/* .textArray */ .TS)(entries.map((row) => row.kind))}::text[]),
                    unnest(${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__/* .textArray */ .TS)(entries.map((row) => row.name))}::text[]),
                    unnest(${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__/* .textArray */ .TS)(entries.map((row) => row.digest))}::text[]),
                    string_to_table(${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__/* .jsonLines */ .i7)(entries.map((row) => row.applied))}, ${_text_array_js__WEBPACK_IMPORTED_MODULE_1__/* .JSON_SEPARATOR */ .Dw}),
                    unnest(${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__/* .textArray */ .TS)(entries.map((row) => row.sourcePath))}::text[]))
         as row (kind, name, digest, applied, source_path)
    on conflict (kind, name) do update
    set digest = excluded.digest, applied = excluded.applied, source_path = excluded.source_path,
        commit_sha = excluded.commit_sha, reconciliation_id = excluded.reconciliation_id, applied_at = now()`;
}
/** Forget entries: their objects are gone. */
async function deleteLedger(sql, entries) {
    await sql `
    delete from ops.managed_objects entry
    using unnest(${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__/* .textArray */ .TS)(entries.map((row) => row.kind))}::text[],
                 ${(0,_text_array_js__WEBPACK_IMPORTED_MODULE_1__/* .textArray */ .TS)(entries.map((row) => row.name))}::text[]) as gone (kind, name)
    where entry.kind = gone.kind and entry.name = gone.name`;
}


/***/ }),

/***/ 1161:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   _E: () => (/* binding */ readTarget)
/* harmony export */ });
/* unused harmony exports Relation, TargetFacts */
/* harmony import */ var zod__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(1532);

/** A table or view: whether our role may read it, and whether row security hides nothing from us. */
const Relation = zod__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({ readable: zod__WEBPACK_IMPORTED_MODULE_0__/* .boolean */ .zMY(), seesAllRows: zod__WEBPACK_IMPORTED_MODULE_0__/* .boolean */ .zMY() });
/** What a server offers and what our role may do there. One row, read in one statement. */
const TargetFacts = zod__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({
    database: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP(),
    user: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP(),
    serverVersion: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP(),
    superuser: zod__WEBPACK_IMPORTED_MODULE_0__/* .boolean */ .zMY(),
    /** True when statements reach the server log with their parameters, whatever we set. */
    logsParameters: zod__WEBPACK_IMPORTED_MODULE_0__/* .boolean */ .zMY(),
    /** Installed extensions and their versions. */
    extensions: zod__WEBPACK_IMPORTED_MODULE_0__/* .record */ .g1P(zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP(), zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP()),
    /** Schemas that are our local stand-in for an extension, with the version they follow. */
    standIns: zod__WEBPACK_IMPORTED_MODULE_0__/* .record */ .g1P(zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP(), zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP()),
    /** `schema.name` of the relations we work with, where they exist. */
    relations: zod__WEBPACK_IMPORTED_MODULE_0__/* .record */ .g1P(zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP(), Relation),
    /** `schema.name` of the functions we call, where they exist: whether we may call every form of it. */
    functions: zod__WEBPACK_IMPORTED_MODULE_0__/* .record */ .g1P(zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP(), zod__WEBPACK_IMPORTED_MODULE_0__/* .boolean */ .zMY()),
});
/**
 * Read what the target is. Looks into the catalogs only: `to_regclass` and friends raise when a schema is closed to us.
 */
async function readTarget(sql) {
    const rows = await sql `
    with wanted_relations (nspname, relname) as (
      values ('cron', 'job'), ('vault', 'secrets'), ('vault', 'decrypted_secrets'), ('net', '_http_response'),
             ('supabase_migrations', 'schema_migrations'), ('ops', 'job_definitions'), ('ops', 'managed_objects'),
             ('ops', 'reconciliations')
    ), wanted_functions (nspname, proname) as (
      values ('cron', 'schedule'), ('cron', 'schedule_in_database'), ('cron', 'alter_job'), ('cron', 'unschedule'),
             ('vault', 'create_secret'), ('vault', 'update_secret'), ('net', 'http_post')
    ), own as (
      select rolsuper, rolbypassrls from pg_catalog.pg_roles where rolname = current_user
    ), relations as (
      select n.nspname || '.' || c.relname as name,
             pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_table_privilege(c.oid, 'select')
               as readable,
             not c.relrowsecurity or own.rolsuper or own.rolbypassrls
               or (pg_catalog.pg_has_role(c.relowner, 'usage') and not c.relforcerowsecurity) as sees_all_rows
      from wanted_relations w
      join pg_catalog.pg_namespace n on n.nspname = w.nspname
      join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = w.relname
      cross join own
    ), functions as (
      select n.nspname || '.' || p.proname as name,
             bool_and(pg_catalog.has_schema_privilege(n.oid, 'usage')
                      and pg_catalog.has_function_privilege(p.oid, 'execute')) as callable
      from wanted_functions w
      join pg_catalog.pg_namespace n on n.nspname = w.nspname
      join pg_catalog.pg_proc p on p.pronamespace = n.oid and p.proname = w.proname
      group by 1
    )
    select current_database() as database,
           current_user as "user",
           current_setting('server_version') as "serverVersion",
           own.rolsuper as superuser,
           current_setting('log_parameter_max_length') <> '0'
             and (current_setting('log_statement') = 'all'
                  or current_setting('log_min_duration_statement') = '0')
             and not pg_catalog.has_parameter_privilege('log_parameter_max_length', 'set') as "logsParameters",
           (select coalesce(json_object_agg(extname, extversion), '{}') from pg_catalog.pg_extension) as extensions,
           (select coalesce(json_object_agg(nspname, version), '{}')
            from (select nspname, substring(pg_catalog.obj_description(oid, 'pg_namespace')
                                            from '^Stand-in for .* ([0-9.]+) ') as version
                  from pg_catalog.pg_namespace where nspname in ('cron', 'net', 'vault')) as stand_in
            where version is not null) as "standIns",
           (select coalesce(json_object_agg(name, json_build_object('readable', readable, 'seesAllRows', sees_all_rows)), '{}')
            from relations) as relations,
           (select coalesce(json_object_agg(name, callable), '{}') from functions) as functions
    from own`;
    return (zod__WEBPACK_IMPORTED_MODULE_0__/* .array */ .YOg(TargetFacts)
        .length(1)
        .parse([...rows])[0] ?? TargetFacts.parse(undefined));
}


/***/ }),

/***/ 9092:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Dw: () => (/* binding */ JSON_SEPARATOR),
/* harmony export */   TS: () => (/* binding */ textArray),
/* harmony export */   i7: () => (/* binding */ jsonLines)
/* harmony export */ });
/**
 * A Postgres array literal for a parameter cast to `text[]` (or any array whose elements have text input). The driver
 * knows array types only after an extra query per connection, which we don't pay.
 */
function textArray(values) {
    let literal = '{';
    let separator = '';
    for (const value of values) {
        literal += separator + (value === null ? 'null' : element(value));
        separator = ',';
    }
    return `${literal}}`;
}
function element(value) {
    if (typeof value !== 'string')
        return String(value);
    const needsEscape = value.includes('"') || value.includes('\\');
    return `"${needsEscape ? value.replace(/["\\]/g, '\\$&') : value}"`;
}
/** Between the texts of `jsonLines`: a character JSON never holds unescaped. */
const JSON_SEPARATOR = '\u001e';
/**
 * Many JSON texts as one parameter, for `string_to_table(..., JSON_SEPARATOR)`. As elements of an array literal every
 * quote of them would have to be escaped here and unescaped there.
 */
function jsonLines(texts) {
    return texts.join(JSON_SEPARATOR);
}


/***/ }),

/***/ 8375:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   $E: () => (/* binding */ readTransaction),
/* harmony export */   M5: () => (/* binding */ APPLY_LIMITS),
/* harmony export */   S: () => (/* binding */ writeTransaction),
/* harmony export */   tr: () => (/* binding */ inSavepoint),
/* harmony export */   zc: () => (/* binding */ setLimits)
/* harmony export */ });
/* unused harmony export READ_LIMITS */
/* harmony import */ var _connection_errors_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(643);

/** For looking: short, because nothing waits for locks. */
const READ_LIMITS = { statementMs: 60_000, lockMs: 10_000, idleMs: 60_000 };
/** For changing: migrations and ten thousand jobs take their time, waiting for another apply does not. */
const APPLY_LIMITS = { statementMs: 600_000, lockMs: 15_000, idleMs: 120_000 };
/** Run work in one read-only transaction that sees one moment of the database. */
async function readTransaction(sql, work) {
    return inTransaction(sql, 'isolation level repeatable read read only', READ_LIMITS, work);
}
/**
 * Run work in one read-write transaction. Each statement sees what was committed before it started, so what is read
 * after an advisory lock was got is true.
 */
async function writeTransaction(sql, limits, work) {
    return inTransaction(sql, 'isolation level read committed read write', limits, work);
}
/**
 * Set the limits of the running transaction. Nothing outlives it, so a pooled server connection is handed back as it
 * came. The last two keep parameters (secret values) out of the server's log, as far as our role may.
 */
async function setLimits(tx, limits) {
    await tx `
    select pg_catalog.set_config('statement_timeout', ${String(limits.statementMs)}, true),
           pg_catalog.set_config('lock_timeout', ${String(limits.lockMs)}, true),
           pg_catalog.set_config('idle_in_transaction_session_timeout', ${String(limits.idleMs)}, true),
           pg_catalog.set_config('client_connection_check_interval', '2s', true),
           pg_catalog.set_config('log_parameter_max_length_on_error', '0', true),
           case when pg_catalog.has_parameter_privilege('log_parameter_max_length', 'set')
             then pg_catalog.set_config('log_parameter_max_length', '0', true) end`;
}
/**
 * Run work that may fail without failing the transaction: an error undoes the work alone and is thrown here.
 */
async function inSavepoint(tx, work) {
    const box = {};
    await tx.savepoint(async (inner) => {
        try {
            box.result = { value: await work(inner) };
        }
        catch (error) {
            if (brokeTheConnection(error))
                await forever();
            throw error;
        }
    });
    if (box.result === undefined)
        throw new Error('a savepoint ended without a result');
    return box.result.value;
}
async function inTransaction(sql, mode, limits, work) {
    const progress = { begun: false };
    try {
        return await attempt(sql, mode, limits, work, progress);
    }
    catch (error) {
        // A pooled connection the server had dropped: the driver reports that on the next use, before anything ran.
        if (progress.begun || !(0,_connection_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .isConnectionLost */ .pb)(error))
            throw error;
        return attempt(sql, mode, limits, work, progress);
    }
}
async function attempt(sql, mode, limits, work, progress) {
    const box = {};
    const connection = { closed: false };
    const transaction = sql.begin(mode, async (pinned) => {
        progress.begun = true;
        try {
            const tx = guarded(pinned, connection);
            await setLimits(tx, limits);
            box.result = { value: await work(tx) };
        }
        catch (error) {
            if (!brokeTheConnection(error))
                throw error;
            await forever();
        }
        if (connection.closed)
            await forever();
    });
    // `begin` rejects the moment its connection closes, whatever its callback is doing.
    transaction.catch(() => {
        connection.closed = true;
    });
    await transaction;
    if (box.result === undefined)
        throw new Error('a transaction ended without a result');
    return box.result.value;
}
/**
 * postgres.js 3.4.9 answers an error inside `begin` with a rollback even when the connection is gone, and a statement
 * sent to a closed connection crashes the process (a write to a null socket in a later tick) or runs outside the
 * transaction once somebody else reopened it. So after a loss nothing may be sent: our callback stays pending and
 * `begin` rejects on its own.
 */
function forever() {
    return new Promise(() => { });
}
function guarded(pinned, connection) {
    return new Proxy(pinned, {
        apply(target, self, parts) {
            if (connection.closed)
                throw new ConnectionClosed();
            return Reflect.apply(target, self, parts);
        },
        get(target, property, receiver) {
            if (connection.closed)
                throw new ConnectionClosed();
            return Reflect.get(target, property, receiver);
        },
    });
}
class ConnectionClosed extends Error {
    name = 'ConnectionClosed';
    code = 'CONNECTION_CLOSED';
    constructor() {
        super('The connection was closed while a transaction was open');
    }
}
/** Codes the driver gives when its socket is gone, as opposed to errors the server reports over a working one. */
const SOCKET_CODES = new Set([
    'CONNECTION_CLOSED',
    'CONNECTION_DESTROYED',
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
    'ECONNABORTED',
]);
function brokeTheConnection(error) {
    return SOCKET_CODES.has((0,_connection_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .errorCode */ .CA)(error) ?? '');
}


/***/ }),

/***/ 3459:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   d: () => (/* binding */ canonicalJson)
/* harmony export */ });
/**
 * JSON in exactly the text Postgres prints for the jsonb made of it: keys ordered by byte length, then by bytes; one
 * space after `:` and `,`; numbers without exponent. So both sides can digest a value without asking the other.
 */
function canonicalJson(value) {
    if (value === null || value === undefined)
        return 'null';
    switch (typeof value) {
        case 'string':
            return JSON.stringify(value);
        case 'number':
            return canonicalNumber(value);
        case 'boolean':
            return value ? 'true' : 'false';
        case 'object':
            return Array.isArray(value) ? canonicalArray(value) : canonicalObject(value);
        default:
            throw new TypeError(`a ${typeof value} has no JSON`);
    }
}
function canonicalArray(values) {
    let text = '[';
    let separator = '';
    for (const value of values) {
        text += separator + canonicalJson(value);
        separator = ', ';
    }
    return `${text}]`;
}
// Written for ten thousand definitions in a row: no intermediate lists of entries, each key looked at once.
function canonicalObject(value) {
    let text = '{';
    let separator = '';
    for (const { name, label } of Object.keys(value).map(keyOf).sort(compareKeys)) {
        const inner = Reflect.get(value, name);
        if (inner === undefined)
            continue;
        text += separator + label + canonicalJson(inner);
        separator = ', ';
    }
    return `${text}}`;
}
const keys = new Map();
// Keys are words of our own language but for those inside of bodies, of which there may be any number.
const MOST_KEYS = 2000;
function keyOf(name) {
    const known = keys.get(name);
    if (known !== undefined)
        return known;
    const key = { name, label: `${JSON.stringify(name)}: `, bytes: Buffer.from(name) };
    if (keys.size < MOST_KEYS)
        keys.set(name, key);
    return key;
}
function compareKeys(a, b) {
    return a.bytes.length - b.bytes.length || Buffer.compare(a.bytes, b.bytes);
}
function canonicalNumber(value) {
    if (Number.isInteger(value) && Math.abs(value) < 1e15)
        return Object.is(value, -0) ? '0' : String(value);
    if (!Number.isFinite(value))
        return 'null';
    const text = JSON.stringify(value);
    const exponent = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
    if (exponent === null)
        return text;
    const [, sign = '', first = '', rest = '', power = '0'] = exponent;
    const digits = first + rest;
    const point = 1 + Number(power);
    if (point <= 0)
        return `${sign}0.${'0'.repeat(-point)}${digits}`;
    return `${sign}${digits.padEnd(point, '0')}${digits.length > point ? `.${digits.slice(point)}` : ''}`;
}


/***/ }),

/***/ 8058:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   $r: () => (/* binding */ targetOf),
/* harmony export */   SF: () => (/* binding */ capabilitiesOf),
/* harmony export */   Xq: () => (/* binding */ someNames),
/* harmony export */   ge: () => (/* binding */ missingNet)
/* harmony export */ });
/** Decide what can be done from what the catalogs say. Pure. */
function capabilitiesOf(facts) {
    const has = (name) => facts.relations[name]?.readable === true;
    return {
        ops: {
            ledger: has('ops.managed_objects'),
            definitions: has('ops.job_definitions'),
            audit: has('ops.reconciliations'),
        },
        migrationHistory: has('supabase_migrations.schema_migrations'),
        cron: cronCapability(facts),
        vault: vaultCapability(facts),
        net: facts.functions['net.http_post'] !== undefined,
        logsParameters: facts.logsParameters,
        superuser: facts.superuser,
        user: facts.user,
        database: facts.database,
    };
}
/** The header of a report. */
function targetOf(facts) {
    const version = (extension, schema) => {
        const standIn = facts.standIns[schema];
        return facts.extensions[extension] ?? (standIn === undefined ? null : `${standIn} stand-in`);
    };
    return {
        database: facts.database,
        user: facts.user,
        server_version: facts.serverVersion,
        pg_cron: version('pg_cron', 'cron'),
        pg_net: version('pg_net', 'net'),
        vault: version('supabase_vault', 'vault'),
    };
}
function cronCapability(facts) {
    const job = facts.relations['cron.job'];
    const callable = (name) => facts.functions[name] === true;
    const open = job?.readable === true && callable('cron.schedule') && callable('cron.unschedule');
    return {
        state: job === undefined ? 'absent' : open ? 'ready' : 'closed',
        canAlter: callable('cron.alter_job') && callable('cron.schedule_in_database'),
        seesAllJobs: job?.seesAllRows === true,
        version: versionNumber(facts.extensions.pg_cron ?? facts.standIns.cron),
    };
}
function vaultCapability(facts) {
    const secrets = facts.relations['vault.secrets'];
    const view = facts.relations['vault.decrypted_secrets'];
    if (secrets === undefined || view === undefined)
        return 'absent';
    const callable = facts.functions['vault.create_secret'] === true && facts.functions['vault.update_secret'] === true;
    return secrets.readable && view.readable && callable ? 'ready' : 'closed';
}
/** `1.4-1` is 104, `1.6.4` is 106; an unknown version counts as new. */
function versionNumber(version) {
    const match = /^(\d+)\.(\d+)/.exec(version ?? '');
    return match === null ? 9999 : Number(match[1]) * 100 + Number(match[2]);
}
/** What the target lacks for pg_net; the other extensions are judged by the kinds that use them. */
function missingNet(capabilities, jobs) {
    const calls = jobs.filter((job) => job.definition.call.kind === 'http');
    if (capabilities.net || calls.length === 0)
        return [];
    return [
        {
            name: 'pg_net',
            consequence: `${someNames(calls)} can't send requests: every run is recorded as failed with extension_missing:pg_net`,
            remedy: 'create extension pg_net (Supabase: Database, Extensions)',
        },
    ];
}
/** `job a`, `3 jobs (a, b, c)`, `10000 jobs (a, b, c, ...)`. */
function someNames(objects, noun = 'job') {
    const [first] = objects;
    if (first !== undefined && objects.length === 1)
        return `${noun} ${first.name}`;
    const shown = objects.slice(0, 3).map((object) => object.name);
    if (objects.length > 3)
        shown.push('...');
    return `${objects.length} ${noun}s (${shown.join(', ')})`;
}


/***/ }),

/***/ 7579:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   B: () => (/* binding */ jobFields),
/* harmony export */   S: () => (/* binding */ durationText)
/* harmony export */ });
/* harmony import */ var _canonical_json_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(3459);

/**
 * What people compare of a job: short texts by field, only those that are set. Also takes a stored definition that was
 * edited by hand, so nothing in here may throw on odd values.
 */
function jobFields(definition) {
    const { schedule, call } = definition;
    return {
        schedule: schedule.source,
        timezone: schedule.timezone,
        ...callFields(call),
        ...present('description', definition.description),
        ...present('owner', definition.owner),
        ...(definition.retry === undefined ? {} : { retry: retryText(definition.retry) }),
        ...present('overlap', definition.overlap),
        ...present('misfire', definition.misfire),
        ...(definition.expect === undefined ? {} : { expect: (0,_canonical_json_js__WEBPACK_IMPORTED_MODULE_0__/* .canonicalJson */ .d)(definition.expect) }),
        ...(definition.alert === undefined ? {} : { alert: (0,_canonical_json_js__WEBPACK_IMPORTED_MODULE_0__/* .canonicalJson */ .d)(definition.alert) }),
    };
}
function present(field, value) {
    return value === undefined ? {} : { [field]: value };
}
function callFields(call) {
    switch (call.kind) {
        case 'http':
            return {
                call: `${call.function === undefined ? 'http' : `function ${call.function}`}`,
                request: `${call.method} ${call.url ?? `{${call.url_secret}}${call.path ?? ''}`}`,
                ...(call.body === undefined ? {} : { body: (0,_canonical_json_js__WEBPACK_IMPORTED_MODULE_0__/* .canonicalJson */ .d)(call.body) }),
                ...(Object.keys(call.headers).length === 0 ? {} : { headers: (0,_canonical_json_js__WEBPACK_IMPORTED_MODULE_0__/* .canonicalJson */ .d)(call.headers) }),
                auth: call.auth.length === 0 ? 'none' : call.auth.map(authText).join(', '),
                timeout: durationText(call.timeout_ms),
            };
        case 'sql':
            return { call: 'sql', sql: call.sql, timeout: durationText(call.timeout_ms) };
        case 'enqueue':
            return {
                call: `enqueue ${call.task_type}`,
                payload: (0,_canonical_json_js__WEBPACK_IMPORTED_MODULE_0__/* .canonicalJson */ .d)(call.payload),
                max_attempts: call.max_attempts,
                ...(call.await_report ? { await_report: true } : {}),
            };
    }
}
function authText(auth) {
    switch (auth.kind) {
        case 'run_token':
            return 'run_token';
        case 'header':
            return `${auth.header} from ${auth.secret}`;
        case 'bearer':
            return `bearer from ${auth.secret}`;
        case 'apikey':
            return `apikey from ${auth.secret}`;
    }
}
function retryText(retry) {
    return `${retry.attempts} attempts, ${durationText(retry.backoff_ms)}, on ${retry.on.join(', ')}`;
}
/** `90000` as `90s`, `3600000` as `1h`: the largest unit that divides it. */
function durationText(milliseconds) {
    const units = [
        ['d', 86_400_000],
        ['h', 3_600_000],
        ['m', 60_000],
        ['s', 1000],
    ];
    for (const [unit, size] of units) {
        if (milliseconds >= size && milliseconds % size === 0)
            return `${milliseconds / size}${unit}`;
    }
    return `${milliseconds}ms`;
}


/***/ }),

/***/ 9769:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   f: () => (/* binding */ redactSecrets),
/* harmony export */   h: () => (/* binding */ holdsSecret)
/* harmony export */ });
/**
 * Text somebody else wrote (commands of hand-made jobs, error messages of the server) with what looks like a secret cut
 * out: JSON web tokens, Supabase keys, bearer tokens, passwords in URLs, and literals given to a header that proves
 * identity. Better one literal too many than one too few.
 */
function redactSecrets(text) {
    return SECRET_PATTERNS.reduce((cut, pattern) => cut.replace(pattern, keepPrefix), text);
}
/** True when `redactSecrets` would cut something out. */
function holdsSecret(text) {
    return redactSecrets(text) !== text;
}
const MARK = '[redacted]';
const SECRET_PATTERNS = [
    /()eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g,
    /()\bsb_(?:secret|publishable)_[A-Za-z0-9_-]{8,}/g,
    /()\bsbp_[A-Za-z0-9]{20,}/g,
    /()\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})/g,
    /()\b(?:sk-[A-Za-z0-9_-]{20,}|xox[abprs]-[A-Za-z0-9-]{10,}|AKIA[0-9A-Z]{16})\b/g,
    /()-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
    /((?:bearer|basic)\s+)(?!\[redacted\])[A-Za-z0-9._~+/=-]{6,}/gi,
    /([a-z][a-z0-9+.-]*:\/\/[^\s:@/']+:)[^\s@/']+(?=@)/gi,
    // 'x-job-token', 'literal'   "apikey": "literal"   'Authorization' => 'literal'
    /(['"](?:authorization|apikey|api-key|x-api-key|x-[a-z-]*(?:token|secret|key)|[a-z_-]*(?:password|secret|token))['"]\s*(?:,|:|=>)\s*['"])(?!\[redacted\]|(?:bearer|basic)\s)[^'"]{4,}(?=['"])/gi,
];
function keepPrefix(_whole, prefix) {
    return `${prefix}${MARK}`;
}


/***/ })

};
