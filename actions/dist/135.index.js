export const id = 135;
export const ids = [135,264];
export const modules = {

/***/ 1516:
/***/ ((__unused_webpack___webpack_module__, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  adoptJobs: () => (/* binding */ adoptJobs)
});

// EXTERNAL MODULE: external "node:fs"
var external_node_fs_ = __webpack_require__(3024);
// EXTERNAL MODULE: external "node:path"
var external_node_path_ = __webpack_require__(6760);
// EXTERNAL MODULE: ../../node_modules/yaml/dist/index.js
var dist = __webpack_require__(3483);
// EXTERNAL MODULE: ./js/actions/_shared/database/connection-errors.js
var connection_errors = __webpack_require__(643);
// EXTERNAL MODULE: ./js/actions/_shared/database/cron-jobs.js
var cron_jobs = __webpack_require__(9672);
// EXTERNAL MODULE: ./js/actions/_shared/database/managed-objects.js
var managed_objects = __webpack_require__(8423);
// EXTERNAL MODULE: ./js/actions/_shared/database/read-target.js
var read_target = __webpack_require__(1161);
// EXTERNAL MODULE: ./js/actions/_shared/database/transaction.js
var transaction = __webpack_require__(8375);
// EXTERNAL MODULE: ./js/actions/_shared/io/errors.js
var errors = __webpack_require__(6283);
;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/adopt/found-secrets.js
/** Names for the secrets of one job, the same value always under the same name. */
class FoundSecrets {
    #job;
    #found = [];
    constructor(job) {
        this.#job = job;
    }
    /** Name for a value used as `purpose` (a header, for example). */
    add(value, purpose) {
        const same = this.#found.find((secret) => secret.value === value);
        if (same !== undefined)
            return same.name;
        const wanted = secretName(`${this.#job}_${purpose}`);
        const taken = this.#found.filter((secret) => secret.name.startsWith(wanted)).length;
        const name = taken === 0 ? wanted : `${wanted}_${taken + 1}`;
        this.#found.push({ name, description: `Was written out in the command of job ${this.#job}`, value });
        return name;
    }
    get all() {
        return this.#found;
    }
}
/** A good name for a Vault secret out of any text. */
function secretName(text) {
    return text
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '_')
        .replace(/^_+|_+$/g, '')
        .slice(0, 63);
}
/** Environment variable a secret's value comes from. */
function variableName(secret) {
    return `OPS_${secret.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}`;
}

// EXTERNAL MODULE: ../../node_modules/libpg-query/wasm/index.cjs
var wasm = __webpack_require__(4951);
;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/adopt/sql-node.js
/** True for plain objects. */
function isNode(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}
/** The inside of a node when it is of this kind. */
function nodeOf(value, kind) {
    if (!isNode(value))
        return undefined;
    const inside = value[kind];
    return isNode(inside) ? inside : undefined;
}
/** A list field of a node; empty when it has none. */
function listOf(node, field) {
    const value = node?.[field];
    return Array.isArray(value) ? value : [];
}
/** Dotted lower-case name of a function, column or operator: the `String` nodes of a name list. */
function nameOf(parts) {
    return parts
        .map((part) => nodeOf(part, 'String')?.sval)
        .filter((part) => typeof part === 'string')
        .join('.');
}
/** Text of a string constant. Protobuf leaves out empty values. */
function stringConstant(value) {
    const constant = nodeOf(value, 'A_Const');
    const text = constant === undefined ? undefined : nodeOf(constant, 'sval');
    if (text === undefined)
        return undefined;
    return typeof text.sval === 'string' ? text.sval : '';
}
/** A constant as JSON: text, number, truth value or null; `undefined` for anything else. */
function jsonConstant(value) {
    const text = stringConstant(value);
    if (text !== undefined)
        return text;
    const constant = nodeOf(value, 'A_Const');
    if (constant === undefined)
        return undefined;
    if (constant.isnull === true)
        return null;
    const integer = nodeOf(constant, 'ival');
    if (integer !== undefined)
        return typeof integer.ival === 'number' ? integer.ival : 0;
    const float = nodeOf(constant, 'fval');
    if (typeof float?.fval === 'string')
        return Number(float.fval);
    const boolean = nodeOf(constant, 'boolval');
    if (boolean !== undefined)
        return boolean.boolval === true;
    return undefined;
}
/** The inside of casts: `'{}'::jsonb` is `'{}'`. */
function withoutCasts(value) {
    const cast = nodeOf(value, 'TypeCast');
    return cast === undefined ? value : withoutCasts(cast.arg);
}

;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/adopt/text-parts.js

/** Take a text expression apart; `undefined` when it is anything but constants, secrets and settings put in a row. */
function textParts(expression) {
    const inside = withoutCasts(expression);
    const constant = jsonConstant(inside);
    if (constant !== undefined && constant !== null)
        return [{ kind: 'text', text: String(constant) }];
    const parts = concatenation(inside) ?? lookup(inside);
    return parts === undefined ? undefined : merged(parts);
}
function concatenation(expression) {
    const operator = nodeOf(expression, 'A_Expr');
    if (operator !== undefined && nameOf(listOf(operator, 'name')) === '||') {
        return joined([operator.lexpr, operator.rexpr]);
    }
    const call = nodeOf(expression, 'FuncCall');
    if (call === undefined)
        return undefined;
    const name = nameOf(listOf(call, 'funcname')).replace(/^pg_catalog\./, '');
    const parts = listOf(call, 'args');
    if (name === 'concat')
        return joined(parts);
    const [first] = parts;
    if (name === 'trim' || name === 'btrim' || name === 'rtrim')
        return textParts(first);
    if (name === 'current_setting') {
        const setting = stringConstant(withoutCasts(first));
        return setting === undefined ? undefined : [{ kind: 'setting', name: setting }];
    }
    return undefined;
}
function joined(expressions) {
    const parts = [];
    for (const expression of expressions) {
        const inner = textParts(expression);
        if (inner === undefined)
            return undefined;
        parts.push(...inner);
    }
    return parts;
}
/** A subselect of one decrypted secret by its name. */
function lookup(expression) {
    const select = nodeOf(nodeOf(expression, 'SubLink')?.subselect, 'SelectStmt');
    if (select === undefined)
        return undefined;
    const [target] = listOf(select, 'targetList');
    const value = withoutCasts(nodeOf(target, 'ResTarget')?.val);
    const columns = nameOf(listOf(nodeOf(value, 'ColumnRef'), 'fields')).split('.');
    const [from] = listOf(select, 'fromClause');
    const table = nodeOf(from, 'RangeVar');
    if (columns.at(-1) !== 'decrypted_secret' || table?.schemaname !== 'vault')
        return undefined;
    if (table.relname !== 'decrypted_secrets')
        return undefined;
    const name = equalsName(select.whereClause);
    return name === undefined ? undefined : [{ kind: 'secret', name }];
}
function equalsName(condition) {
    const comparison = nodeOf(condition, 'A_Expr');
    if (comparison === undefined || nameOf(listOf(comparison, 'name')) !== '=')
        return undefined;
    const column = nameOf(listOf(nodeOf(comparison.lexpr, 'ColumnRef'), 'fields'));
    if (column.split('.').at(-1) !== 'name')
        return undefined;
    return stringConstant(withoutCasts(comparison.rexpr));
}
function merged(parts) {
    const result = [];
    for (const part of parts) {
        const last = result.at(-1);
        if (part.kind === 'text' && last?.kind === 'text') {
            result[result.length - 1] = { kind: 'text', text: last.text + part.text };
        }
        else {
            result.push(part);
        }
    }
    return result;
}

;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/adopt/read-request.js



const POSITIONS = {
    http_get: ['url', 'params', 'headers', 'timeout_milliseconds'],
    http_post: ['url', 'body', 'params', 'headers', 'timeout_milliseconds'],
    http_delete: ['url', 'params', 'headers', 'timeout_milliseconds', 'body'],
};
const METHODS = { http_get: 'get', http_post: 'post', http_delete: 'delete' };
/** pg_net's own default. */
const DEFAULT_TIMEOUT_MS = 5000;
/**
 * Read a command that is exactly one `select net.http_...(...)`; `undefined` for every other command, also for one
 * whose request depends on more than constants and secrets.
 */
async function readNetRequest(command) {
    const call = onlyCall(await parseQuietly(command));
    if (call === undefined)
        return undefined;
    const name = nameOf(listOf(call, 'funcname')).replace(/^net\./, '');
    if (name !== 'http_get' && name !== 'http_post' && name !== 'http_delete')
        return undefined;
    const given = readArguments(call, POSITIONS[name]);
    const url = textParts(given.get('url'));
    const headers = given.has('headers') ? readHeaders(given.get('headers')) : [];
    const body = readBody(given.get('body'));
    const timeout = given.has('timeout_milliseconds')
        ? jsonConstant(withoutCasts(given.get('timeout_milliseconds')))
        : DEFAULT_TIMEOUT_MS;
    if (url === undefined || headers === undefined || body === undefined || typeof timeout !== 'number')
        return undefined;
    if (given.has('params') && !isEmptyJson(given.get('params')))
        return undefined;
    return { method: METHODS[name], url, headers, ...body, timeoutMs: timeout };
}
async function parseQuietly(command) {
    try {
        return await (0,wasm.parse)(command);
    }
    catch {
        // What Postgres can't parse was never a working job; it is shown as it is.
        return undefined;
    }
}
function onlyCall(tree) {
    if (!isNode(tree))
        return undefined;
    const [first, ...more] = listOf(tree, 'stmts');
    if (!isNode(first) || more.length > 0)
        return undefined;
    const select = nodeOf(first.stmt, 'SelectStmt');
    const [target, ...targets] = listOf(select, 'targetList');
    if (targets.length > 0 || listOf(select, 'fromClause').length > 0 || select?.whereClause !== undefined) {
        return undefined;
    }
    const call = nodeOf(nodeOf(target, 'ResTarget')?.val, 'FuncCall');
    return nameOf(listOf(call, 'funcname')).startsWith('net.') ? call : undefined;
}
function readArguments(call, positions) {
    const given = new Map();
    for (const [index, argument] of listOf(call, 'args').entries()) {
        const named = nodeOf(argument, 'NamedArgExpr');
        const name = typeof named?.name === 'string' ? named.name : positions[index];
        if (name !== undefined)
            given.set(name, named === undefined ? argument : named.arg);
    }
    return given;
}
/** Pairs of a `jsonb_build_object(...)`, or of a JSON constant. */
function readPairs(expression) {
    const call = nodeOf(withoutCasts(expression), 'FuncCall');
    if (call === undefined)
        return undefined;
    const name = nameOf(listOf(call, 'funcname')).replace(/^pg_catalog\./, '');
    if (name !== 'jsonb_build_object' && name !== 'json_build_object')
        return undefined;
    const parts = listOf(call, 'args');
    const pairs = [];
    for (let index = 0; index + 1 < parts.length; index += 2) {
        const key = stringConstant(withoutCasts(parts[index]));
        if (key === undefined)
            return undefined;
        pairs.push({ name: key, value: parts[index + 1] });
    }
    return pairs;
}
function jsonText(expression) {
    const text = stringConstant(withoutCasts(expression));
    if (text === undefined)
        return undefined;
    try {
        const value = JSON.parse(text);
        return value;
    }
    catch {
        return undefined;
    }
}
function readHeaders(expression) {
    const constant = jsonText(expression);
    if (isNode(constant)) {
        return Object.entries(constant).map(([name, value]) => ({
            name,
            value: [{ kind: 'text', text: String(value) }],
        }));
    }
    const pairs = readPairs(expression);
    if (pairs === undefined)
        return undefined;
    const headers = [];
    for (const { name, value } of pairs) {
        const parts = textParts(value);
        if (parts === undefined)
            return undefined;
        headers.push({ name, value: parts });
    }
    return headers;
}
function readBody(expression) {
    if (expression === undefined)
        return { body: undefined, variable: [] };
    const constant = jsonText(expression);
    if (constant !== undefined)
        return { body: constant, variable: [] };
    const pairs = readPairs(expression);
    if (pairs === undefined)
        return isClock(expression) ? { body: undefined, variable: ['the body'] } : undefined;
    const body = {};
    const variable = [];
    for (const { name, value } of pairs) {
        const inner = jsonConstant(withoutCasts(value)) ?? (isNull(value) ? null : undefined);
        const nested = inner === undefined ? readBody(value) : undefined;
        if (inner !== undefined)
            body[name] = inner;
        else if (isClock(value))
            variable.push(name);
        else if (nested !== undefined && nested.variable.length === 0)
            body[name] = nested.body;
        else
            return undefined;
    }
    return { body: Object.keys(body).length === 0 ? undefined : body, variable };
}
function isNull(expression) {
    return nodeOf(withoutCasts(expression), 'A_Const')?.isnull === true;
}
/** True when all that varies in an expression is the time. */
function isClock(expression) {
    const inside = withoutCasts(expression);
    if (jsonConstant(inside) !== undefined)
        return true;
    if (nodeOf(inside, 'SQLValueFunction') !== undefined)
        return true;
    const operator = nodeOf(inside, 'A_Expr');
    if (operator !== undefined)
        return isClock(operator.lexpr) && isClock(operator.rexpr);
    const call = nodeOf(inside, 'FuncCall');
    if (call === undefined)
        return false;
    const name = nameOf(listOf(call, 'funcname')).replace(/^pg_catalog\./, '');
    if (['now', 'clock_timestamp', 'statement_timestamp'].includes(name))
        return true;
    return ['concat', 'to_char', 'format'].includes(name) && listOf(call, 'args').every(isClock);
}
function isEmptyJson(expression) {
    const value = jsonText(expression);
    return isNode(value) && Object.keys(value).length === 0;
}

// EXTERNAL MODULE: ./js/actions/_shared/reconcile/job-fields.js
var job_fields = __webpack_require__(7579);
// EXTERNAL MODULE: ./js/actions/_shared/reconcile/redact.js
var redact = __webpack_require__(9769);
;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/adopt/request-call.js



const FUNCTION_PATH = /^\/functions\/v1\/([A-Za-z][A-Za-z0-9_-]*)$/;
const FUNCTION_URL = /^https:\/\/([a-z]{20})\.supabase\.co\/functions\/v1\/([A-Za-z][A-Za-z0-9_-]*)$/;
/** A request in the words of `runbooks/cron/`; `undefined` when its URL can't be said there. */
function requestCall(request, secrets) {
    const book = { secrets, notes: [], references: new Set() };
    const target = targetOf(request, book);
    if (target === undefined)
        return undefined;
    const { auth, headers } = request_call_readHeaders(request, book);
    if (request.variable.length > 0) {
        book.notes.push(`Left out of the body: ${request.variable.join(', ')} (the time of the call; every call carries the headers idempotency-key and x-ops-run-id)`);
    }
    const details = {
        ...(request.method === 'post' ? {} : { method: request.method }),
        ...(Object.keys(headers).length === 0 ? {} : { headers }),
        ...(request.body === undefined || isEmptyObject(request.body) ? {} : { body: request.body }),
    };
    const call = 'function' in target ? { ...target, ...details } : { http: { ...target.http, ...details } };
    return {
        call: {
            ...call,
            auth: auth.length === 0 ? 'none' : auth.length === 1 ? auth[0] : auth,
            timeout: (0,job_fields/* durationText */.S)(request.timeoutMs),
        },
        notes: book.notes,
        references: [...book.references],
    };
}
function isEmptyObject(value) {
    return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
function targetOf(request, book) {
    const [first, second, ...more] = request.url;
    if (first === undefined || more.length > 0)
        return undefined;
    if (first.kind === 'text')
        return second === undefined ? fixedTarget(first.text, book) : undefined;
    if (second !== undefined && second.kind !== 'text')
        return undefined;
    const name = vaultName(first, book);
    const path = second?.text ?? '';
    const slug = FUNCTION_PATH.exec(path)?.[1];
    book.references.add(name);
    if (name === 'project_url' && slug !== undefined)
        return { function: slug };
    return { http: { url_secret: name, ...(path === '' ? {} : { path }) } };
}
function fixedTarget(url, book) {
    const [, ref, slug] = FUNCTION_URL.exec(url) ?? [];
    if (ref === undefined || slug === undefined)
        return { http: { url } };
    book.references.add('project_url');
    book.notes.push(`The URL of project ${ref} was fixed; the call now goes to the project of the secret project_url`);
    return { function: slug };
}
/** Vault name of a lookup; a setting becomes a secret of the same name, because hosted has no such settings. */
function vaultName(part, book) {
    if (part.kind === 'secret')
        return part.name;
    const name = secretName(part.name.split('.').at(-1) ?? part.name);
    book.notes.push(`current_setting('${part.name}') is replaced by the Vault secret ${name}: declare it in runbooks/secrets.yaml`);
    return name;
}
function request_call_readHeaders(request, book) {
    const auth = [];
    const headers = {};
    for (const { name, value } of request.headers) {
        const lower = name.toLowerCase();
        if (lower === 'content-type' && textOf(value)?.startsWith('application/json') === true)
            continue;
        const proof = proofOf(lower, value, book);
        if (proof !== undefined)
            auth.push(proof);
        else
            headers[name] = textOf(value) ?? '';
    }
    return { auth, headers };
}
function textOf(parts) {
    const [only, ...more] = parts;
    return only?.kind === 'text' && more.length === 0 ? only.text : undefined;
}
function proofOf(header, value, book) {
    const [first, second] = value;
    if (header === 'authorization' && first?.kind === 'text' && /^bearer\s/i.test(first.text)) {
        const token = first.text.replace(/^bearer\s+/i, '');
        if (second === undefined)
            return token === '' ? undefined : { bearer: keep(token, 'bearer', book) };
        return second.kind === 'text' ? undefined : { bearer: refer(second, book) };
    }
    const text = textOf(value);
    if (text !== undefined) {
        if (!isSensitive(header, text))
            return undefined;
        const secret = keep(text, header, book);
        return header === 'apikey' ? { apikey: secret } : { header, secret };
    }
    if (first === undefined || first.kind === 'text' || second !== undefined)
        return undefined;
    const secret = refer(first, book);
    return header === 'apikey' ? { apikey: secret } : { header, secret };
}
function isSensitive(header, text) {
    return (0,redact/* holdsSecret */.h)(text) || /^(authorization|apikey|cookie)$|token|secret|password|api-?key/.test(header);
}
function keep(value, purpose, book) {
    const name = book.secrets.add(value, purpose);
    book.references.add(name);
    return name;
}
function refer(part, book) {
    const name = vaultName(part, book);
    book.references.add(name);
    return name;
}

;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/adopt/sql-call.js

// The same shapes `redactSecrets` cuts out, but only those a lookup can take the place of inside a string literal.
const TOKEN = /eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*|\bsb_secret_[A-Za-z0-9_-]{8,}|\bsbp_[A-Za-z0-9]{20,}|(?<=bearer\s+)[A-Za-z0-9._~+/=-]{6,}/gi;
/**
 * A command as an SQL call. Tokens in string literals become lookups in the Vault; whatever still looks like a secret
 * then is cut out, because the file goes into git.
 */
function sqlCall(command, secrets) {
    const references = [];
    const replaced = command
        .trim()
        .replace(/'(?:[^']|'')*'/g, (literal) => literal.replace(TOKEN, '') === literal ? literal : `(${withLookups(literal, secrets, references)})`);
    const notes = [];
    if ((0,redact/* holdsSecret */.h)(replaced)) {
        notes.push('A secret that could not be moved into the Vault was cut out ([redacted]): complete the statement by hand');
    }
    return { call: { sql: `${(0,redact/* redactSecrets */.f)(replaced).replace(/[ \t]+$/gm, '')}\n` }, notes, references };
}
function withLookups(literal, secrets, references) {
    return literal.replace(TOKEN, (value) => {
        const name = secrets.add(value, 'token');
        references.push(name);
        return `' || (select decrypted_secret from vault.decrypted_secrets where name = '${name}') || '`;
    });
}

;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/adopt/job-file.js





/** Write the file of a live job. */
async function jobFile(row, context) {
    const name = fileName(row);
    const secrets = new FoundSecrets(name);
    const request = await readNetRequest(row.command);
    const read = (request === undefined ? undefined : requestCall(request, secrets)) ?? sqlCall(row.command, secrets);
    const content = (0,dist/* stringify */.As)({
        description: `Adopted from ${context.environment.name}`,
        schedule: row.schedule,
        ...activity(row, context.environment),
        call: read.call,
    }, { lineWidth: 0, flowCollectionPadding: true });
    return {
        name,
        content: `# yaml-language-server: $schema=../schemas/cron.schema.json\n${content}`,
        notes: [...read.notes, ...placeNotes(row, name, context)],
        references: read.references,
        secrets: secrets.all,
    };
}
/** Jobs sleep outside production unless a file says otherwise; what runs now goes on running, and only there. */
function activity(row, environment) {
    if (!row.active)
        return { active: false };
    return environment.jobsAwake ? {} : { environments: { [environment.name]: { active: true } } };
}
function fileName(row) {
    const name = (row.jobname ?? '')
        .toLowerCase()
        .replace(/[^a-z0-9_-]+/g, '-')
        .replace(/^[_-]+|-+$/g, '')
        .slice(0, 63);
    return name === '' ? `job-${row.jobid}` : name;
}
function placeNotes(row, name, { user, database }) {
    const notes = [];
    if (row.jobname !== name) {
        notes.push(`Declared as ${name} because ${row.jobname === null ? 'the job has no name' : `${JSON.stringify(row.jobname)} is no name for a file`}: the live one goes on beside it until select cron.unschedule(${row.jobid})`);
    }
    if (row.username !== user) {
        notes.push(`The live job belongs to role ${row.username}; the declared one will run as ${user}, beside it, until ${row.username} or a superuser does select cron.unschedule(${row.jobid})`);
    }
    if (row.database !== database) {
        notes.push(`The live job runs in database ${row.database}; the declared one will run in ${database}`);
    }
    return notes;
}

// EXTERNAL MODULE: ./js/actions/_shared/reconcile/capabilities.js
var reconcile_capabilities = __webpack_require__(8058);
;// CONCATENATED MODULE: ./js/actions/_shared/reconcile/adopt.js










/**
 * Write live jobs nobody declared as files of `runbooks/`. Requests through pg_net are read from the parsed command;
 * secrets written out in it become references to the Vault. Changes nothing, and no secret value is in the result:
 * `storeFoundSecrets` moves the values inside the database.
 *
 * @param options.names only these jobs; all undeclared ones by default
 * @throws ConfigurationError for a name that is no live, undeclared job
 */
async function adopt(options) {
    const { desired } = options;
    const { rows, user, database } = await readUnmanaged(options.sql, desired);
    const files = [];
    for (const row of chosen(rows, options.names)) {
        files.push(await jobFile(row, { environment: desired.environment, user, database }));
    }
    const adopted = files.map((file) => ({
        path: `runbooks/cron/${file.name}.yaml`,
        mode: 'create',
        content: file.content,
        notes: [...file.notes, ...file.secrets.map(secretNote)],
    }));
    const secrets = newSecrets(files, desired);
    return secrets === undefined ? adopted : [...adopted, secrets];
}
/** Live jobs that are neither ours nor declared. */
async function readUnmanaged(sql, desired) {
    try {
        return await (0,transaction/* readTransaction */.$E)(sql, async (tx) => {
            const capabilities = (0,reconcile_capabilities/* capabilitiesOf */.SF)(await (0,read_target/* readTarget */._E)(tx));
            const { user, database, cron, ops } = capabilities;
            if (cron.state !== 'ready') {
                throw new errors/* ConfigurationError */.j('There is no pg_cron to adopt jobs from', {
                    hint: 'Run `opsroom plan`: it says what the database lacks',
                });
            }
            const ledger = ops.ledger ? await (0,managed_objects/* readLedger */.SC)(tx) : [];
            const ours = new Set(ledger.filter((row) => row.kind === 'cron').map((row) => row.name));
            for (const job of desired.jobs)
                ours.add(job.name);
            const rows = (await (0,cron_jobs/* readCronJobs */.T1)(tx)).filter((row) => row.jobname === null || !ours.has(row.jobname) || row.username !== user);
            return { rows, user, database };
        });
    }
    catch (error) {
        throw (0,connection_errors/* explainConnectionError */.M0)(error, (0,connection_errors/* connectionPlace */.A1)(sql)) ?? error;
    }
}
function chosen(rows, names) {
    if (names === undefined)
        return rows;
    const known = new Set(rows.map((row) => row.jobname));
    const unknown = names.filter((name) => !known.has(name));
    if (unknown.length > 0) {
        const others = [...known].filter((name) => name !== null).join(', ') || 'none';
        throw new errors/* ConfigurationError */.j(`No undeclared live job is called ${unknown.join(', ')}`, {
            hint: `Undeclared live jobs: ${others}`,
        });
    }
    return rows.filter((row) => row.jobname !== null && names.includes(row.jobname));
}
function secretNote({ name }) {
    return `A secret was written out in the command: it is the Vault secret ${name} now. Set ${variableName(name)}, or let adopt move the value inside the database; then replace it where it comes from, because logs and run details hold it`;
}
/** Entries for secrets.yaml: those found, and those referred to that nobody declared. */
function newSecrets(files, desired) {
    const declared = new Set(desired.secrets.map((secret) => secret.name));
    const entries = {};
    for (const file of files) {
        const found = new Map(file.secrets.map((secret) => [secret.name, secret.description]));
        for (const name of file.references) {
            if (declared.has(name))
                continue;
            entries[name] = {
                description: found.get(name) ?? `Used by job ${file.name}`,
                value: { env: variableName(name) },
                ...(name.endsWith('url') ? { shape: '^https://' } : {}),
            };
        }
    }
    const names = Object.keys(entries);
    if (names.length === 0)
        return undefined;
    return {
        path: 'runbooks/secrets.yaml',
        mode: 'append',
        content: (0,dist/* stringify */.As)(entries, { lineWidth: 0 }),
        notes: [
            `An apply keeps what the Vault holds where a variable is not set: ${names.map(variableName).join(', ')}`,
        ],
    };
}

// EXTERNAL MODULE: ./js/actions/_commands/target.js
var target = __webpack_require__(973);
;// CONCATENATED MODULE: ./js/actions/_commands/adopt.js




/** `opsroom adopt [JOBS]`: exit 0; with `--write` 1 when a file was already there and was left alone. */
async function adoptJobs(options) {
    return (0,target/* withTarget */.y)(options, async ({ desired, sql }) => {
        const files = await adopt({
            sql,
            desired,
            ...(options.jobs.length === 0 ? {} : { names: options.jobs }),
        });
        if (options.format === 'json')
            process.stdout.write(`${JSON.stringify(files, null, 2)}\n`);
        let kept = 0;
        for (const file of files) {
            const target = external_node_path_.join(options.root, file.path);
            if (options.format === 'terminal') {
                process.stdout.write(`# ${file.path}\n${file.content}\n`);
                for (const note of file.notes)
                    process.stdout.write(`# note: ${note}\n`);
            }
            if (options.write !== true)
                continue;
            if ((0,external_node_fs_.existsSync)(target)) {
                process.stderr.write(`${file.path} is already there and was left alone\n`);
                kept += 1;
                continue;
            }
            (0,external_node_fs_.mkdirSync)(external_node_path_.dirname(target), { recursive: true });
            (0,external_node_fs_.writeFileSync)(target, file.content);
            process.stderr.write(`wrote ${file.path}\n`);
        }
        if (files.length === 0)
            process.stderr.write('Every live job is declared: nothing to adopt.\n');
        return kept > 0 ? 1 : 0;
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


/***/ })

};
