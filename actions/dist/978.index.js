export const id = 978;
export const ids = [978,264,528];
export const modules = {

/***/ 6978:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   apply: () => (/* binding */ apply)
/* harmony export */ });
/* harmony import */ var node_os__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(8161);
/* harmony import */ var _shared_io_errors_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(6283);
/* harmony import */ var _shared_reconcile_apply_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(2528);
/* harmony import */ var _shared_reconcile_plan_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(3051);
/* harmony import */ var _target_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(973);
/* harmony import */ var _write_plan_js__WEBPACK_IMPORTED_MODULE_5__ = __webpack_require__(4469);






const succeeded = new Set(['applied', 'nothing_to_do']);
/** True when a person said yes; without a terminal, `--yes` is the only yes. */
async function consent(plan) {
    if (process.stdin.isTTY !== true) {
        throw new _shared_io_errors_js__WEBPACK_IMPORTED_MODULE_1__/* .ConfigurationError */ .j('apply asks before it changes anything, and there is no terminal to ask on.', {
            hint: 'Add --yes, and --expect-digest with the digest of the plan that was reviewed.',
        });
    }
    const { confirm, isCancel } = await __webpack_require__.e(/* import() */ 582).then(__webpack_require__.bind(__webpack_require__, 5582));
    const answer = await confirm({
        message: `Apply ${plan.changes.length} changes to ${plan.environment}?`,
        initialValue: false,
    });
    return !isCancel(answer) && answer;
}
async function applyTo(target, options) {
    const { desired, sql } = target;
    const shared = {
        sql,
        desired,
        env: process.env,
        prune: options.prune === true,
        ...(options.allowDeletes === undefined ? {} : { allowDeletes: options.allowDeletes }),
    };
    const plan = await (0,_shared_reconcile_plan_js__WEBPACK_IMPORTED_MODULE_3__.computePlan)(shared);
    if (options.format === 'terminal' || options.dryRun === true)
        await (0,_write_plan_js__WEBPACK_IMPORTED_MODULE_5__/* .writePlan */ .p)(plan, desired, options.format);
    if (options.dryRun === true)
        return plan.blockers.length > 0 ? 1 : 0;
    if (plan.blockers.length === 0 &&
        plan.changes.length > 0 &&
        options.yes !== true &&
        !(await consent(plan))) {
        process.stderr.write('Nothing was changed.\n');
        return 1;
    }
    const result = await (0,_shared_reconcile_apply_js__WEBPACK_IMPORTED_MODULE_2__.applyPlan)({
        ...shared,
        actor: { name: process.env.OPSROOM_ACTOR ?? (0,node_os__WEBPACK_IMPORTED_MODULE_0__.userInfo)().username },
        expectDigest: options.expectDigest ?? plan.digest,
    });
    if (options.format === 'json')
        process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
    else
        process.stdout.write(`${result.message}\n`);
    return succeeded.has(result.reason) ? 0 : 1;
}
/** `opsroom apply`: exit 0 when the environment is what the files say. */
async function apply(options) {
    return (0,_target_js__WEBPACK_IMPORTED_MODULE_4__/* .withTarget */ .y)(options, (target) => applyTo(target, options));
}


/***/ }),

/***/ 973:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   y: () => (/* binding */ withTarget)
/* harmony export */ });
/* harmony import */ var node_fs__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(3024);
/* harmony import */ var node_path__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(6760);
/* harmony import */ var _shared_database_connect_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(4264);
/* harmony import */ var _shared_declare_load_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(4041);
/* harmony import */ var _shared_io_errors_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(6283);





/** The database a running `npm start` of this checkout published, if any. */
function localDatabaseUrl(root) {
    try {
        const text = (0,node_fs__WEBPACK_IMPORTED_MODULE_0__.readFileSync)(node_path__WEBPACK_IMPORTED_MODULE_1__.join(root, '.opsroom', 'instance.json'), 'utf8');
        const value = JSON.parse(text);
        if (typeof value === 'object' &&
            value !== null &&
            'databaseUrl' in value &&
            typeof value.databaseUrl === 'string') {
            return value.databaseUrl;
        }
    }
    catch {
        return undefined;
    }
    return undefined;
}
/** Where an environment's database is: its variable, or for `local` the control room running in this folder. */
function databaseUrl(desired, root) {
    const { environment } = desired;
    const given = process.env[environment.connectionEnv];
    if (given !== undefined && given !== '')
        return given;
    const local = environment.name === 'local' ? localDatabaseUrl(root) : undefined;
    if (local !== undefined)
        return local;
    throw new _shared_io_errors_js__WEBPACK_IMPORTED_MODULE_4__/* .ConfigurationError */ .j(`No database for environment ${environment.name}: the variable ${environment.connectionEnv} is not set.`, {
        hint: environment.name === 'local'
            ? 'Start the local control room with `npm start` in this folder, or set the variable.'
            : 'Set it to the connection string (Supabase: Connect, "Transaction pooler" or "Direct connection").',
    });
}
/** Read the declarations and connect; the files must be free of errors. Closes the connection afterwards. */
async function withTarget(options, work) {
    const declarations = await (0,_shared_declare_load_js__WEBPACK_IMPORTED_MODULE_3__/* .loadDeclarations */ .C)({ root: options.root });
    const errors = declarations.diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
    if (errors.length > 0) {
        throw new _shared_io_errors_js__WEBPACK_IMPORTED_MODULE_4__/* .ConfigurationError */ .j(`${errors.length} error${errors.length === 1 ? '' : 's'} in runbooks/; nothing was done.`, {
            diagnostics: errors,
        });
    }
    const desired = declarations.resolve(options.env);
    const sql = (0,_shared_database_connect_js__WEBPACK_IMPORTED_MODULE_2__.connect)({ url: databaseUrl(desired, options.root), applicationName: 'opsroom' });
    try {
        return await work({ desired, declarations, sql });
    }
    finally {
        await sql.end({ timeout: 5 });
    }
}


/***/ }),

/***/ 4469:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   p: () => (/* binding */ writePlan)
/* harmony export */ });
/** Print a plan to standard output in the format asked for; `desired` gives schedules in words and next runs. */
async function writePlan(plan, desired, format) {
    if (format === 'json') {
        process.stdout.write(`${JSON.stringify(plan, null, 2)}\n`);
        return;
    }
    const { scheduleReader } = await Promise.all(/* import() */[__webpack_require__.e(800), __webpack_require__.e(120), __webpack_require__.e(516)]).then(__webpack_require__.bind(__webpack_require__, 516));
    const schedule = scheduleReader(desired.jobs, new Date());
    switch (format) {
        case 'markdown': {
            const { renderPlanMarkdown } = await __webpack_require__.e(/* import() */ 939).then(__webpack_require__.bind(__webpack_require__, 3939));
            process.stdout.write(`${renderPlanMarkdown(plan, { schedule })}\n`);
            return;
        }
        case 'terminal': {
            const { renderPlanTerminal } = await __webpack_require__.e(/* import() */ 53).then(__webpack_require__.bind(__webpack_require__, 9434));
            process.stdout.write(renderPlanTerminal(plan, { color: process.stdout.isTTY === true, schedule }));
            return;
        }
    }
}


/***/ }),

/***/ 4264:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  connect: () => (/* binding */ connect)
});

// EXTERNAL MODULE: ../../node_modules/postgres/src/index.js + 9 modules
var src = __webpack_require__(8074);
// EXTERNAL MODULE: ./js/actions/_shared/io/errors.js
var errors = __webpack_require__(6283);
;// CONCATENATED MODULE: ./js/actions/_shared/database/connection-target.js

/** How the server proves itself, with libpq's words (https://www.postgresql.org/docs/current/libpq-ssl.html). */
const SSL_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'];
const example = 'postgresql://USER:PASSWORD@HOST:5432/DATABASE';
/**
 * Parse a Postgres connection string. Parameters other tools add (`pgbouncer=true`, `connection_limit`) are ignored:
 * sent on as startup parameters they would make a pooler refuse the connection.
 *
 * @throws ConfigurationError that never repeats the string, because it holds a password
 */
function parseConnectionTarget(url) {
    const parsed = parseUrl(url);
    if (parsed.protocol !== 'postgres:' && parsed.protocol !== 'postgresql:') {
        throw new errors/* ConfigurationError */.j('The database connection string does not start with postgresql://', {
            hint: `Write it as ${example}`,
        });
    }
    const query = parsed.searchParams;
    const host = decode(parsed.hostname).replace(/^\[(.*)\]$/, '$1') || query.get('host') || 'localhost';
    const user = decode(parsed.username) || query.get('user') || 'postgres';
    return {
        host,
        port: Number(parsed.port || query.get('port') || 5432),
        database: decode(parsed.pathname.slice(1)) || user,
        user,
        password: decode(parsed.password) || query.get('password') || '',
        sslMode: sslMode(query.get('sslmode'), host),
        sslRootCert: query.get('sslrootcert') ?? undefined,
        options: query.get('options') ?? undefined,
        connectTimeoutSeconds: connectTimeout(query.get('connect_timeout')),
    };
}
/** True for this machine's own addresses and Unix sockets: no wire anybody else could listen on. */
function isLoopback(host) {
    return (host === 'localhost' ||
        host.endsWith('.localhost') ||
        host === '::1' ||
        host.startsWith('/') ||
        /^127(\.\d{1,3}){3}$/.test(host));
}
function parseUrl(url) {
    const trimmed = url.trim();
    // A raw `#`, `/` or `?` in the password is the classic reason for a string that does not parse.
    if (!URL.canParse(trimmed)) {
        throw new errors/* ConfigurationError */.j('The database connection string is not a URL', {
            hint: `Write it as ${example}; percent-encode special characters of the password (# is %23, / is %2F, @ is %40, % is %25)`,
        });
    }
    return new URL(trimmed);
}
function decode(text) {
    try {
        return decodeURIComponent(text);
    }
    catch {
        throw new errors/* ConfigurationError */.j('The database connection string holds a lone % sign', {
            hint: 'Percent-encode it: % is %25',
        });
    }
}
function sslMode(written, host) {
    if (written === null)
        return isLoopback(host) ? 'disable' : 'verify-full';
    // `allow` differs from `prefer` only in what is tried first.
    const mode = written === 'allow' ? 'prefer' : written;
    const known = SSL_MODES.find((candidate) => candidate === mode);
    if (known === undefined) {
        throw new errors/* ConfigurationError */.j(`sslmode=${written} is not known`, {
            hint: `Use one of ${SSL_MODES.join(', ')}; leave it out for verify-full`,
        });
    }
    if (known === 'prefer' && !isLoopback(host)) {
        throw new errors/* ConfigurationError */.j(`sslmode=${written} would fall back to an unencrypted connection`, {
            hint: 'Leave sslmode out (verify-full), or say sslmode=disable when plain text is really meant',
        });
    }
    return known;
}
function connectTimeout(written) {
    if (written === null)
        return 15;
    const seconds = Number(written);
    if (!Number.isInteger(seconds) || seconds < 1) {
        throw new errors/* ConfigurationError */.j('connect_timeout of the connection string is not a number of seconds', {
            hint: 'For example connect_timeout=15',
        });
    }
    return seconds;
}

// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __webpack_require__(3024);
// EXTERNAL MODULE: external "node:tls"
var external_node_tls_ = __webpack_require__(1692);
;// CONCATENATED MODULE: ./js/actions/_shared/database/supabase-root-ca.js
/**
 * Supabase's own certificate authority (subject "Supabase Root 2021 CA", valid until 2031-04-26, SHA-1 fingerprint
 * A4:51:8A:09:33:AF:69:49:48:2C:CA:30:14:C0:07:C3:69:DF:9F:6F). Hosted databases and poolers present certificates
 * signed by it, and no system store knows it; the dashboard offers the same file under Database, SSL configuration.
 */
const SUPABASE_ROOT_CA = `-----BEGIN CERTIFICATE-----
MIIDxDCCAqygAwIBAgIUbLxMod62P2ktCiAkxnKJwtE9VPYwDQYJKoZIhvcNAQEL
BQAwazELMAkGA1UEBhMCVVMxEDAOBgNVBAgMB0RlbHdhcmUxEzARBgNVBAcMCk5l
dyBDYXN0bGUxFTATBgNVBAoMDFN1cGFiYXNlIEluYzEeMBwGA1UEAwwVU3VwYWJh
c2UgUm9vdCAyMDIxIENBMB4XDTIxMDQyODEwNTY1M1oXDTMxMDQyNjEwNTY1M1ow
azELMAkGA1UEBhMCVVMxEDAOBgNVBAgMB0RlbHdhcmUxEzARBgNVBAcMCk5ldyBD
YXN0bGUxFTATBgNVBAoMDFN1cGFiYXNlIEluYzEeMBwGA1UEAwwVU3VwYWJhc2Ug
Um9vdCAyMDIxIENBMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAqQXW
QyHOB+qR2GJobCq/CBmQ40G0oDmCC3mzVnn8sv4XNeWtE5XcEL0uVih7Jo4Dkx1Q
DmGHBH1zDfgs2qXiLb6xpw/CKQPypZW1JssOTMIfQppNQ87K75Ya0p25Y3ePS2t2
GtvHxNjUV6kjOZjEn2yWEcBdpOVCUYBVFBNMB4YBHkNRDa/+S4uywAoaTWnCJLUi
cvTlHmMw6xSQQn1UfRQHk50DMCEJ7Cy1RxrZJrkXXRP3LqQL2ijJ6F4yMfh+Gyb4
O4XajoVj/+R4GwywKYrrS8PrSNtwxr5StlQO8zIQUSMiq26wM8mgELFlS/32Uclt
NaQ1xBRizkzpZct9DwIDAQABo2AwXjALBgNVHQ8EBAMCAQYwHQYDVR0OBBYEFKjX
uXY32CztkhImng4yJNUtaUYsMB8GA1UdIwQYMBaAFKjXuXY32CztkhImng4yJNUt
aUYsMA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADggEBAB8spzNn+4VU
tVxbdMaX+39Z50sc7uATmus16jmmHjhIHz+l/9GlJ5KqAMOx26mPZgfzG7oneL2b
VW+WgYUkTT3XEPFWnTp2RJwQao8/tYPXWEJDc0WVQHrpmnWOFKU/d3MqBgBm5y+6
jB81TU/RG2rVerPDWP+1MMcNNy0491CTL5XQZ7JfDJJ9CCmXSdtTl4uUQnSuv/Qx
Cea13BX2ZgJc7Au30vihLhub52De4P/4gonKsNHYdbWjg7OWKwNv/zitGDVDB9Y2
CMTyZKG3XEu5Ghl1LEnI3QmEKsqaCLv12BnVjbkSeZsMnevJPs1Ye6TjjJwdik5P
o/bKiIz+Fq8=
-----END CERTIFICATE-----`;

;// CONCATENATED MODULE: ./js/actions/_shared/database/tls-settings.js




/**
 * TLS as libpq understands `sslmode` and `sslrootcert`: verified with host name unless the target says otherwise.
 * Like libpq, `require` together with a root certificate verifies the chain.
 *
 * @throws ConfigurationError when the root certificate file can't be read
 */
function tlsSettings(target) {
    const { sslMode } = target;
    switch (sslMode) {
        case 'disable':
            return false;
        case 'prefer':
            return 'prefer';
        case 'require':
            return target.sslRootCert === undefined
                ? { rejectUnauthorized: false }
                : { ca: trusted(target), checkServerIdentity: () => undefined };
        case 'verify-ca':
            return { ca: trusted(target), checkServerIdentity: () => undefined };
        case 'verify-full':
            // The driver leaves out the server name for IP addresses; Node then checks the certificate against `host`.
            return { ca: trusted(target), host: target.host };
    }
}
function trusted(target) {
    const { sslRootCert } = target;
    if (sslRootCert === 'system')
        return [...(0,external_node_tls_.getCACertificates)('system')];
    if (sslRootCert !== undefined)
        return [readCertificate(sslRootCert)];
    return isSupabase(target.host) ? [...external_node_tls_.rootCertificates, SUPABASE_ROOT_CA] : [...external_node_tls_.rootCertificates];
}
function isSupabase(host) {
    return /\.supabase\.(co|com)$/.test(host);
}
function readCertificate(path) {
    try {
        return (0,external_node_fs_.readFileSync)(path, 'utf8');
    }
    catch (error) {
        throw new errors/* ConfigurationError */.j(`sslrootcert: the file ${path} can't be read`, {
            hint: 'Give the path of the PEM file of the authority that signed the server certificate',
            cause: error,
        });
    }
}

;// CONCATENATED MODULE: ./js/actions/_shared/database/connect.js



/**
 * Open a client that works through the direct connection, the session pooler and the transaction pooler alike: no
 * prepared statements, no startup parameters beyond the application name, no session state. Connections are made when
 * first needed, so a wrong address shows at the first statement (see `explainConnectionError`).
 *
 * @param options.url connection string; TLS is verified unless it points to this machine or says `sslmode=disable`
 * @param options.applicationName shown in pg_stat_activity
 * @param options.max most connections at once, 2 by default
 * @throws ConfigurationError for a connection string that can't be used; the password is never repeated
 */
function connect(options) {
    const target = parseConnectionTarget(options.url);
    return (0,src/* default */.A)({
        host: target.host,
        port: target.port,
        database: target.database,
        user: target.user,
        pass: target.password,
        ssl: tlsSettings(target),
        prepare: false,
        // The driver would ask for the array types of the server on every connection; we never send typed arrays.
        fetch_types: false,
        max: options.max ?? 2,
        connect_timeout: target.connectTimeoutSeconds,
        idle_timeout: 30,
        max_lifetime: null,
        onnotice: () => { },
        connection: {
            application_name: options.applicationName,
            ...(target.options === undefined ? {} : { options: target.options }),
        },
    });
}


/***/ }),

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
