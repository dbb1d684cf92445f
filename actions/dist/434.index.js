export const id = 434;
export const ids = [434,264];
export const modules = {

/***/ 6434:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   runs: () => (/* binding */ runs)
/* harmony export */ });
/* harmony import */ var node_timers_promises__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(8500);
/* harmony import */ var _shared_report_runs_terminal_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(6885);
/* harmony import */ var _shared_runs_run_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(7365);
/* harmony import */ var _shared_runs_statements_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(2292);
/* harmony import */ var _target_js__WEBPACK_IMPORTED_MODULE_4__ = __webpack_require__(973);





const pollEvery = 1000;
/** Print each run when it is first seen and whenever it changes, until Ctrl-C. */
async function follow(sql, options, print) {
    const seen = new Map();
    const stop = new AbortController();
    process.once('SIGINT', () => stop.abort());
    process.once('SIGTERM', () => stop.abort());
    while (!stop.signal.aborted) {
        const rows = await (0,_shared_runs_statements_js__WEBPACK_IMPORTED_MODULE_3__/* .listRuns */ .v)(sql, {
            job: options.job,
            onlyFailed: options.failed === true,
            limit: options.limit,
        });
        for (const run of rows.reverse()) {
            const state = `${run.status}/${run.attempt}`;
            if (seen.get(run.id) !== state)
                print(run);
            seen.set(run.id, state);
        }
        // Only runs that can still change need to be remembered beyond the page they are on.
        const onPage = new Set(rows.map((run) => run.id));
        for (const id of seen.keys())
            if (!onPage.has(id))
                seen.delete(id);
        await (0,node_timers_promises__WEBPACK_IMPORTED_MODULE_0__.setTimeout)(pollEvery, undefined, { signal: stop.signal }).catch(() => undefined);
    }
}
/** `opsroom runs [JOB]`: newest last, as a log reads. */
async function runs(options) {
    return (0,_target_js__WEBPACK_IMPORTED_MODULE_4__/* .withTarget */ .y)(options, async ({ sql }) => {
        const color = process.stdout.isTTY === true;
        const print = (run) => process.stdout.write(options.format === 'json' ? `${JSON.stringify(run)}\n` : (0,_shared_report_runs_terminal_js__WEBPACK_IMPORTED_MODULE_1__/* .renderRunLine */ .w)(run, { color }));
        if (options.follow === true) {
            await follow(sql, options, print);
            return 0;
        }
        const rows = (await (0,_shared_runs_statements_js__WEBPACK_IMPORTED_MODULE_3__/* .listRuns */ .v)(sql, { job: options.job, onlyFailed: options.failed === true, limit: options.limit })).reverse();
        if (options.format === 'json')
            process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
        else
            process.stdout.write((0,_shared_report_runs_terminal_js__WEBPACK_IMPORTED_MODULE_1__/* .renderRunsTerminal */ .R)(rows, { color }));
        const open = rows.filter((run) => !(0,_shared_runs_run_js__WEBPACK_IMPORTED_MODULE_2__/* .isFinal */ .dR)(run)).length;
        if (open > 0 && options.format === 'terminal')
            process.stdout.write(`${open} still running; --follow stays with them\n`);
        return 0;
    });
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

/***/ 6885:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   R: () => (/* binding */ renderRunsTerminal),
/* harmony export */   w: () => (/* binding */ renderRunLine)
/* harmony export */ });
/* harmony import */ var cli_table3__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(2300);
/* harmony import */ var _printable_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(3671);
/* harmony import */ var _terminal_style_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(2122);



const STATUS_STYLE = {
    queued: 'dim',
    fired: 'change',
    delivered: 'change',
    succeeded: 'good',
    failed: 'bad',
    timed_out: 'bad',
    lost: 'bad',
    skipped: 'dim',
    cancelled: 'dim',
};
/** The runs of jobs as a table with the three truths (fired, delivered, reported), newest as given; ends in a newline. */
function renderRunsTerminal(runs, { color }) {
    if (runs.length === 0)
        return 'No runs.\n';
    const paint = (0,_terminal_style_js__WEBPACK_IMPORTED_MODULE_1__/* .painter */ .C)(color);
    const table = new cli_table3__WEBPACK_IMPORTED_MODULE_0__({
        head: ['run', 'job', 'due (UTC)', 'fired', 'delivered', 'reported', 'outcome', 'why'].map((title) => paint('dim', title)),
        style: { head: [], border: [], compact: true },
        chars: PLAIN_BORDERS,
    });
    for (const run of runs)
        table.push(runCells(run, paint));
    return `${table.toString()}\n`;
}
/** One run on one line, for `--follow`. */
function renderRunLine(run, { color }) {
    const [id, job, due, fired, delivered, reported, outcome, why] = runCells(run, (0,_terminal_style_js__WEBPACK_IMPORTED_MODULE_1__/* .painter */ .C)(color));
    return `${due}  #${id} ${job}  fired ${fired}  delivered ${delivered}  reported ${reported}  ${outcome}${why === '' ? '' : `  ${why}`}\n`;
}
function runCells(run, paint) {
    const attempt = run.attempt > 1 ? ` (attempt ${run.attempt})` : '';
    return [
        String(run.id),
        (0,_printable_js__WEBPACK_IMPORTED_MODULE_2__/* .printable */ .g)(run.job, 63),
        timestamp(run.scheduledFor),
        clock(run.firedAt),
        `${clock(run.deliveredAt)}${run.httpStatus === null ? '' : ` ${run.httpStatus}`}`,
        clock(run.reportedAt),
        paint(STATUS_STYLE[run.status], run.status.replaceAll('_', ' ')) + attempt,
        whyOf(run),
    ];
}
function whyOf(run) {
    const words = run.error ?? '';
    if (run.errorCode === null)
        return (0,_printable_js__WEBPACK_IMPORTED_MODULE_2__/* .printable */ .g)(words, 120);
    return (0,_printable_js__WEBPACK_IMPORTED_MODULE_2__/* .printable */ .g)(words.startsWith(run.errorCode) || words === '' ? words || run.errorCode : `${run.errorCode}: ${words}`, 120);
}
function timestamp(at) {
    return at.toISOString().slice(0, 19).replace('T', ' ');
}
function clock(at) {
    return at === null ? '-' : at.toISOString().slice(11, 19);
}
const PLAIN_BORDERS = {
    top: '',
    'top-mid': '',
    'top-left': '',
    'top-right': '',
    bottom: '',
    'bottom-mid': '',
    'bottom-left': '',
    'bottom-right': '',
    left: '',
    'left-mid': '',
    mid: '',
    'mid-mid': '',
    right: '',
    'right-mid': '',
    middle: '  ',
};


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

/***/ 7365:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   KF: () => (/* binding */ Run),
/* harmony export */   dR: () => (/* binding */ isFinal)
/* harmony export */ });
/* unused harmony export RunStatus */
/* harmony import */ var zod__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(1532);
/* harmony import */ var zod__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(9043);

/** States a run can be in; the last six are final. */
const RunStatus = zod__WEBPACK_IMPORTED_MODULE_0__/* ["enum"] */ .k5n([
    'queued',
    'fired',
    'delivered',
    'succeeded',
    'failed',
    'timed_out',
    'lost',
    'skipped',
    'cancelled',
]);
/** One row of `ops.cron_runs`: a run and its three truths (fired, delivered, reported). */
const Run = zod__WEBPACK_IMPORTED_MODULE_0__/* .object */ .Ikc({
    id: zod__WEBPACK_IMPORTED_MODULE_1__/* .number */ .ai(),
    job: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP(),
    trigger: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP(),
    status: RunStatus,
    attempt: zod__WEBPACK_IMPORTED_MODULE_0__/* .number */ .aig(),
    scheduledFor: zod__WEBPACK_IMPORTED_MODULE_0__/* .date */ .p6U(),
    firedAt: zod__WEBPACK_IMPORTED_MODULE_0__/* .date */ .p6U().nullable(),
    deliveredAt: zod__WEBPACK_IMPORTED_MODULE_0__/* .date */ .p6U().nullable(),
    reportedAt: zod__WEBPACK_IMPORTED_MODULE_0__/* .date */ .p6U().nullable(),
    finishedAt: zod__WEBPACK_IMPORTED_MODULE_0__/* .date */ .p6U().nullable(),
    httpStatus: zod__WEBPACK_IMPORTED_MODULE_0__/* .number */ .aig().nullable(),
    errorCode: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().nullable(),
    error: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().nullable(),
    actor: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().nullable(),
});
/** True when the run will not change any more. */
function isFinal(run) {
    return run.status !== 'queued' && run.status !== 'fired' && run.status !== 'delivered';
}


/***/ }),

/***/ 2292:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   A3: () => (/* binding */ collectOutcomes),
/* harmony export */   cI: () => (/* binding */ readRun),
/* harmony export */   eA: () => (/* binding */ fireJob),
/* harmony export */   v: () => (/* binding */ listRuns),
/* harmony export */   wT: () => (/* binding */ readJobNames)
/* harmony export */ });
/* harmony import */ var zod__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(1532);
/* harmony import */ var zod__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(9043);
/* harmony import */ var _run_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(7365);


const Identifier = zod__WEBPACK_IMPORTED_MODULE_1__/* .array */ .YOg(zod__WEBPACK_IMPORTED_MODULE_1__/* .object */ .Ikc({ id: zod__WEBPACK_IMPORTED_MODULE_2__/* .number */ .ai() })).length(1);
/** Fire a job now, whatever its schedule says; overlap rules still hold. Returns the run's id. */
async function fireJob(sql, job, actor) {
    const rows = await sql `select ops.fire_now(${job}, ${actor}) as id`;
    return Identifier.parse([...rows])[0]?.id ?? 0;
}
/** Join arrived answers to their runs now instead of at the collector's next minute. */
async function collectOutcomes(sql) {
    await sql `select ops.collect()`;
}
/** One run, or `undefined` when there is none with this id. */
async function readRun(sql, id) {
    const rows = await sql `
    select id, job, trigger, status, attempt, scheduled_for as "scheduledFor", fired_at as "firedAt",
           delivered_at as "deliveredAt", reported_at as "reportedAt", finished_at as "finishedAt",
           http_status as "httpStatus", error_code as "errorCode", error, actor
    from ops.cron_runs
    where id = ${id}`;
    return zod__WEBPACK_IMPORTED_MODULE_1__/* .array */ .YOg(_run_js__WEBPACK_IMPORTED_MODULE_0__/* .Run */ .KF).parse([...rows])[0];
}
/** Names of declared jobs, in order. */
async function readJobNames(sql) {
    const rows = await sql `select name from ops.job_definitions order by name`;
    return zod__WEBPACK_IMPORTED_MODULE_1__/* .array */ .YOg(zod__WEBPACK_IMPORTED_MODULE_1__/* .object */ .Ikc({ name: zod__WEBPACK_IMPORTED_MODULE_1__/* .string */ .YjP() }))
        .parse([...rows])
        .map((row) => row.name);
}
/** Runs, newest first. */
async function listRuns(sql, query) {
    const rows = await sql `
    select id, job, trigger, status, attempt, scheduled_for as "scheduledFor", fired_at as "firedAt",
           delivered_at as "deliveredAt", reported_at as "reportedAt", finished_at as "finishedAt",
           http_status as "httpStatus", error_code as "errorCode", error, actor
    from ops.list_runs(${query.job ?? null}, ${query.onlyFailed}, ${query.beforeId ?? null}, ${query.limit})`;
    return zod__WEBPACK_IMPORTED_MODULE_1__/* .array */ .YOg(_run_js__WEBPACK_IMPORTED_MODULE_0__/* .Run */ .KF).parse([...rows]);
}


/***/ })

};
