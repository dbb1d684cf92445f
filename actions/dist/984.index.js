export const id = 984;
export const ids = [984];
export const modules = {

/***/ 8984:
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
// EXTERNAL MODULE: ./js/actions/_shared/target/with-database.js
var with_database = __webpack_require__(49);
;// CONCATENATED MODULE: ./js/actions/drift/decide-outcome.js
/** How a run of the drift action ends. Drift is a finding, not a failure: the issue is the alarm, the step stays green. */
function driftOutcome(drift, kept) {
    const found = drift.changes.length;
    const issue = kept.number === null ? '' : ` Issue #${kept.number} ${kept.kind}.`;
    return {
        reason: found === 0 ? 'drift_none' : 'drift_found',
        environment: drift.environment,
        digest: drift.digest,
        counts: { ...drift.counts },
        notices: kept.notices,
        message: found === 0
            ? `${drift.environment} is what runbooks/ says.${issue}`
            : `${found} ${found === 1 ? 'object was' : 'objects were'} changed by hand in ${drift.environment}.${issue}`,
        summary: found === 0 ? `${drift.environment} is what runbooks/ says.\n` : kept.visible,
        outputs: { issue: kept.number === null ? '' : String(kept.number) },
    };
}

// EXTERNAL MODULE: ../../node_modules/zod/v4/classic/schemas.js + 6 modules
var schemas = __webpack_require__(1532);
;// CONCATENATED MODULE: ./js/actions/drift/inputs.js


/** The inputs of action.yml; a contract test holds the two together. */
const DriftInputs = schemas/* strictObject */.rej({
    environment: io_inputs/* environmentInput */.u5,
    label: schemas/* string */.YjP().max(50, 'must be a label of at most 50 characters').default('ops-drift'),
    issueAuthor: schemas/* string */.YjP().default('github-actions[bot]'),
    root: schemas/* string */.YjP().default('.'),
    githubToken: io_inputs/* tokenInput */.e1,
});

;// CONCATENATED MODULE: ./js/actions/drift/main.js







/** The `drift` action: one issue that is open exactly while something was changed by hand. */
async function run() {
    await (0,run_action/* runAction */.C)('drift', reportDrift);
}
async function reportDrift({ environment, redaction, now }) {
    const inputs = (0,io_inputs/* readInputs */.Ko)(DriftInputs, environment);
    redaction.add(inputs.githubToken);
    const context = (0,run_context/* readRunContext */.$)(environment);
    const declarations = await (0,read_declarations/* readDeclarations */.m)({
        workspace: context.workspace,
        root: inputs.root,
        environment,
        redaction,
    });
    if (declarations.broken) {
        return {
            reason: 'lint_failed',
            environment: inputs.environment,
            root: inputs.root,
            diagnostics: declarations.diagnostics,
            message: 'Drift is unknown while files have errors; the issue was left as it is.',
        };
    }
    const desired = declarations.resolve(inputs.environment);
    const { computeDrift } = await Promise.all(/* import() */[__webpack_require__.e(929), __webpack_require__.e(51), __webpack_require__.e(409)]).then(__webpack_require__.bind(__webpack_require__, 8409));
    const drift = await (0,with_database/* withDatabase */.k)({ declaration: desired.environment, environment }, (sql) => computeDrift({ sql, desired, env: environment }));
    const { keepDriftIssue } = await Promise.all(/* import() */[__webpack_require__.e(800), __webpack_require__.e(860), __webpack_require__.e(120), __webpack_require__.e(325), __webpack_require__.e(123)]).then(__webpack_require__.bind(__webpack_require__, 6530));
    const kept = await keepDriftIssue({ drift, desired, inputs, context, redaction, now: now() });
    return driftOutcome(drift, kept);
}


/***/ })

};
