// @ts-check
/** Draws the control room's state, and draws it again when the server says that something changed. What a person has open
 * or is typing stays. */

/** @type {any} */
let state = null;
const logs = new Map();
const drafts = new Map();

const at = (id) => document.getElementById(id);
const element = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, '');
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
};
/** Markdown the server rendered: it lets no HTML of the text through. */
const rendered = (html, className) => {
  const made = element('div', { class: className });
  made.innerHTML = html;
  return made;
};
/** Reactions as GitHub draws them; https://docs.github.com/rest/reactions names them. */
const REACTIONS = {
  '+1': '👍',
  '-1': '👎',
  laugh: '😄',
  confused: '😕',
  heart: '❤️',
  hooray: '🎉',
  rocket: '🚀',
  eyes: '👀',
};
const reacted = (reactions) =>
  Object.entries(reactions).map(([name, n]) =>
    element('span', { class: 'reaction', title: name }, `${REACTIONS[name] ?? name} ${n}`),
  );
/** Links to runs of this repository open the run on this page: the address on GitHub is nobody's. */
function openRun(event) {
  const link = event.target.closest('a[href]');
  const id = link?.href.match(/\/actions\/runs\/(\d+)/)?.[1];
  const run = id === undefined ? null : document.querySelector(`[data-key="run-${id}"]`);
  if (run === null || !link.href.includes(`/${state.repository}/`)) return;
  event.preventDefault();
  run.open = true;
  run.scrollIntoView({ block: 'start' });
  run.querySelector('summary').focus();
}
const clock = (text) => new Date(text).toLocaleTimeString();

async function order(act) {
  const response = await fetch('act', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-opsroom': 'page' },
    body: JSON.stringify(act),
  });
  if (!response.ok) throw new Error((await response.json()).message);
}

/** A button that is busy while its order is carried out and shows what went wrong beside it. */
function pressing(button, work) {
  return async (event) => {
    event?.preventDefault();
    const place = button.closest('form, .answer, .actions') ?? button.parentElement;
    place.querySelector('.wrong')?.remove();
    button.disabled = true;
    try {
      await work();
    } catch (error) {
      place.append(element('p', { class: 'wrong', role: 'alert' }, error.message));
    } finally {
      button.disabled = false;
    }
  };
}

function drawIssue(issue) {
  const key = `issue-${issue.number}`;
  const text = element('textarea', {
    rows: 1,
    'aria-label': `Comment on issue ${issue.number}`,
    placeholder: '/ack, /snooze 2h, /help',
  });
  text.value = drafts.get(key) ?? '';
  text.addEventListener('input', () => drafts.set(key, text.value));
  const send = element('button', {}, 'Comment');
  send.addEventListener(
    'click',
    pressing(send, async () => {
      await order({ act: 'comment', issue: issue.number, body: text.value });
      drafts.delete(key);
      text.value = '';
    }),
  );
  const toggle = element('button', {}, issue.isOpen ? 'Close' : 'Reopen');
  toggle.addEventListener(
    'click',
    pressing(toggle, () => order({ act: issue.isOpen ? 'close' : 'reopen', issue: issue.number })),
  );
  return element(
    'article',
    { 'data-key': key },
    element(
      'details',
      { 'data-open': key, open: issue.isOpen && issue.comments.length < 20 },
      element(
        'summary',
        {},
        element('span', { class: issue.isOpen ? 'failure' : 'success' }, issue.isOpen ? 'open' : 'closed'),
        element('span', { class: 'title' }, `#${issue.number} ${issue.title}`),
        ...issue.labels.map((label) => element('span', { class: `label ${label.split(':').at(-1)}` }, label)),
        element(
          'span',
          { class: 'meta' },
          `${issue.author}, ${clock(issue.at)}${issue.assignees.length > 0 ? `, for ${issue.assignees.join(', ')}` : ''}`,
        ),
      ),
      rendered(issue.html, 'body'),
      ...issue.comments.map((comment) =>
        element(
          'div',
          { class: 'comment' },
          element(
            'div',
            { class: 'meta' },
            `${comment.author}, ${clock(comment.at)}`,
            ...reacted(comment.reactions),
          ),
          rendered(comment.html, 'said'),
        ),
      ),
      element('div', { class: 'answer' }, text, send, toggle),
    ),
  );
}

const word = (run) => run.conclusion ?? run.status;

function drawRun(run) {
  const key = `run-${run.id}`;
  const actions = element('div', { class: 'answer actions' });
  for (const environment of run.waitsFor) {
    for (const act of ['approve', 'reject']) {
      const button = element('button', {}, `${act === 'approve' ? 'Approve' : 'Reject'} ${environment}`);
      button.addEventListener(
        'click',
        pressing(button, () => order({ act, run: run.id, environment })),
      );
      actions.append(button);
    }
  }
  const act = run.conclusion === null ? 'cancel' : 'rerun';
  const again = element('button', {}, act === 'cancel' ? 'Cancel' : 'Run again');
  again.addEventListener(
    'click',
    pressing(again, () => order({ act, run: run.id })),
  );
  actions.append(again);
  const log = element(
    'pre',
    { class: 'log', tabindex: 0, 'aria-label': `Log of run ${run.id}`, 'data-log': run.id },
    logs.get(run.id)?.text ?? '',
  );
  const drawn = element(
    'details',
    { class: 'run', 'data-key': key, 'data-open': key, open: run.waitsFor.length > 0 },
    element(
      'summary',
      {},
      element('span', { class: word(run) }, word(run)),
      element('span', { class: 'title' }, run.title),
      element(
        'span',
        { class: 'meta' },
        `${run.event}, ${clock(run.at)}${run.attempt > 1 ? `, attempt ${run.attempt}` : ''}`,
      ),
    ),
    element(
      'ul',
      { class: 'jobs' },
      ...run.jobs.map((job) =>
        element(
          'li',
          {},
          element('span', { class: word(job) }, word(job)),
          ` ${job.name}`,
          element(
            'ol',
            {},
            ...job.steps.map((step) =>
              element('li', {}, element('span', { class: word(step) }, word(step)), ` ${step.name}`),
            ),
          ),
        ),
      ),
    ),
    log,
    actions,
  );
  drawn.addEventListener('toggle', () => drawn.open && readLog(run.id));
  return drawn;
}

function drawWorkflow(workflow) {
  const key = `workflow-${workflow.file}`;
  const field = (input) => {
    const name = `${key}-${input.name}`;
    const keep = (event) =>
      drafts.set(name, event.target.type === 'checkbox' ? String(event.target.checked) : event.target.value);
    const value = drafts.get(name) ?? input.default;
    if (input.type === 'boolean')
      return element(
        'label',
        { class: 'check', title: input.description },
        element('input', { type: 'checkbox', name: input.name, checked: value === 'true', onchange: keep }),
        input.description || input.name,
      );
    const control =
      input.options.length > 0
        ? element(
            'select',
            { name: input.name, onchange: keep },
            ...input.options.map((option) => element('option', { selected: option === value }, option)),
          )
        : element('input', {
            type: input.type === 'number' ? 'number' : 'text',
            name: input.name,
            value,
            required: input.required,
            oninput: keep,
          });
    return element('label', {}, `${input.description || input.name}${input.required ? ' *' : ''}`, control);
  };
  const button = element('button', { type: 'submit' }, `Run ${workflow.name}`);
  const form = element(
    'form',
    { class: 'button', 'data-key': key },
    element('strong', {}, workflow.name),
    ...(workflow.starts.length > 0 ? [element('span', { class: 'meta' }, workflow.starts.join(', '))] : []),
    ...(workflow.inputs ?? []).map(field),
    ...(workflow.inputs === null ? [] : [button]),
  );
  form.addEventListener(
    'submit',
    pressing(button, async () => {
      const inputs = {};
      for (const input of workflow.inputs ?? []) {
        const control = form.elements.namedItem(input.name);
        const value = control.type === 'checkbox' ? String(control.checked) : control.value;
        if (value !== '') inputs[input.name] = value;
      }
      await order({ act: 'dispatch', workflow: workflow.file, inputs });
    }),
  );
  return form;
}

/** Draws a list anew, keeping what was unfolded, where the log stood and where the cursor is. */
function draw(id, items, drawItem, nothing) {
  const place = at(id);
  const unfolded = new Map(
    [...place.querySelectorAll('[data-open]')].map((each) => [each.dataset.open, each.open]),
  );
  const focused = place.contains(document.activeElement) ? document.activeElement : null;
  const typing = focused?.closest('[data-key]')?.dataset.key;
  const selection =
    focused !== null && 'selectionStart' in focused ? [focused.selectionStart, focused.selectionEnd] : null;
  const scrolled = new Map(
    [...place.querySelectorAll('[data-log]')].map((each) => [each.dataset.log, each.scrollTop]),
  );
  place.replaceChildren(
    ...(items.length === 0 ? [element('p', { class: 'empty' }, nothing)] : items.map(drawItem)),
  );
  for (const each of place.querySelectorAll('[data-open]'))
    if (unfolded.has(each.dataset.open)) each.open = unfolded.get(each.dataset.open);
  for (const each of place.querySelectorAll('[data-log]'))
    each.scrollTop = scrolled.get(each.dataset.log) ?? each.scrollHeight;
  if (typing === undefined) return;
  const again = [
    ...place.querySelectorAll(`[data-key="${CSS.escape(typing)}"] ${focused.tagName.toLowerCase()}`),
  ].find(
    (each) =>
      each.name === focused.name && each.getAttribute('aria-label') === focused.getAttribute('aria-label'),
  );
  again?.focus();
  if (selection?.[0] != null && again?.setSelectionRange) again.setSelectionRange(selection[0], selection[1]);
}

function drawAll() {
  const shown = state.issues.filter((issue) => issue.isOpen || at('show-closed').checked);
  at('repository').textContent = state.repository;
  at('issue-count').textContent = `${state.issues.filter((issue) => issue.isOpen).length} open`;
  at('run-count').textContent = String(state.runs.length);
  document.title = `${state.issues.filter((issue) => issue.isOpen).length} open · Control room`;
  draw('issues', shown, drawIssue, 'Nothing is wrong.');
  draw('runs', state.runs, drawRun, 'No workflow ran yet.');
  draw('workflows', state.workflows, drawWorkflow, 'No workflow has a button.');
}

async function readLog(run) {
  const known = logs.get(run) ?? { lines: 0, text: '' };
  const { lines } = await (await fetch(`log.json?run=${run}&from=${known.lines}`)).json();
  if (lines.length === 0) return;
  const next = {
    lines: known.lines + lines.length,
    text: `${known.text}${lines.join('\n')}\n`.slice(-200_000),
  };
  logs.set(run, next);
  const place = document.querySelector(`[data-log="${run}"]`);
  if (place === null) return;
  const atEnd = place.scrollHeight - place.scrollTop - place.clientHeight < 24;
  place.textContent = next.text;
  if (atEnd) place.scrollTop = place.scrollHeight;
}

let reading = null;
async function read() {
  state = await (await fetch('state.json')).json();
  drawAll();
  await Promise.all(
    [...document.querySelectorAll('details.run[open] [data-log]')].map((each) =>
      readLog(Number(each.dataset.log)),
    ),
  );
}
function refresh() {
  reading = (reading ?? Promise.resolve()).then(read).catch((error) => {
    at('pulse').textContent = error.message;
    at('pulse').className = 'lost';
  });
}

at('show-closed').addEventListener('change', drawAll);
at('issues').addEventListener('click', openRun);
const changes = new EventSource('changes');
changes.addEventListener('open', () => {
  at('pulse').textContent = 'live';
  at('pulse').className = 'live';
  refresh();
});
changes.addEventListener('message', refresh);
changes.addEventListener('error', () => {
  at('pulse').textContent = 'the control room does not answer; trying again';
  at('pulse').className = 'lost';
});
