export const id = 711;
export const ids = [711];
export const modules = {

/***/ 2823:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   Q: () => (/* binding */ maskSecrets),
/* harmony export */   q: () => (/* binding */ findLiteralSecrets)
/* harmony export */ });
/** What secrets look like: JSON web tokens, Supabase and GitHub keys, private keys, passwords in URLs. */
const SECRETS = [
    { name: 'a JSON web token', pattern: /eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?/ },
    { name: 'a Supabase secret key', pattern: /\bsb_secret_[A-Za-z0-9_-]{6,}/ },
    { name: 'a Supabase access token', pattern: /\bsbp_[A-Za-z0-9]{20,}/ },
    { name: 'a GitHub token', pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})/ },
    {
        name: 'an API key',
        pattern: /\b(?:sk-[A-Za-z0-9_-]{20,}|xox[abprs]-[A-Za-z0-9-]{10,}|AKIA[0-9A-Z]{16})\b/,
    },
    { name: 'a private key', pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----/ },
    {
        name: 'a password in a URL',
        pattern: /[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@'"]{1,200}:[^\s:/@'"]{1,200}@/i,
    },
];
const ANY_SECRET = new RegExp(SECRETS.map((secret) => `(${secret.pattern.source})`).join('|'), 'gi');
/** Cheap test that no secret can be in a text, so that most files are scanned once and simply. */
const HINT = /eyJ|sb_secret_|sbp_|gh[pousr]_|github_pat_|sk-|xox|AKIA|PRIVATE KEY|:\/\/[^\s/]*@/i;
/** A finding for each secret in the text of a file, comments included. */
function findLiteralSecrets(text) {
    if (!HINT.test(text))
        return [];
    return [...text.matchAll(ANY_SECRET)].map((match) => {
        const which = SECRETS.findIndex((_, index) => match[index + 1] !== undefined);
        return {
            severity: 'error',
            code: 'literal-secret',
            message: `${SECRETS[which]?.name ?? 'a secret'} is written out here`,
            hint: 'Declare it in secrets.yaml, refer to it by name, and replace it where it came from: it is in the history now.',
            at: { start: match.index, end: match.index + match[0].length },
        };
    });
}
/** The text with everything that looks like a secret replaced by dots of the same length. */
function maskSecrets(text) {
    return HINT.test(text) ? text.replace(ANY_SECRET, (secret) => '•'.repeat(secret.length)) : text;
}


/***/ }),

/***/ 711:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  locateFindings: () => (/* binding */ locateFindings),
  readFile: () => (/* binding */ readFile)
});

;// CONCATENATED MODULE: ./js/actions/_shared/declare/duration.js
/** Durations as people write them: `500ms`, `30s`, `5m`, `1h30m`, `14d`. */
const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** What a duration must look like, for zod and for editors. */
const DURATION = /^(?:\d{1,7}(?:ms|s|m|h|d))+$/;
/** Milliseconds of a text that matches DURATION. */
function parseDuration(text) {
    let total = 0;
    let amount = 0;
    for (let index = 0; index < text.length; index += 1) {
        const digit = text.charCodeAt(index) - 0x30;
        if (digit >= 0 && digit <= 9) {
            amount = amount * 10 + digit;
            continue;
        }
        const unit = text.startsWith('ms', index) ? 'ms' : text.charAt(index);
        total += amount * (UNITS[unit] ?? 0);
        amount = 0;
        index += unit.length - 1;
    }
    return total;
}
/** The shortest exact text for whole milliseconds: 90000 -> `1m30s`. */
function formatDuration(milliseconds) {
    let rest = Math.max(0, Math.round(milliseconds));
    if (rest === 0)
        return '0s';
    let text = '';
    for (const unit of ['d', 'h', 'm', 's', 'ms']) {
        const size = UNITS[unit] ?? 1;
        const amount = Math.floor(rest / size);
        rest -= amount * size;
        if (amount > 0)
            text += `${amount}${unit}`;
    }
    return text;
}

;// CONCATENATED MODULE: ./js/actions/_shared/declare/lint/lint-http.js
/** Headers that `ops.fire` writes itself. */
const OURS = /^(?:x-ops-.*|idempotency-key)$/i;
const CREDENTIAL = /^(?:authorization|apikey|cookie|x-.*-(?:token|key|secret)|proxy-authorization)$/i;
const LOOPBACK = /^http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?:[:/]|$)/i;
/** Reports what is wrong with a request as it is written. */
function lintHttp(call, report) {
    const under = call.function === undefined ? ['call', 'http'] : ['call'];
    if (call.url !== undefined)
        lintUrl(call.url, report);
    for (const [header, value] of Object.entries(call.headers))
        lintHeader(header, value, [...under, 'headers', header], report);
    if (call.body !== undefined && call.method === 'get') {
        const at = { path: [...under, 'body'], part: 'key' };
        report({
            severity: 'error',
            code: 'call-body',
            message: 'a GET request has no body: pg_net cannot send one',
            hint: 'Write `method: post`, or put it into the path.',
            at,
        });
    }
    for (const reference of call.auth) {
        if (reference.kind === 'run_token' || !/service_?role/i.test(reference.secret))
            continue;
        report({
            severity: 'warning',
            code: 'auth-service-role',
            message: `every login of the database can read queued headers, and \`${reference.secret}\` opens everything`,
            hint: 'Use `run_token`, or a token that opens this one function.',
            at: { path: ['call', 'auth'], part: 'key' },
        });
    }
}
function lintUrl(url, report) {
    const at = { path: ['call', 'http', 'url'] };
    if (!URL.canParse(url) || !/^https?:\/\//i.test(url)) {
        report({
            severity: 'error',
            code: 'call-url',
            message: 'this is not a URL pg_net can call',
            hint: 'Write it whole, beginning with https://.',
            at,
        });
    }
    else if (/^http:/i.test(url) && !LOOPBACK.test(url)) {
        report({
            severity: 'error',
            code: 'call-url',
            message: 'this URL sends the request in the clear',
            hint: 'Write https://.',
            at,
        });
    }
}
function lintHeader(header, value, path, report) {
    const at = { path, part: 'key' };
    if (OURS.test(header)) {
        report({
            severity: 'error',
            code: 'call-header',
            message: `\`${header}\` is written by ops.fire itself`,
            hint: 'Remove it.',
            at,
        });
    }
    else if (CREDENTIAL.test(header)) {
        const hint = 'Declare the value as a secret and write `auth: { header: NAME, secret: NAME }`.';
        report({
            severity: 'error',
            code: 'call-header',
            message: `\`${header}\` carries a credential`,
            hint,
            at,
        });
    }
    else if (/^content-type$/i.test(header) && value.trim().toLowerCase() !== 'application/json') {
        report({
            severity: 'error',
            code: 'call-header',
            message: 'pg_net sends JSON only and refuses another content type',
            hint: 'Remove the header.',
            at,
        });
    }
}

// EXTERNAL MODULE: external "node:v8"
var external_node_v8_ = __webpack_require__(8877);
;// CONCATENATED MODULE: ./js/actions/_shared/declare/lint/sql-parser.js
/** Postgres's own parser (libpg-query, WebAssembly), loaded when the first job with SQL is read. */

/** Deeper brackets than any statement of a job has; the parser's stack is small. */
const MAX_BRACKETS = 200;
let loaded;
/** The parser; `at` of an error is an offset in UTF-16 units, as JavaScript counts. */
function loadSqlParser() {
    loaded ??= load();
    return loaded;
}
/**
 * V8 answers a few calls into this parser by optimising it, half a second of work on a background thread that the
 * process then waits for. A budget of this size puts that off until some fifty statements were parsed, where it pays.
 */
const TIERING_BUDGET = 1_000_000_000;
async function load() {
    (0,external_node_v8_.setFlagsFromString)(`--wasm-tiering-budget=${TIERING_BUDGET}`);
    const { loadModule, parseSync } = await __webpack_require__.e(/* import() */ 951).then(__webpack_require__.t.bind(__webpack_require__, 4951, 19));
    await loadModule();
    return (sql) => {
        const deep = tooDeep(sql);
        if (deep !== null)
            return { ok: false, message: 'brackets are nested too deeply', at: deep };
        try {
            return { ok: true, tree: parseSync(sql) };
        }
        catch (error) {
            if (!(error instanceof Error))
                throw error;
            return { ok: false, message: error.message, at: unitsOfCharacters(sql, cursorOf(error)) };
        }
    };
}
function cursorOf(error) {
    const details = 'sqlDetails' in error ? error.sqlDetails : undefined;
    const cursor = typeof details === 'object' && details !== null && 'cursorPosition' in details
        ? details.cursorPosition
        : 0;
    return typeof cursor === 'number' ? cursor : 0;
}
function tooDeep(sql) {
    let depth = 0;
    for (let index = 0; index < sql.length; index += 1) {
        const char = sql[index];
        if (char === '(' || char === '[')
            depth += 1;
        if (char === ')' || char === ']')
            depth -= 1;
        if (depth > MAX_BRACKETS)
            return index;
    }
    return null;
}
/** Postgres counts characters, JavaScript UTF-16 units. */
function unitsOfCharacters(sql, characters) {
    return [...sql].slice(0, Math.max(0, characters)).join('').length;
}
/** Offset in UTF-16 units for the byte offsets the syntax tree holds. */
function unitsOfBytes(sql, bytes) {
    return new TextDecoder().decode(new TextEncoder().encode(sql).subarray(0, Math.max(0, bytes))).length;
}

;// CONCATENATED MODULE: ./js/actions/_shared/declare/lint/sql-rules.js
/** What may not, or should not, stand in the SQL of a job. A rule is one entry: the node it looks at and what it says. */
const error = (code, message, hint) => ({
    severity: 'error',
    code,
    message,
    hint,
});
const warning = (code, message, hint) => ({
    severity: 'warning',
    code,
    message,
    hint,
});
const outside = (what) => error('sql-outside-transaction', `${what} cannot run inside a transaction, and a job's SQL always does`, 'Do it from a workflow or a runbook that holds its own connection.');
/** Rules by node type. */
const SQL_RULES = {
    CopyStmt: (node) => {
        if (node.filename !== undefined)
            return warning('sql-copy', 'COPY to or from a file or program of the server needs rights that hosted databases do not give', 'Read and write tables.');
        return error('sql-copy', 'COPY to stdout or from stdin stops the scheduler: no job runs any more until a restart', 'Use insert ... select, or copy from a client.');
    },
    TransactionStmt: () => error('sql-transaction', 'a job runs in one transaction of its own and cannot begin or end it', 'Remove it; split the work into several jobs if each part must be kept.'),
    VacuumStmt: (node) => (node.is_vacuumcmd === true ? outside('VACUUM') : null),
    IndexStmt: (node) => (node.concurrent === true ? outside('CREATE INDEX CONCURRENTLY') : null),
    DropStmt: (node) => (node.concurrent === true ? outside('DROP INDEX CONCURRENTLY') : null),
    ReindexStmt: (node) => (isConcurrent(node) ? outside('REINDEX CONCURRENTLY') : null),
    CreatedbStmt: () => outside('CREATE DATABASE'),
    DropdbStmt: () => outside('DROP DATABASE'),
    AlterSystemStmt: () => outside('ALTER SYSTEM'),
    InsertStmt: (node) => writeRemark(tableOf(node), 'insert'),
    UpdateStmt: (node) => writeRemark(tableOf(node), 'update') ?? withoutWhere(node, 'update'),
    DeleteStmt: (node) => writeRemark(tableOf(node), 'delete') ?? withoutWhere(node, 'delete'),
    FuncCall: (node) => functionRemark(functionName(node), textArguments(node), argumentNames(node)),
    DoStmt: (node) => /\b(?:commit|rollback)\s*;/i.test(JSON.stringify(node.args ?? ''))
        ? error('sql-transaction', 'this block ends the transaction, and a job runs inside one', 'Remove the commit or rollback.')
        : null,
};
function writeRemark(table, verb) {
    if (table === 'cron.job') {
        return error('sql-cron-write', 'cron.job must not be written to: hosted databases forbid it, and we would see it as drift', 'Declare the job in runbooks/cron/.');
    }
    if (table === 'vault.secrets' && verb !== 'delete') {
        return error('sql-vault-write', 'writing vault.secrets stores the value unencrypted and breaks every read', 'Declare the secret in runbooks/secrets.yaml.');
    }
    if (table.startsWith('net.')) {
        return error('sql-net-write', "a row put into pg_net's tables by hand wakes nobody and is lost", 'Use `call: { function: ... }` or `call: { http: ... }`.');
    }
    return null;
}
function withoutWhere(node, verb) {
    if (node.whereClause !== undefined)
        return null;
    return warning('sql-without-where', `${verb} without \`where\` touches every row`, 'Add a condition; `where true` says that every row is meant.');
}
function functionRemark(name, texts, names) {
    if (name === 'current_setting' &&
        texts.some((text) => /service_role|anon_key|jwt_secret|secret_key/i.test(text))) {
        return error('sql-setting-secret', 'this setting does not exist on hosted databases: the job would fail every time', 'Use `auth:` on a call, or read vault.decrypted_secrets.');
    }
    if (name === 'net.http_get' && names.includes('body')) {
        return error('sql-http-get-body', 'net.http_get has no argument `body`', 'Use `call: { http: ... }` with `method: post`.');
    }
    if (/^net\.http_(?:get|post|delete)$/.test(name)) {
        const hint = 'Use `call: { function: ... }` or `call: { http: ... }`, which follow the answer, retry and alert.';
        return warning('sql-http-call', `${name} only queues the request: the job would succeed whatever the answer is`, hint);
    }
    if (/^vault\.(?:create|update)_secret$/.test(name) && texts.length > 0) {
        return error('sql-vault-write', 'a secret written in SQL ends up in logs and in the history', 'Declare the secret in runbooks/secrets.yaml.');
    }
    if (/^cron\.(?:schedule|schedule_in_database|unschedule|alter_job)$/.test(name)) {
        return warning('sql-cron-write', `${name} changes the schedule behind the files' back: the next plan calls it drift`, 'Declare the job in runbooks/cron/.');
    }
    return null;
}
function isConcurrent(node) {
    return JSON.stringify(node.params ?? '').includes('"concurrently"');
}
/** `schema.table` of a statement's target; the table alone when no schema is written. */
function tableOf(node) {
    const relation = node.relation;
    if (!isNode(relation))
        return '';
    return relation.schemaname === undefined
        ? String(relation.relname)
        : `${relation.schemaname}.${relation.relname}`;
}
/** The dotted name of a called function, without `pg_catalog`. */
function functionName(node) {
    const parts = Array.isArray(node.funcname) ? node.funcname.map(stringOf) : [];
    return parts.filter((part) => part !== null && part !== 'pg_catalog').join('.');
}
function textArguments(node) {
    const args = Array.isArray(node.args) ? node.args : [];
    return args.map(textConstant).filter((text) => text !== null);
}
function argumentNames(node) {
    const args = Array.isArray(node.args) ? node.args : [];
    return args
        .map((arg) => (isNode(arg) && isNode(arg.NamedArgExpr) ? String(arg.NamedArgExpr.name) : ''))
        .filter((name) => name !== '');
}
/** The text of a string constant, null for anything else. */
function textConstant(node) {
    if (!isNode(node))
        return null;
    if (isNode(node.NamedArgExpr))
        return textConstant(node.NamedArgExpr.arg);
    if (isNode(node.TypeCast))
        return textConstant(node.TypeCast.arg);
    const constant = node.A_Const;
    const text = isNode(constant) && isNode(constant.sval) ? constant.sval.sval : undefined;
    return typeof text === 'string' ? text : null;
}
/** The text of a `String` node, which names are made of. */
function stringOf(node) {
    const text = isNode(node) && isNode(node.String) ? node.String.sval : undefined;
    return typeof text === 'string' ? text : null;
}
function isNode(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}

;// CONCATENATED MODULE: ./js/actions/_shared/declare/lint/lint-sql.js


/** Reports faults inside the text at `path`, and returns the Vault secrets the SQL reads by name. */
async function lintSql(sql, path, report) {
    const parse = await loadSqlParser();
    const parsed = parse(sql);
    if (!parsed.ok) {
        const at = Math.min(parsed.at, Math.max(0, sql.length - 1));
        report({
            severity: 'error',
            code: 'sql-syntax',
            message: `Postgres cannot parse this: ${parsed.message}`,
            hint: 'Fix the statement here.',
            at: { path, span: { start: at, end: wordEnd(sql, at) } },
        });
        return [];
    }
    const statements = isNode(parsed.tree) && Array.isArray(parsed.tree.stmts) ? parsed.tree.stmts : [];
    if (statements.length === 0) {
        report({
            severity: 'error',
            code: 'sql-empty',
            message: 'there is no statement here',
            hint: 'Write one, or remove the job.',
            at: { path },
        });
    }
    const walk = { sql, path, report, references: [], readsVault: false };
    try {
        for (const statement of statements)
            visitStatement(statement, walk);
    }
    catch (error) {
        if (!(error instanceof RangeError))
            throw error;
        report({
            severity: 'error',
            code: 'sql-too-deep',
            message: 'this statement is too deep to be checked',
            hint: 'Split it.',
            at: { path },
        });
    }
    return walk.references;
}
function visitStatement(statement, walk) {
    const start = isNode(statement) && typeof statement.stmt_location === 'number' ? statement.stmt_location : 0;
    walk.readsVault = JSON.stringify(statement).includes('"relname":"decrypted_secrets"');
    visit(statement, statementStart(walk.sql, start), walk);
}
/** Goes through a syntax tree. `near` is the offset of the nearest thing around that has one. */
function visit(value, near, walk) {
    if (Array.isArray(value)) {
        for (const item of value)
            visit(item, near, walk);
        return;
    }
    if (!isNode(value))
        return;
    for (const [type, content] of Object.entries(value)) {
        if (!isNode(content)) {
            visit(content, near, walk);
            continue;
        }
        const own = placeOf(type, content);
        const at = own === null ? near : unitsOfBytes(walk.sql, own);
        const remark = SQL_RULES[type]?.(content);
        if (remark)
            walk.report({ ...remark, at: { path: walk.path, span: { start: at, end: wordEnd(walk.sql, at) } } });
        if (type === 'A_Expr' && walk.readsVault)
            noteSecret(content, walk);
        visit(content, at, walk);
    }
}
/** Byte offset of a node; writes have none of their own and are shown at their table. */
function placeOf(type, node) {
    const writes = type === 'InsertStmt' || type === 'UpdateStmt' || type === 'DeleteStmt';
    const holder = writes && isNode(node.relation) ? node.relation : node;
    return typeof holder.location === 'number' && holder.location >= 0 ? holder.location : null;
}
/** `name = 'x'` in a statement that reads Vault. */
function noteSecret(node, walk) {
    const isEquals = Array.isArray(node.name) && node.name.some((part) => stringOf(part) === '=');
    if (!isEquals || !isNameColumn(node.lexpr))
        return;
    const secret = textConstant(node.rexpr);
    if (secret === null)
        return;
    const start = walk.sql.indexOf(`'${secret}'`);
    const span = start < 0 ? {} : { span: { start: start + 1, end: start + 1 + secret.length } };
    walk.references.push({ secret, path: walk.path, use: 'sql', ...span });
}
function isNameColumn(node) {
    const fields = isNode(node) && isNode(node.ColumnRef) ? node.ColumnRef.fields : undefined;
    return Array.isArray(fields) && stringOf(fields.at(-1)) === 'name';
}
/** Past the blanks and comments a statement's recorded start includes. */
function statementStart(sql, bytes) {
    const start = unitsOfBytes(sql, bytes);
    const skipped = /^(?:\s+|--[^\n]*\n|\/\*[\s\S]*?\*\/)*/.exec(sql.slice(start))?.[0].length ?? 0;
    return start + skipped;
}
function wordEnd(sql, at) {
    const word = /^(?:\w+|'[^'\n]{0,80}'?|\S)/.exec(sql.slice(at))?.[0];
    return at + (word?.length ?? 1);
}

;// CONCATENATED MODULE: ./js/actions/_shared/declare/lint/lint-job.js
/** What can be said about one job by looking at its file alone. */



/** Supabase advises ten minutes at most for what pg_cron runs. */
const LONG_SQL_MS = 10 * 60_000;
/** One slow request holds up the two hundred others of its batch. */
const LONG_REQUEST_MS = 60_000;
/** Reports what will hurt although it is well formed. Returns the job with the secrets its SQL reads added. */
async function lintJob(spec, report) {
    const { call } = spec.definition;
    lintTimeout(spec, call, report);
    lintPolicies(spec, report);
    switch (call.kind) {
        case 'http':
            lintHttp(call, report);
            return spec;
        case 'sql': {
            const references = await lintSql(call.sql, ['call', 'sql'], report);
            return references.length === 0 ? spec : { ...spec, references: [...spec.references, ...references] };
        }
        case 'enqueue':
            return spec;
    }
}
function lintTimeout(spec, call, report) {
    if (call.kind === 'enqueue')
        return;
    const at = { path: ['call', 'timeout'] };
    const limit = call.kind === 'sql' ? LONG_SQL_MS : LONG_REQUEST_MS;
    const written = formatDuration(call.timeout_ms);
    if (call.timeout_ms > limit) {
        const [message, hint] = call.kind === 'sql'
            ? [
                `${written} is long for a job inside the database: Supabase advises 10m at most`,
                'Work in smaller batches, or queue the work.',
            ]
            : [
                `a request of up to ${written} holds up every other request of its batch`,
                'Let the function answer at once and report later (`expect: { report: true }`), or queue the work.',
            ];
        report({ severity: 'warning', code: 'timeout-long', message, hint, at });
        return;
    }
    const every = cadenceMs(spec);
    if (every === null || call.timeout_ms < every || spec.definition.overlap !== undefined)
        return;
    report({
        severity: 'warning',
        code: 'timeout-exceeds-cadence',
        message: `a run may take ${written}, and the next one is due after ${formatDuration(every)}: late runs are skipped`,
        hint: 'Lower the timeout, run less often, or say what is meant: `overlap: skip` or `queue_one`.',
        at,
    });
}
/** The shortest time between two runs, for the schedules where it is short. */
function cadenceMs(spec) {
    const { seconds, match } = spec.schedule;
    if (seconds !== undefined)
        return seconds * 1000;
    return match !== undefined && match.minutes_low === 2 ** 30 - 1 && match.minutes_high === 2 ** 30 - 1
        ? 60_000
        : null;
}
function lintPolicies(spec, report) {
    const { definition, schedule } = spec;
    if (schedule.kind !== 'cron' && definition.misfire !== undefined && definition.misfire !== 'skip') {
        report({
            severity: 'warning',
            code: 'misfire-without-slots',
            message: 'only schedules with fixed times can miss a run',
            hint: 'Remove `misfire`, or write the schedule as five fields.',
            at: { path: ['misfire'] },
        });
    }
    if (definition.owner === undefined) {
        report({
            severity: 'notice',
            code: 'job-unowned',
            message: 'nobody owns this job',
            hint: 'Add `owner: "@team"`.',
            at: { path: ['schedule'], part: 'key' },
        });
    }
}

// EXTERNAL MODULE: ./js/actions/_shared/schedule/compile-schedule.js + 1 modules
var compile_schedule = __webpack_require__(120);
// EXTERNAL MODULE: ./js/actions/_shared/schedule/parse-schedule.js + 4 modules
var parse_schedule = __webpack_require__(1273);
// EXTERNAL MODULE: ./js/actions/_shared/schedule/zone-offsets.js
var zone_offsets = __webpack_require__(5316);
// EXTERNAL MODULE: ../../node_modules/zod/v4/core/parse.js
var parse = __webpack_require__(9728);
// EXTERNAL MODULE: ./js/actions/_shared/declare/closest-word.js
var closest_word = __webpack_require__(7664);
// EXTERNAL MODULE: ../../node_modules/zod/v4/mini/schemas.js
var schemas = __webpack_require__(5915);
// EXTERNAL MODULE: ../../node_modules/zod/v4/core/api.js
var api = __webpack_require__(1299);
// EXTERNAL MODULE: ../../node_modules/zod/v4/core/registries.js
var registries = __webpack_require__(4288);
;// CONCATENATED MODULE: ./js/actions/_shared/declare/kinds/vocabulary.js
/** The words that every kind of file shares: names, durations, owners, names of environment variables. */


/** Object, secret and environment names. */
const NAME = /^[a-z0-9][a-z0-9_-]*$/;
const MAX_NAME_BYTES = 63;
const ObjectName = schemas/* string */.YjP()
    .check(api/* _regex */.Fk(NAME, 'is not a good name: use lower-case letters, digits, `_` and `-`'), api/* _maxLength */.Eb(MAX_NAME_BYTES));
/** What stands in a file about a field, for editors. Returns the schema itself. */
function described(schema, description) {
    registries/* globalRegistry */.fd.add(schema, { description });
    return schema;
}
const durationWords = 'must be a duration such as `30s`, `5m` or `1h30m`';
/** A duration between two others. */
function durationBetween(low, high) {
    const [least, most] = [parseDuration(low), parseDuration(high)];
    return schemas/* string */.YjP(durationWords).check(api/* _regex */.Fk(DURATION, { error: durationWords, abort: true }), schemas/* refine */.YPB((text) => parseDuration(text) >= least && parseDuration(text) <= most, `must be between ${low} and ${high}`));
}
/** Ends every message about a place where somebody may have written a value instead of a name. */
const NEVER_THE_VALUE = 'never the value itself';
/** Where a value comes from: the name of an environment variable. */
const FromEnvironment = schemas/* strictObject */.rej({
    env: schemas/* string */.YjP(`must be the name of an environment variable, ${NEVER_THE_VALUE}`)
        .check(api/* _regex */.Fk(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, `must be the name of an environment variable, ${NEVER_THE_VALUE}`)),
}, {
    error: (issue) => issue.code === 'invalid_type' ? `must be \`{ env: NAME }\`, ${NEVER_THE_VALUE}` : undefined,
});
const Owner = schemas/* string */.YjP('must be a GitHub user or team such as "@data-team", or a mail address')
    .check(api/* _regex */.Fk(/^(?:@[A-Za-z0-9][A-Za-z0-9-]*(?:\/[A-Za-z0-9._-]+)?|[^\s@]+@[^\s@]+)$/, 'must be a GitHub user or team such as "@data-team", or a mail address'));
const Description = schemas/* string */.YjP('must be text').check(api/* _maxLength */.Eb(2000));

// EXTERNAL MODULE: ../../node_modules/zod/v4/core/schemas.js + 2 modules
var core_schemas = __webpack_require__(1045);
;// CONCATENATED MODULE: ./js/actions/_shared/declare/schema-keys.js
/** Looks into a zod schema: which keys a map may have at a place, so that a mistyped one gets its nearest right word. */

/** Keys allowed in the object that stands at `path`; empty when the schema has no object there. */
function keysAt(schema, path) {
    let level = [schema];
    for (const part of path)
        level = level.flatMap((candidate) => childrenOf(candidate, part));
    return [...new Set(level.flatMap(keysOf))];
}
function childrenOf(schema, part) {
    if (schema instanceof core_schemas/* $ZodObject */.L8) {
        const child = schema._zod.def.shape[part];
        return child === undefined ? [] : [child];
    }
    if (schema instanceof core_schemas/* $ZodRecord */.h)
        return [schema._zod.def.valueType];
    if (schema instanceof core_schemas/* $ZodArray */.$p)
        return [schema._zod.def.element];
    return inside(schema).flatMap((inner) => childrenOf(inner, part));
}
function keysOf(schema) {
    if (schema instanceof core_schemas/* $ZodObject */.L8)
        return Object.keys(schema._zod.def.shape);
    return inside(schema).flatMap(keysOf);
}
function inside(schema) {
    if (schema instanceof core_schemas/* $ZodUnion */.cu)
        return schema._zod.def.options;
    if (schema instanceof core_schemas/* $ZodOptional */.ig)
        return [schema._zod.def.innerType];
    return [];
}

;// CONCATENATED MODULE: ./js/actions/_shared/declare/check-value.js
/** Checks a value against a zod schema and says every fault in the words of our files, with the nearest right word. */




/** zod/mini ships without a language: a message of its own is one we wrote at the schema. */
const UNSAID = 'Invalid input';
/** The parsed value, or null after reporting everything that is wrong with it. `under` is where the value stands. */
function checkValue(schema, value, report, under = []) {
    const result = parse/* safeParse */.xL(schema, value);
    if (result.success)
        return result.data;
    const reporter = { schema, value, report, under };
    for (const issue of result.error.issues)
        reportIssue(issue, issue.path.map(pathPart), reporter);
    return null;
}
function pathPart(part) {
    return typeof part === 'symbol' ? String(part) : part;
}
function reportIssue(issue, path, reporter) {
    const { report, under } = reporter;
    const at = { path: [...under, ...path] };
    switch (issue.code) {
        case 'unrecognized_keys':
            for (const key of issue.keys)
                reportUnknownKey(key, path, reporter);
            return;
        case 'invalid_type':
            reportType(issue, path, reporter);
            return;
        case 'invalid_value': {
            const values = issue.values.map(String);
            const found = valueAt(reporter.value, path);
            const near = typeof found === 'string' ? (0,closest_word/* closestWord */.E)(found, values) : undefined;
            const shown = typeof found === 'string' ? `\`${shorten(found)}\`` : describe(found);
            report({
                severity: 'error',
                code: 'unknown-value',
                message: found === undefined ? `${nameOf(at.path)} is missing` : `${nameOf(at.path)} cannot be ${shown}`,
                hint: near === undefined
                    ? `It is one of ${values.join(', ')}.`
                    : `Did you mean \`${near}\`? It is one of ${values.join(', ')}.`,
                at: found === undefined ? { path: at.path.slice(0, -1), part: 'key' } : at,
            });
            return;
        }
        case 'invalid_key':
            report({
                severity: 'error',
                code: 'invalid-name',
                message: said(issue.issues[0]?.message, 'is not a good name'),
                at: { ...at, part: 'key' },
            });
            return;
        case 'too_small':
        case 'too_big':
            report({
                severity: 'error',
                code: 'out-of-bounds',
                message: `${nameOf(at.path)} ${boundsText(issue)}`,
                at,
            });
            return;
        case 'invalid_union':
            reportUnion(issue.message, path, reporter);
            return;
        case 'invalid_element':
        case 'invalid_format':
        case 'not_multiple_of':
        case 'custom':
            report({
                severity: 'error',
                code: codeOf(issue.message, 'invalid-value'),
                message: `${nameOf(at.path)} ${said(issue.message, 'is not written as it should be')}`,
                at,
            });
            return;
    }
}
/** Several shapes are allowed here and none fits: a mistyped key is the likeliest reason. */
function reportUnion(message, path, reporter) {
    const found = valueAt(reporter.value, path);
    const known = keysAt(reporter.schema, path);
    const keys = typeof found === 'object' && found !== null && !Array.isArray(found) ? Object.keys(found) : [];
    const unknown = keys.filter((key) => !known.includes(key));
    for (const key of unknown)
        reportUnknownKey(key, path, reporter);
    if (unknown.length > 0)
        return;
    const full = [...reporter.under, ...path];
    const text = said(message, 'is not written as it should be');
    reporter.report({
        severity: 'error',
        code: 'invalid-value',
        message: `${nameOf(full)} ${text}`,
        at: { path: full },
    });
}
function reportUnknownKey(key, path, { schema, report, under }) {
    const known = keysAt(schema, path);
    const near = (0,closest_word/* closestWord */.E)(key, known);
    report({
        severity: 'error',
        code: 'unknown-key',
        message: `unknown key \`${shorten(key)}\`${path.length === 0 && under.length === 0 ? '' : ` in ${nameOf([...under, ...path])}`}`,
        hint: near === undefined ? `Known keys are ${known.join(', ')}.` : `Did you mean \`${near}\`?`,
        at: { path: [...under, ...path, key], part: 'key' },
    });
}
function reportType(issue, path, { value, report, under }) {
    const full = [...under, ...path];
    const found = valueAt(value, path);
    if (found === undefined) {
        const key = full.at(-1);
        const holder = full.slice(0, -1);
        const place = holder.length === 0 ? '' : ` in ${nameOf(holder)}`;
        const wanted = issue.message === UNSAID ? '' : ` It ${issue.message}.`;
        report({
            severity: 'error',
            code: 'missing-key',
            message: `the key \`${key}\` is missing${place}`,
            hint: `Add \`${key}:\`.${wanted}`,
            at: { path: holder, part: 'key' },
        });
        return;
    }
    const wanted = issue.message === UNSAID ? `must be ${article(issue.expected)}` : issue.message;
    if (found === null && full.length === 0) {
        const hint = 'Write what the object is, or remove the file.';
        report({ severity: 'error', code: 'empty-file', message: 'the file is empty', hint, at: { path: full } });
        return;
    }
    const hint = issue.message === UNSAID && issue.expected === 'string' && typeof found !== 'object'
        ? 'Put it in quotes if it is meant as text.'
        : undefined;
    report({
        severity: 'error',
        code: codeOf(issue.message, 'wrong-type'),
        message: `${nameOf(full)} ${wanted}, not ${describe(found)}`,
        ...(hint === undefined ? {} : { hint }),
        at: { path: full },
    });
}
/** Places where a secret may stand have a code of their own: what they hold is never shown. */
function codeOf(message, otherwise) {
    return message.endsWith(NEVER_THE_VALUE) ? 'environment-variable' : otherwise;
}
function said(message, otherwise) {
    return message === undefined || message === UNSAID ? otherwise : message;
}
function boundsText(issue) {
    if (issue.message !== UNSAID)
        return issue.message;
    const limit = issue.code === 'too_small' ? issue.minimum : issue.maximum;
    const word = issue.code === 'too_small' ? 'at least' : 'at most';
    if (issue.origin === 'string')
        return `must have ${word} ${limit} characters`;
    return issue.origin === 'array' ? `must have ${word} ${limit} entries` : `must be ${word} ${limit}`;
}
/** `call.body` for a person; the root is "the file". */
function nameOf(path) {
    if (path.length === 0)
        return 'the file';
    return `\`${path.map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${shorten(part)}`)).join('')}\``;
}
function article(expected) {
    switch (expected) {
        case 'object':
        case 'record':
            return 'a map of keys';
        case 'array':
            return 'a list';
        case 'int':
            return 'a whole number';
        case 'boolean':
            return '`true` or `false`';
        case 'string':
            return 'text';
        default:
            return `a ${expected}`;
    }
}
function describe(value) {
    if (value === null)
        return 'empty';
    if (Array.isArray(value))
        return 'a list';
    switch (typeof value) {
        case 'object':
            return 'a map';
        case 'string':
            return 'text';
        case 'number':
        case 'boolean':
            return `\`${value}\``;
        default:
            return `a ${typeof value}`;
    }
}
function valueAt(value, path) {
    let current = value;
    for (const part of path) {
        if (typeof current !== 'object' || current === null || !Object.hasOwn(current, part))
            return undefined;
        current = Reflect.get(current, part);
    }
    return current;
}
function shorten(text) {
    return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

;// CONCATENATED MODULE: ./js/actions/_shared/declare/kinds/cron-schema.js
/** The shape of a file in `runbooks/cron/`: what zod checks and what editors are told. */


const HttpTimeout = described(durationBetween('100ms', '400s'), 'How long the request may take, its connection included.');
const SqlTimeout = described(durationBetween('100ms', '24h'), 'How long the statement may run. Default 1m.');
const Body = described(schemas/* unknown */.L5J(), 'JSON sent as the body of the request.');
const HeaderName = schemas/* string */.YjP()
    .check(api/* _regex */.Fk(/^[A-Za-z0-9!#$%&'*+.^_|~-]+$/, 'is not the name of an HTTP header'));
const HeaderValue = schemas/* string */.YjP()
    .check(api/* _regex */.Fk(/^[\t -~]*$/, 'must be plain ASCII on one line'), api/* _maxLength */.Eb(4000));
const Headers = described(schemas/* record */.g1P(HeaderName, HeaderValue), 'Fixed headers. What must stay secret goes through `auth`.');
const Method = described(schemas/* enum */.k5n(['get', 'post', 'delete']), 'HTTP method. Default post.');
const Path = described(schemas/* string */.YjP().check(api/* _regex */.Fk(/^\/[^\s]*$/, 'must begin with `/` and hold no blanks')), 'Appended to the URL in the secret.');
const AuthWay = schemas/* union */.KCZ([
    schemas/* enum */.k5n(['run_token', 'none']),
    schemas/* strictObject */.rej({ header: HeaderName, secret: ObjectName }),
    schemas/* strictObject */.rej({ bearer: ObjectName }),
    schemas/* strictObject */.rej({ apikey: ObjectName }),
], 'must be `run_token`, `none`, `{ header, secret }`, `{ bearer: secret }`, `{ apikey: secret }`, or a list of them');
const Auth = described(schemas/* union */.KCZ([AuthWay, schemas/* array */.YOg(AuthWay)], 'must be `run_token`, `none`, `{ header, secret }`, `{ bearer: secret }`, `{ apikey: secret }`, or a list of them'), 'How the request proves itself: a one-time token, or Vault secrets by name.');
const Inputs = schemas/* record */.g1P(schemas/* string */.YjP(), schemas/* union */.KCZ([schemas/* string */.YjP(), schemas/* number */.aig(), schemas/* boolean */.zMY()], 'must be text, a number or a truth value'));
/** What a job does, by the key that names it. */
const CALLS = {
    function: schemas/* strictObject */.rej({
        function: described(schemas/* string */.YjP().check(api/* _regex */.Fk(/^[A-Za-z][A-Za-z0-9_-]{0,62}$/, 'must be the slug of an Edge Function')), 'Slug of one of our Edge Functions; the URL comes from the secret `project_url`.'),
        method: schemas/* exactOptional */.yqP(Method),
        headers: schemas/* exactOptional */.yqP(Headers),
        body: schemas/* exactOptional */.yqP(Body),
        auth: schemas/* exactOptional */.yqP(Auth),
        timeout: HttpTimeout,
    }),
    http: schemas/* strictObject */.rej({
        http: schemas/* strictObject */.rej({
            url: described(schemas/* exactOptional */.yqP(schemas/* string */.YjP().check(api/* _maxLength */.Eb(2000))), 'A fixed URL. Prefer `url_secret`.'),
            url_secret: described(schemas/* exactOptional */.yqP(ObjectName), 'Vault secret that holds the URL.'),
            path: schemas/* exactOptional */.yqP(Path),
            method: schemas/* exactOptional */.yqP(Method),
            headers: schemas/* exactOptional */.yqP(Headers),
            body: schemas/* exactOptional */.yqP(Body),
        }),
        auth: schemas/* exactOptional */.yqP(Auth),
        timeout: HttpTimeout,
    }),
    sql: schemas/* strictObject */.rej({
        sql: described(schemas/* string */.YjP().check(api/* _minLength */.m9(1)), 'Statements run inside the database, in one transaction.'),
        timeout: schemas/* exactOptional */.yqP(SqlTimeout),
    }),
    enqueue: schemas/* strictObject */.rej({
        enqueue: described(ObjectName, 'Task type of the job to put into ops.job_queue.'),
        payload: described(schemas/* exactOptional */.yqP(schemas/* record */.g1P(schemas/* string */.YjP(), schemas/* unknown */.L5J())), 'JSON the worker receives.'),
        max_attempts: described(schemas/* exactOptional */.yqP(schemas/* int */.Whr().check(api/* _gte */.qm(1), api/* _lte */.Zm(100))), 'Tries before the job is dead. Default 3.'),
    }),
    runbook: schemas/* strictObject */.rej({
        runbook: described(ObjectName, 'Runbook to run.'),
        inputs: schemas/* exactOptional */.yqP(Inputs),
    }),
    workflow: schemas/* strictObject */.rej({
        workflow: described(schemas/* string */.YjP()
            .check(api/* _regex */.Fk(/^[A-Za-z0-9._-]+\.ya?ml$/, 'must be a file of .github/workflows such as `deploy.yml`')), 'Workflow to dispatch.'),
        ref: described(schemas/* exactOptional */.yqP(schemas/* string */.YjP().check(api/* _minLength */.m9(1), api/* _maxLength */.Eb(255))), 'Branch or tag. Default: the default branch.'),
        repository: schemas/* exactOptional */.yqP(schemas/* string */.YjP().check(api/* _regex */.Fk(/^[A-Za-z0-9-]+\/[A-Za-z0-9._-]+$/, 'must be owner/name'))),
        inputs: schemas/* exactOptional */.yqP(Inputs),
    }),
};
const RetryOn = schemas/* union */.KCZ([schemas/* enum */.k5n(['4xx', '429', '5xx', 'timeout', 'network', 'lost', 'sql', 'report']), schemas/* literal */.euz(429)], 'must be one of 4xx, 429, 5xx, timeout, network, lost, sql, report');
const Retry = schemas/* strictObject */.rej({
    attempts: described(schemas/* int */.Whr().check(api/* _gte */.qm(1), api/* _lte */.Zm(10)), 'Tries in all.'),
    backoff: described(schemas/* exactOptional */.yqP(durationBetween('1s', '1h')), 'Wait before the second try; doubles each time. Default 30s.'),
    on: described(schemas/* exactOptional */.yqP(schemas/* array */.YOg(RetryOn).check(api/* _minLength */.m9(1))), 'What is worth another try. Default 5xx, timeout, network (sql for sql).'),
});
const Expect = schemas/* strictObject */.rej({
    within: described(schemas/* exactOptional */.yqP(durationBetween('1s', '31d')), 'A run must have begun this long after it was due.'),
    max_duration: described(schemas/* exactOptional */.yqP(durationBetween('1s', '31d')), 'A run must be finished this long after it was fired.'),
    min_success: described(schemas/* exactOptional */.yqP(schemas/* string */.YjP('must be a share and a window such as `95%/24h`')
        .check(api/* _regex */.Fk(/^(?:100|\d{1,2}(?:\.\d+)?)%\/(?:\d{1,7}(?:m|h|d))+$/, 'must be a share and a window such as `95%/24h`'))), 'Share of runs that must succeed in a window, for example 95%/24h.'),
    report: described(schemas/* exactOptional */.yqP(schemas/* boolean */.zMY()), 'A run succeeds only when the function reports its own result.'),
});
const Alert = schemas/* strictObject */.rej({
    after: described(schemas/* exactOptional */.yqP(schemas/* int */.Whr().check(api/* _gte */.qm(1), api/* _lte */.Zm(1000))), 'Failures in a row before the alert. Default 1.'),
    severity: schemas/* exactOptional */.yqP(schemas/* enum */.k5n(['info', 'warning', 'critical'])),
    runbook: described(schemas/* exactOptional */.yqP(ObjectName), 'The runbook to press.'),
});
const Overlap = described(schemas/* enum */.k5n(['skip', 'queue_one', 'allow']), 'What to do when the run before is not finished. Default skip.');
const Misfire = described(schemas/* enum */.k5n(['skip', 'once', 'all']), 'What to do about runs missed while the scheduler was away. Default skip.');
const Schedule = described(schemas/* string */.YjP('must be text such as "*/15 * * * *" or "30 seconds"'), 'Cron fields, `N seconds`, a macro, or `H` fields.');
const Timezone = described(schemas/* string */.YjP(), 'IANA name such as America/New_York. Default UTC.');
const Active = described(schemas/* boolean */.zMY(), 'false keeps the job without running it.');
const Override = schemas/* strictObject */.rej({
    active: schemas/* exactOptional */.yqP(Active),
    owner: schemas/* exactOptional */.yqP(Owner),
    schedule: schemas/* exactOptional */.yqP(Schedule),
    timezone: schemas/* exactOptional */.yqP(Timezone),
    call: described(schemas/* exactOptional */.yqP(schemas/* strictObject */.rej({
        body: schemas/* exactOptional */.yqP(Body),
        payload: schemas/* exactOptional */.yqP(schemas/* record */.g1P(schemas/* string */.YjP(), schemas/* unknown */.L5J())),
        inputs: schemas/* exactOptional */.yqP(Inputs),
        timeout: schemas/* exactOptional */.yqP(SqlTimeout),
    })), 'Only what differs; the rest of the call stays.'),
    retry: schemas/* exactOptional */.yqP(Retry),
    overlap: schemas/* exactOptional */.yqP(Overlap),
    misfire: schemas/* exactOptional */.yqP(Misfire),
    expect: schemas/* exactOptional */.yqP(Expect),
    alert: schemas/* exactOptional */.yqP(Alert),
});
const common = {
    description: described(schemas/* exactOptional */.yqP(Description), 'What the job is for.'),
    owner: described(schemas/* exactOptional */.yqP(Owner), 'Who answers for it.'),
    schedule: Schedule,
    timezone: schemas/* exactOptional */.yqP(Timezone),
    active: schemas/* exactOptional */.yqP(Active),
    retry: schemas/* exactOptional */.yqP(Retry),
    overlap: schemas/* exactOptional */.yqP(Overlap),
    misfire: schemas/* exactOptional */.yqP(Misfire),
    expect: described(schemas/* exactOptional */.yqP(Expect), 'What a good run looks like.'),
    alert: described(schemas/* exactOptional */.yqP(Alert), 'When a person is told.'),
    environments: described(schemas/* exactOptional */.yqP(schemas/* record */.g1P(ObjectName, Override)), 'What differs in one environment.'),
};
/** The file with its call left open: which shape the call must have is decided by the key it holds. */
const CronShell = schemas/* strictObject */.rej({ ...common, call: schemas/* optional */.lqM(schemas/* unknown */.L5J()) });
/** The whole file, for editors. */
const CronFile = schemas/* strictObject */.rej({
    ...common,
    call: described(schemas/* union */.KCZ([CALLS.function, CALLS.http, CALLS.sql, CALLS.enqueue, CALLS.runbook, CALLS.workflow]), 'What the job does: exactly one.'),
});

;// CONCATENATED MODULE: ./js/actions/_shared/declare/kinds/cron-call.js
/** The `call` of a job: which kind it is, what it means to the database, and which secrets it reads. */




const SQL_TIMEOUT_MS = 60_000;
const KINDS = Object.keys(CALLS);
const UNDER = ['call'];
/** Reads `call`. Null when something in it is wrong (reported). */
function readCall(value, report) {
    const kind = kindOf(value, report);
    switch (kind) {
        case null:
            return null;
        case 'function': {
            const call = checkValue(CALLS.function, value, report, UNDER);
            return call === null ? null : functionCall(call);
        }
        case 'http': {
            const call = checkValue(CALLS.http, value, report, UNDER);
            return call === null ? null : httpCall(call, report);
        }
        case 'sql': {
            const call = checkValue(CALLS.sql, value, report, UNDER);
            if (call === null)
                return null;
            const timeout = call.timeout === undefined ? SQL_TIMEOUT_MS : parseDuration(call.timeout);
            return { call: { kind: 'sql', sql: call.sql.trimEnd(), timeout_ms: timeout }, references: [] };
        }
        case 'enqueue': {
            const call = checkValue(CALLS.enqueue, value, report, UNDER);
            return call === null ? null : enqueue(call.enqueue, call.payload ?? {}, call.max_attempts ?? 3, false);
        }
        case 'runbook': {
            const call = checkValue(CALLS.runbook, value, report, UNDER);
            return call === null
                ? null
                : enqueue('runbook_run', { runbook: call.runbook, inputs: call.inputs ?? {} }, 1, true);
        }
        case 'workflow': {
            const call = checkValue(CALLS.workflow, value, report, UNDER);
            if (call === null)
                return null;
            const { inputs, ...target } = call;
            return enqueue('workflow_dispatch', { ...target, inputs: inputs ?? {} }, 1, true);
        }
    }
}
/** The one key that says what the job does. */
function kindOf(value, report) {
    const wanted = `exactly one of ${KINDS.join(', ')}`;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        const missing = value === undefined;
        report({
            severity: 'error',
            code: missing ? 'missing-key' : 'wrong-type',
            message: missing ? 'the key `call` is missing' : '`call` must be a map of keys',
            hint: `It holds ${wanted}.`,
            at: missing ? { path: [], part: 'key' } : { path: UNDER },
        });
        return null;
    }
    const keys = Object.keys(value);
    const [kind, second] = keys.filter(isCallKind);
    if (second !== undefined) {
        report({
            severity: 'error',
            code: 'call-kinds',
            message: `\`call\` holds both \`${kind}\` and \`${second}\``,
            hint: `Keep ${wanted}.`,
            at: { path: [...UNDER, second], part: 'key' },
        });
        return null;
    }
    if (kind !== undefined)
        return kind;
    const mistyped = keys
        .map((key) => ({ key, near: (0,closest_word/* closestWord */.E)(key, KINDS) }))
        .find((candidate) => candidate.near !== undefined);
    report({
        severity: 'error',
        code: mistyped === undefined ? 'call-kinds' : 'unknown-key',
        message: mistyped === undefined
            ? '`call` does not say what to do'
            : `unknown key \`${mistyped.key}\` in \`call\``,
        hint: mistyped === undefined
            ? `It holds ${wanted}.`
            : `Did you mean \`${mistyped.near}\`? \`call\` holds ${wanted}.`,
        at: mistyped === undefined ? { path: UNDER, part: 'key' } : { path: [...UNDER, mistyped.key], part: 'key' },
    });
    return null;
}
function isCallKind(key) {
    return Object.hasOwn(CALLS, key);
}
function functionCall(call) {
    const auth = readAuth(call.auth ?? 'run_token');
    return {
        call: {
            kind: 'http',
            function: call.function,
            method: call.method ?? 'post',
            url_secret: 'project_url',
            path: `/functions/v1/${call.function}`,
            headers: call.headers ?? {},
            ...(call.body === undefined ? {} : { body: call.body }),
            auth,
            timeout_ms: parseDuration(call.timeout),
        },
        references: [
            { secret: 'project_url', path: ['call', 'function'], use: 'url' },
            ...authReferences(call.auth),
        ],
    };
}
function httpCall(call, report) {
    const { http } = call;
    if ((http.url === undefined) === (http.url_secret === undefined)) {
        report({
            severity: 'error',
            code: 'call-url',
            message: http.url === undefined ? '`call.http` has no URL' : '`call.http` has both `url` and `url_secret`',
            hint: 'Write `url_secret: NAME` (with `path:`), or a fixed `url:`.',
            at: { path: ['call', 'http'], part: 'key' },
        });
        return null;
    }
    if (http.url !== undefined && http.path !== undefined) {
        report({
            severity: 'error',
            code: 'call-url',
            message: '`path` is appended to the URL of a secret only',
            hint: 'Make it part of `url`.',
            at: { path: ['call', 'http', 'path'], part: 'key' },
        });
        return null;
    }
    const urlReference = http.url_secret === undefined
        ? []
        : [{ secret: http.url_secret, path: ['call', 'http', 'url_secret'], use: 'url' }];
    return {
        call: {
            kind: 'http',
            method: http.method ?? 'post',
            ...(http.url === undefined ? {} : { url: http.url }),
            ...(http.url_secret === undefined ? {} : { url_secret: http.url_secret }),
            ...(http.path === undefined ? {} : { path: http.path }),
            headers: http.headers ?? {},
            ...(http.body === undefined ? {} : { body: http.body }),
            auth: readAuth(call.auth ?? 'none'),
            timeout_ms: parseDuration(call.timeout),
        },
        references: [...urlReference, ...authReferences(call.auth)],
    };
}
function enqueue(taskType, payload, maxAttempts, awaitReport) {
    return {
        call: {
            kind: 'enqueue',
            task_type: taskType,
            payload,
            max_attempts: maxAttempts,
            await_report: awaitReport,
        },
        references: [],
    };
}
function waysOf(auth) {
    return Array.isArray(auth) ? auth : [auth];
}
function readAuth(auth) {
    return waysOf(auth).flatMap((way) => {
        if (way === 'none')
            return [];
        if (way === 'run_token')
            return [{ kind: 'run_token' }];
        if ('header' in way)
            return [{ kind: 'header', header: way.header, secret: way.secret }];
        return 'bearer' in way
            ? [{ kind: 'bearer', secret: way.bearer }]
            : [{ kind: 'apikey', secret: way.apikey }];
    });
}
function authReferences(auth) {
    if (auth === undefined)
        return [];
    return waysOf(auth).flatMap((way, index) => {
        if (typeof way === 'string')
            return [];
        const key = 'header' in way ? 'secret' : 'bearer' in way ? 'bearer' : 'apikey';
        const secret = 'header' in way ? way.secret : 'bearer' in way ? way.bearer : way.apikey;
        return [
            { secret, path: ['call', 'auth', ...(Array.isArray(auth) ? [index] : []), key], use: 'credential' },
        ];
    });
}

;// CONCATENATED MODULE: ./js/actions/_shared/declare/kinds/cron.js
/** A file of `runbooks/cron/`: one job, with its schedule compiled and what differs per environment. */








/** Reads the value of one file. Null when something in it is wrong; every fault is reported, not only the first. */
function readJob(name, value, report) {
    const shell = checkValue(CronShell, value, report);
    const raw = asMap(value);
    const called = raw === null ? null : readCall(raw.call, report);
    const written = { source: raw?.schedule, timezone: raw?.timezone };
    const schedule = typeof written.source === 'string'
        ? readSchedule(name, { source: written.source, timezone: written.timezone }, [], report)
        : null;
    if (shell === null || called === null || schedule === null)
        return null;
    const overrides = {};
    for (const [environment, override] of Object.entries(shell.environments ?? {})) {
        const read = readOverride({ name, environment, base: { source: shell.schedule, timezone: shell.timezone }, override, called }, report);
        if (read !== null)
            overrides[environment] = read;
    }
    return {
        name,
        ...(shell.active === undefined ? {} : { active: shell.active }),
        schedule,
        definition: {
            call: called.call,
            ...(shell.owner === undefined ? {} : { owner: shell.owner }),
            ...(shell.description === undefined ? {} : { description: shell.description }),
            ...policies(shell, called.call),
        },
        references: called.references,
        overrides,
    };
}
function readSchedule(job, written, under, report) {
    const result = (0,parse_schedule/* parseSchedule */.n)(written.source, { job });
    for (const { start, end, ...problem } of result.problems) {
        report({ ...problem, at: { path: [...under, 'schedule'], span: { start, end } } });
    }
    const timezone = typeof written.timezone === 'string' ? written.timezone : 'UTC';
    const zone = timezone === 'UTC' ? null : (0,zone_offsets/* timezoneProblem */.Hd)(timezone);
    if (zone !== null) {
        const near = (0,closest_word/* closestWord */.E)(timezone, zone.known);
        const hint = near === undefined
            ? 'Write an IANA name such as `America/New_York`, or `UTC`.'
            : `Did you mean \`${near}\`?`;
        report({
            severity: 'error',
            code: 'unknown-timezone',
            message: zone.message,
            hint,
            at: { path: [...under, 'timezone'] },
        });
    }
    if (!result.ok || zone !== null)
        return null;
    return (0,compile_schedule/* compileParsed */.v)({ source: written.source, timezone, schedule: result.schedule });
}
function readOverride(input, report) {
    const { override, called, base } = input;
    const under = ['environments', input.environment];
    const changesTime = override.schedule !== undefined || override.timezone !== undefined;
    const written = { source: override.schedule ?? base.source, timezone: override.timezone ?? base.timezone };
    const schedule = changesTime ? readSchedule(input.name, written, under, report) : undefined;
    const call = override.call === undefined
        ? undefined
        : overrideCall(called.call, override.call, [...under, 'call'], report);
    if (schedule === null || call === null)
        return null;
    return {
        ...(override.active === undefined ? {} : { active: override.active }),
        ...(schedule === undefined ? {} : { schedule }),
        definition: {
            ...(call === undefined ? {} : { call }),
            ...(override.owner === undefined ? {} : { owner: override.owner }),
            ...policies(override, called.call),
        },
    };
}
/** The call with an environment's changes; a change that means nothing to this kind of call is an error. */
function overrideCall(call, change, under, report) {
    const allowed = {
        http: ['body', 'timeout'],
        sql: ['timeout'],
        enqueue: call.kind === 'enqueue' && call.await_report ? ['inputs'] : ['payload'],
    };
    const foreign = Object.keys(change).filter((key) => !allowed[call.kind].includes(key));
    for (const key of foreign) {
        report({
            severity: 'error',
            code: 'override-call',
            message: `\`${key}\` means nothing to this job's call`,
            hint: `Here an environment may change ${allowed[call.kind].map((word) => `\`${word}\``).join(' and ')}.`,
            at: { path: [...under, key], part: 'key' },
        });
    }
    if (foreign.length > 0)
        return null;
    const timeout = change.timeout === undefined ? {} : { timeout_ms: parseDuration(change.timeout) };
    switch (call.kind) {
        case 'http':
            return { ...call, ...(change.body === undefined ? {} : { body: change.body }), ...timeout };
        case 'sql':
            return { ...call, ...timeout };
        case 'enqueue':
            if (change.payload !== undefined)
                return { ...call, payload: change.payload };
            return { ...call, payload: { ...asMap(call.payload), inputs: change.inputs ?? {} } };
    }
}
function policies(written, call) {
    return {
        ...(written.retry === undefined ? {} : { retry: readRetry(written.retry, call) }),
        ...(written.overlap === undefined ? {} : { overlap: written.overlap }),
        ...(written.misfire === undefined ? {} : { misfire: written.misfire }),
        ...(written.expect === undefined ? {} : { expect: readExpect(written.expect) }),
        ...(written.alert === undefined ? {} : { alert: readAlert(written.alert) }),
    };
}
function readRetry(retry, call) {
    const usual = call.kind === 'sql' ? ['sql'] : ['5xx', 'timeout', 'network'];
    return {
        attempts: retry.attempts,
        backoff_ms: retry.backoff === undefined ? 30_000 : parseDuration(retry.backoff),
        on: retry.on === undefined ? usual : retry.on.map((cause) => (cause === 429 ? '429' : cause)),
    };
}
function readExpect(expect) {
    const [share, window] = (expect.min_success ?? '').split('%/');
    return {
        ...(expect.within === undefined ? {} : { within_ms: parseDuration(expect.within) }),
        ...(expect.max_duration === undefined ? {} : { max_duration_ms: parseDuration(expect.max_duration) }),
        ...(window === undefined
            ? {}
            : {
                min_success: {
                    ratio: Math.round(Number(share) * 10_000) / 1_000_000,
                    window_ms: parseDuration(window),
                },
            }),
        ...(expect.report === undefined ? {} : { report: expect.report }),
    };
}
function readAlert(alert) {
    return {
        after: alert.after ?? 1,
        severity: alert.severity ?? 'warning',
        ...(alert.runbook === undefined ? {} : { runbook: alert.runbook }),
    };
}
function asMap(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value)
        ? value
        : null;
}

;// CONCATENATED MODULE: ./js/actions/_shared/declare/kinds/environments.js
/** `runbooks/environments.yaml`: the targets, by name. */



const Limits = schemas/* strictObject */.rej({
    delete_count: described(schemas/* exactOptional */.yqP(schemas/* int */.Whr().check(api/* _gte */.qm(0))), 'Most objects one apply may delete without consent.'),
    delete_percent: described(schemas/* exactOptional */.yqP(schemas/* number */.aig().check(api/* _gte */.qm(0), api/* _lte */.Zm(100))), 'Largest share of all objects, in percent, one apply may delete without consent.'),
});
const Environment = schemas/* strictObject */.rej({
    lane: described(schemas/* enum */.k5n(['production', 'staging', 'development']), 'Jobs sleep outside production unless told otherwise.'),
    connection: described(FromEnvironment, 'The environment variable that holds the Postgres connection string.'),
    project_ref: described(schemas/* exactOptional */.yqP(schemas/* string */.YjP().check(api/* _regex */.Fk(/^[a-z]{20}$/, 'must be the 20 lower-case letters of a Supabase project ref'))), 'Ref of the Supabase project; leave out for plain Postgres.'),
    github_environment: described(schemas/* exactOptional */.yqP(schemas/* string */.YjP().check(api/* _minLength */.m9(1), api/* _maxLength */.Eb(255))), 'GitHub environment that guards the apply.'),
    jobs: described(schemas/* exactOptional */.yqP(schemas/* enum */.k5n(['awake', 'asleep'])), 'Whether jobs run here unless a file says otherwise.'),
    prune: described(schemas/* exactOptional */.yqP(schemas/* array */.YOg(schemas/* enum */.k5n(['cron', 'secrets']))), 'Kinds whose undeclared objects are deleted by every apply, if they are ours.'),
    limits: described(schemas/* exactOptional */.yqP(Limits), 'What an apply may delete without a word of consent.'),
});
const EnvironmentsFile = schemas/* record */.g1P(ObjectName, Environment);
const PRUNED = {
    cron: ['job', 'cron'],
    secrets: ['secret'],
};
/** Reads one entry of the file. Null when something in it is wrong (reported). */
function readEnvironment(name, value, report) {
    const entry = checkValue(Environment, value, report, [name]);
    if (entry === null)
        return null;
    return {
        name,
        lane: entry.lane,
        connectionEnv: entry.connection.env,
        ...(entry.project_ref === undefined ? {} : { projectRef: entry.project_ref }),
        ...(entry.github_environment === undefined ? {} : { githubEnvironment: entry.github_environment }),
        jobsAwake: entry.jobs === undefined ? entry.lane === 'production' : entry.jobs === 'awake',
        prune: (entry.prune ?? []).flatMap((kind) => PRUNED[kind]),
        limits: {
            deleteCount: entry.limits?.delete_count ?? 10,
            deletePercent: entry.limits?.delete_percent ?? 20,
        },
    };
}

;// CONCATENATED MODULE: ./js/actions/_shared/declare/kinds/secrets.js
/** `runbooks/secrets.yaml`: Vault secrets by name; where a value comes from and what it must look like, never the value. */




const Value = described(FromEnvironment, 'The environment variable an apply takes the value from.');
const Shape = described(schemas/* string */.YjP().check(api/* _minLength */.m9(1), api/* _maxLength */.Eb(500), schemas/* refine */.YPB(isPattern, 'must be a regular expression')), 'Regular expression the value must match, for example ^https://');
const MaxAge = described(durationBetween('1h', '3650d'), 'How old the secret may grow before it is reported.');
const Secret = schemas/* strictObject */.rej({
    description: described(schemas/* exactOptional */.yqP(Description), 'What the secret is for.'),
    value: Value,
    shape: schemas/* exactOptional */.yqP(Shape),
    max_age: schemas/* exactOptional */.yqP(MaxAge),
    environments: described(schemas/* exactOptional */.yqP(schemas/* record */.g1P(ObjectName, schemas/* strictObject */.rej({
        value: schemas/* exactOptional */.yqP(Value),
        shape: schemas/* exactOptional */.yqP(Shape),
        max_age: schemas/* exactOptional */.yqP(MaxAge),
    }))), 'What differs in one environment.'),
});
const SecretsFile = schemas/* record */.g1P(ObjectName, Secret);
/** Reads one entry of the file. Null when something in it is wrong (reported). */
function readSecret(name, value, report) {
    const entry = checkValue(Secret, value, report, [name]);
    if (entry === null)
        return null;
    const overrides = Object.entries(entry.environments ?? {}).map(([environment, override]) => [environment, fieldsOf(override)]);
    return {
        name,
        description: entry.description ?? '',
        ...fieldsOf(entry),
        valueEnv: entry.value.env,
        overrides: Object.fromEntries(overrides),
    };
}
function fieldsOf(entry) {
    return {
        ...(entry.value === undefined ? {} : { valueEnv: entry.value.env }),
        ...(entry.shape === undefined ? {} : { shape: entry.shape }),
        ...(entry.max_age === undefined ? {} : { maxAgeMs: parseDuration(entry.max_age) }),
    };
}
function isPattern(text) {
    try {
        new RegExp(text, 'u');
        return true;
    }
    catch (error) {
        if (error instanceof SyntaxError)
            return false;
        throw error;
    }
}

;// CONCATENATED MODULE: ./js/actions/_shared/declare/kinds/registry.js





const registry_KINDS = {
    environments: { schema: EnvironmentsFile, title: 'Environments', read: readEnvironment },
    secrets: { schema: SecretsFile, title: 'Vault secrets', read: readSecret },
    cron: { schema: CronFile, title: 'Scheduled job', read: readJob, lint: lintJob },
};

// EXTERNAL MODULE: ./js/actions/_shared/declare/kinds/specs.js
var specs = __webpack_require__(8224);
// EXTERNAL MODULE: ./js/actions/_shared/declare/lint/literal-secrets.js
var literal_secrets = __webpack_require__(2823);
// EXTERNAL MODULE: ./js/actions/_shared/declare/source-text.js
var source_text = __webpack_require__(6571);
;// CONCATENATED MODULE: ./js/actions/_shared/declare/yaml-plain-scalar.js
/** Plain scalars of YAML 1.2's core schema, as far as they are certain. */
/** Thrown inside the plain reader only: this text is for the full parser. One instance, because a stack costs time. */
class NotPlain extends Error {
}
const NOT_PLAIN = new NotPlain('not certain to be plain YAML');
const WORDS = new Map([
    ...['~', 'null', 'Null', 'NULL'].map((word) => [word, null]),
    ...['true', 'True', 'TRUE'].map((word) => [word, true]),
    ...['false', 'False', 'FALSE'].map((word) => [word, false]),
]);
/** What a plain scalar stands for. Throws NOT_PLAIN where the full rules would have to be asked. */
function plainScalar(text) {
    const word = WORDS.get(text);
    if (word !== undefined)
        return word;
    const first = text.charCodeAt(0);
    const second = text.charCodeAt(1);
    if (isDigit(first) || (first === 0x2d && isDigit(second)))
        return plainNumber(text);
    if (isLetter(first) ||
        first === 0x5f ||
        first === 0x2f ||
        first === 0x5e ||
        first === 0x24 ||
        first === 0x28)
        return text;
    throw NOT_PLAIN;
}
/** Whole and decimal numbers; text that merely begins with a digit, such as `30s` or `0 * * * *`, stays text. */
function plainNumber(text) {
    if (/^-?(?:0|[1-9]\d{0,14})$/.test(text) && text !== '-0')
        return Number(text);
    if (/^-?(?:0|[1-9]\d{0,8})\.\d{1,6}$/.test(text) && Number(text) !== 0)
        return Number(text);
    if (/^0[xo]|^-?[\d.]+(?:[eE][-+]?\d*)?$/.test(text))
        throw NOT_PLAIN;
    return text;
}
/** A key that is certain to be text. */
function isPlainKey(key) {
    return /^[A-Za-z_][A-Za-z0-9_.-]{0,100}$/.test(key) && !WORDS.has(key) && key !== '__proto__';
}
/** True when nothing but blanks and a comment follows. */
function isQuotedEnd(text, end) {
    return /^ *(?: #.*)?$/.test(text.slice(end));
}
function isDigit(code) {
    return code >= 0x30 && code <= 0x39;
}
function isLetter(code) {
    return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}

;// CONCATENATED MODULE: ./js/actions/_shared/declare/yaml-plain-flow.js
/** One-line flow collections: `{ attempts: 3, on: [5xx, timeout] }`. */

const MAX_DEPTH = 16;
/** Plain text inside brackets that no rule of flow scalars could read otherwise. */
const PLAIN = /[A-Za-z0-9_/^$(-][A-Za-z0-9_ ./%+=~^$()@*-]*/y;
/** Reads the collection that opens at `at`. Throws NOT_PLAIN for whatever is not certain. */
function plainFlow(text, at, depth = 0) {
    if (depth > MAX_DEPTH)
        throw NOT_PLAIN;
    return text[at] === '{' ? readMap(text, at, depth) : readList(text, at, depth);
}
function readMap(text, open, depth) {
    const map = {};
    let at = skipBlanks(text, open + 1);
    if (text[at] === '}')
        return { value: map, end: at + 1 };
    for (;;) {
        const colon = text.indexOf(':', at);
        const key = text.slice(at, colon);
        if (colon < 0 || text[colon + 1] !== ' ' || !isPlainKey(key) || Object.hasOwn(map, key))
            throw NOT_PLAIN;
        const item = readItem(text, skipBlanks(text, colon + 1), depth);
        map[key] = item.value;
        at = skipBlanks(text, item.end);
        if (text[at] === '}')
            return { value: map, end: at + 1 };
        at = nextItem(text, at);
    }
}
function readList(text, open, depth) {
    const list = [];
    let at = skipBlanks(text, open + 1);
    if (text[at] === ']')
        return { value: list, end: at + 1 };
    for (;;) {
        const item = readItem(text, at, depth);
        list.push(item.value);
        at = skipBlanks(text, item.end);
        if (text[at] === ']')
            return { value: list, end: at + 1 };
        at = nextItem(text, at);
    }
}
/** Past a comma; a comma before the closing bracket is left to the full parser. */
function nextItem(text, at) {
    if (text[at] !== ',')
        throw NOT_PLAIN;
    return skipBlanks(text, at + 1);
}
function readItem(text, at, depth) {
    const first = text[at];
    if (first === '{' || first === '[')
        return plainFlow(text, at, depth + 1);
    if (first === '"' || first === "'") {
        const end = text.indexOf(first, at + 1);
        const inner = text.slice(at + 1, end);
        if (end < 0 || text[end + 1] === first || (first === '"' && inner.includes('\\')))
            throw NOT_PLAIN;
        return { value: inner, end: end + 1 };
    }
    PLAIN.lastIndex = at;
    const plain = PLAIN.exec(text)?.[0];
    if (plain === undefined || plain.startsWith('- ') || plain === '-')
        throw NOT_PLAIN;
    const end = at + plain.length;
    if (!/^[,\]}]/.test(text.slice(end, end + 1)))
        throw NOT_PLAIN;
    return { value: plainScalar(plain.trimEnd()), end };
}
function skipBlanks(text, at) {
    let next = at;
    while (text.charCodeAt(next) === 0x20)
        next += 1;
    return next;
}

;// CONCATENATED MODULE: ./js/actions/_shared/declare/yaml-plain.js
/**
 * A reader for the plain part of YAML our files are written in: block maps, lists of scalars, one-line flow
 * collections, plain and quoted scalars, `|` blocks. It is thirty times faster than the full parser and answers
 * `null` ("ask the full parser") for everything it is not certain about: every error, tabs, anchors, tags, escapes,
 * folded text, several lines of plain text. A test holds it to the full parser's answers on thousands of files.
 */


const yaml_plain_MAX_DEPTH = 16;
/** Null when the text is not certain to be plain. */
function readPlainYaml(text) {
    if (!text.endsWith('\n') || !isPlainText(text))
        return null;
    const reader = new LineReader(text.slice(0, -1).split('\n'));
    try {
        reader.skipBlank();
        if (reader.line === undefined)
            return null;
        if (reader.indent !== 0)
            return null;
        const value = readBlock(reader, 0, 0);
        return reader.line === undefined ? { value } : null;
    }
    catch (error) {
        if (error === NOT_PLAIN)
            return null;
        throw error;
    }
}
/** No blanks but spaces and newlines, no control characters, no document markers or directives. */
function isPlainText(text) {
    for (let index = 0; index < text.length; index += 1) {
        const code = text.charCodeAt(index);
        if (code < 0x20 ? code !== 0x0a : code === 0x7f || (code >= 0xd800 && code <= 0xdfff))
            return false;
    }
    return !/[^\S \n]|^(?:---|\.\.\.|%)/m.test(text);
}
class LineReader {
    lines;
    at = 0;
    constructor(lines) {
        this.lines = lines;
    }
    get line() {
        return this.lines[this.at];
    }
    get indent() {
        return indentOf(this.line ?? '');
    }
    skipBlank() {
        for (let line = this.line; line !== undefined && isBlank(line); line = this.line)
            this.at += 1;
    }
}
function readBlock(reader, indent, depth) {
    if (depth > yaml_plain_MAX_DEPTH)
        throw NOT_PLAIN;
    const line = reader.line ?? '';
    return line.startsWith('- ', indent) || line.slice(indent) === '-'
        ? yaml_plain_readList(reader, indent)
        : yaml_plain_readMap(reader, indent, depth);
}
function yaml_plain_readMap(reader, indent, depth) {
    const map = {};
    for (let line = reader.line; line !== undefined; line = reader.line) {
        const here = indentOf(line);
        if (here < indent)
            break;
        if (here > indent)
            throw NOT_PLAIN;
        const colon = line.indexOf(':', indent);
        const key = line.slice(indent, colon);
        if (colon < 0 || !isPlainKey(key) || Object.hasOwn(map, key))
            throw NOT_PLAIN;
        if (colon + 1 < line.length && line[colon + 1] !== ' ')
            throw NOT_PLAIN;
        map[key] = readValue(reader, line.slice(colon + 1), indent, depth);
        reader.skipBlank();
    }
    return map;
}
/** What stands behind `key:`; leaves the reader on the line after it. */
function readValue(reader, rest, indent, depth) {
    const text = rest.trimStart();
    reader.at += 1;
    if (text === '' || text.startsWith('#'))
        return readNested(reader, indent, depth);
    if (text.startsWith('|'))
        return readLiteral(reader, text, indent);
    const value = readInline(text);
    reader.skipBlank();
    if (reader.line !== undefined && reader.indent > indent)
        throw NOT_PLAIN;
    return value;
}
function readNested(reader, indent, depth) {
    reader.skipBlank();
    const line = reader.line;
    if (line === undefined)
        return null;
    const inner = indentOf(line);
    if (inner > indent)
        return readBlock(reader, inner, depth + 1);
    if (inner === indent && line.startsWith('- ', indent))
        return yaml_plain_readList(reader, indent);
    return null;
}
/** `- scalar` and `- [flow]`; maps inside a list are left to the full parser. */
function yaml_plain_readList(reader, indent) {
    const list = [];
    for (let line = reader.line; line !== undefined; line = reader.line) {
        const here = indentOf(line);
        if (here < indent || (here === indent && !line.startsWith('-', indent)))
            break;
        if (here > indent || !line.startsWith('- ', indent))
            throw NOT_PLAIN;
        const text = line.slice(indent + 2).trimStart();
        if (text === '' || text.startsWith('#') || text.startsWith('|') || text.startsWith('- ') || text === '-')
            throw NOT_PLAIN;
        if (!/^["'{[]/.test(text) && /:(?:\s|$)/.test(text))
            throw NOT_PLAIN;
        list.push(readInline(text));
        reader.at += 1;
        reader.skipBlank();
        if (reader.line !== undefined && reader.indent > indent)
            throw NOT_PLAIN;
    }
    return list;
}
/** A scalar or flow collection that begins and ends on this line, a comment after it allowed. */
function readInline(text) {
    const first = text[0];
    if (first === '{' || first === '[') {
        const { value, end } = plainFlow(text, 0);
        if (!isQuotedEnd(text, end))
            throw NOT_PLAIN;
        return value;
    }
    if (first === '"' || first === "'") {
        const end = text.indexOf(first, 1);
        if (end < 0 || text[end + 1] === first || !isQuotedEnd(text, end + 1))
            throw NOT_PLAIN;
        const inner = text.slice(1, end);
        if (first === '"' && inner.includes('\\'))
            throw NOT_PLAIN;
        return inner;
    }
    const comment = text.search(/ #/);
    const plain = (comment < 0 ? text : text.slice(0, comment)).trimEnd();
    if (/:(?: |$)/.test(plain))
        throw NOT_PLAIN;
    return plainScalar(plain);
}
/** A `|` or `|-` block: the lines below that are indented deeper. */
function readLiteral(reader, header, indent) {
    const match = /^\|(-?)(?: +#.*)? *$/.exec(header);
    if (match === null)
        throw NOT_PLAIN;
    const lines = [];
    let inner = null;
    for (let line = reader.line; line !== undefined; line = reader.line) {
        const blank = line.trim() === '';
        if (blank && line.length > (inner ?? 0))
            throw NOT_PLAIN;
        if (!blank) {
            const here = indentOf(line);
            if (here <= indent)
                break;
            inner ??= here;
            if (here < inner)
                throw NOT_PLAIN;
        }
        lines.push(blank ? '' : line.slice(inner ?? 0));
        reader.at += 1;
    }
    if (inner === null)
        throw NOT_PLAIN;
    while (lines.at(-1) === '')
        lines.pop();
    return lines.join('\n') + (match[1] === '-' ? '' : '\n');
}
function indentOf(line) {
    let indent = 0;
    while (line.charCodeAt(indent) === 0x20)
        indent += 1;
    return indent;
}
function isBlank(line) {
    const indent = indentOf(line);
    return indent === line.length || line.charCodeAt(indent) === 0x23;
}

;// CONCATENATED MODULE: ./js/actions/_shared/declare/read-file.js





/** Reads and lints a file. `name` is the object's name for kinds with one object a file. */
async function readFile(kind, name, file) {
    const findings = [...(0,literal_secrets/* findLiteralSecrets */.q)(file.text)];
    const report = (finding) => {
        findings.push(finding);
    };
    const plain = readPlainYaml(file.text);
    const document = plain === null ? await readDocument(file.text, report) : undefined;
    const contents = plain === null ? document?.value : plain.value;
    const place = specs/* PLACES */.l[kind];
    const entries = [];
    if (contents !== undefined) {
        const objects = 'file' in place ? objectsOf(contents, report) : [[name, contents]];
        for (const [object, value] of objects) {
            const line = (0,source_text/* lineOfTopKey */.yE)(file.text, 'file' in place ? object : place.landmark);
            entries.push({ name: object, spec: await readObject(registry_KINDS[kind], object, value, report), line });
        }
    }
    return { entries, diagnostics: await locateFindings(file, findings, document) };
}
async function readObject(kind, name, value, report) {
    const spec = kind.read(name, value, report);
    return spec === null || kind.lint === undefined ? spec : kind.lint(spec, report);
}
function objectsOf(value, report) {
    if (value === null)
        return [];
    if (typeof value === 'object' && !Array.isArray(value))
        return Object.entries(value);
    report({
        severity: 'error',
        code: 'wrong-type',
        message: 'the file must be a map of names',
        hint: 'Write `name:` and indent what belongs to it.',
        at: { path: [] },
    });
    return [];
}
/** A file with more faults than this has one cause; the rest is counted, not listed. */
const MAX_FINDINGS = 100;
/** Puts findings on their lines, in the order of the file. Reads the file with positions when it was not yet. */
async function locateFindings(file, findings, document) {
    if (findings.length === 0)
        return [];
    const located = document ?? (await readDocument(file.text, () => undefined));
    const shown = findings
        .slice(0, MAX_FINDINGS)
        .map(({ at, ...finding }) => ({
        ...finding,
        location: (0,source_text/* locateOffsets */.TB)(file.path, file.text, located.locate(at)),
    }))
        .sort((a, b) => a.location.line - b.location.line || a.location.column - b.location.column);
    const rest = findings.slice(MAX_FINDINGS);
    const last = shown.at(-1);
    if (last === undefined || rest.length === 0)
        return shown;
    const severity = rest.some((finding) => finding.severity === 'error') ? 'error' : last.severity;
    const message = `and ${rest.length} more like these in this file`;
    return [
        ...shown,
        {
            severity,
            code: 'too-many-findings',
            message,
            hint: 'Fix the first ones and look again.',
            location: last.location,
        },
    ];
}
/** The full parser is large: it is loaded for the first file that needs it. */
async function readDocument(text, report) {
    const { readYamlDocument } = await Promise.all(/* import() */[__webpack_require__.e(483), __webpack_require__.e(881)]).then(__webpack_require__.bind(__webpack_require__, 8881));
    return readYamlDocument(text, report);
}


/***/ })

};
