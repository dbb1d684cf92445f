export const id = 535;
export const ids = [535,264];
export const modules = {

/***/ 7535:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   plan: () => (/* binding */ plan)
/* harmony export */ });
/* harmony import */ var _shared_reconcile_plan_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(3051);
/* harmony import */ var _target_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(973);
/* harmony import */ var _write_plan_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(4469);



/** `opsroom plan`: exit 0; with `--detailed-exitcode` 2 when something would change; 1 when apply would refuse. */
async function plan(options) {
    return (0,_target_js__WEBPACK_IMPORTED_MODULE_1__/* .withTarget */ .y)(options, async ({ desired, sql }) => {
        const result = await (0,_shared_reconcile_plan_js__WEBPACK_IMPORTED_MODULE_0__.computePlan)({
            sql,
            desired,
            env: process.env,
            prune: options.prune === true,
            ...(options.allowDeletes === undefined ? {} : { allowDeletes: options.allowDeletes }),
        });
        await (0,_write_plan_js__WEBPACK_IMPORTED_MODULE_2__/* .writePlan */ .p)(result, desired, options.format);
        if (result.blockers.length > 0)
            return 1;
        return options.detailedExitcode === true && result.changes.length > 0 ? 2 : 0;
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


/***/ })

};
