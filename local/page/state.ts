/** What the page of the control room shows, and what a person can do on it. Plain data: where it comes from is not the page's business. */

/** A comment as the page shows it. */
export interface PageComment {
  readonly id: number;
  readonly author: string;
  readonly isBot: boolean;
  readonly at: string;
  readonly html: string;
  /** For example `{ '+1': 1, rocket: 1 }`. */
  readonly reactions: Readonly<Record<string, number>>;
}

/** An issue with what people and actions said. */
export interface PageIssue {
  readonly number: number;
  readonly title: string;
  readonly author: string;
  readonly isOpen: boolean;
  readonly labels: readonly string[];
  readonly assignees: readonly string[];
  readonly at: string;
  readonly html: string;
  readonly comments: readonly PageComment[];
}

/** A step of a job. */
export interface PageStep {
  readonly name: string;
  readonly status: string;
  readonly conclusion: string | null;
}

/** A job of a run. */
export interface PageJob {
  readonly id: number;
  readonly name: string;
  readonly status: string;
  readonly conclusion: string | null;
  readonly steps: readonly PageStep[];
}

/** A workflow run. */
export interface PageRun {
  readonly id: number;
  readonly workflow: string;
  readonly title: string;
  readonly event: string;
  readonly status: string;
  readonly conclusion: string | null;
  readonly at: string;
  readonly attempt: number;
  /** Environments that wait for somebody's approval. */
  readonly waitsFor: readonly string[];
  readonly jobs: readonly PageJob[];
}

/** An input of a dispatch button. */
export interface PageInput {
  readonly name: string;
  readonly description: string;
  readonly type: 'string' | 'boolean' | 'choice' | 'number' | 'environment';
  readonly required: boolean;
  readonly default: string;
  readonly options: readonly string[];
}

/** A workflow, with its button when it can be dispatched. */
export interface PageWorkflow {
  readonly file: string;
  readonly name: string;
  /** What starts it beside the button, in words. */
  readonly starts: readonly string[];
  /** Null when it has no button. */
  readonly inputs: readonly PageInput[] | null;
}

/** Everything on the page at one moment. */
export interface PageState {
  readonly repository: string;
  /** Who speaks and presses. */
  readonly person: string;
  readonly at: string;
  readonly issues: readonly PageIssue[];
  readonly runs: readonly PageRun[];
  readonly workflows: readonly PageWorkflow[];
}

/** What somebody does on the page. */
export type PageAct =
  | { readonly act: 'comment'; readonly issue: number; readonly body: string }
  | { readonly act: 'close' | 'reopen'; readonly issue: number }
  | { readonly act: 'dispatch'; readonly workflow: string; readonly inputs: Readonly<Record<string, string>> }
  | { readonly act: 'approve' | 'reject'; readonly run: number; readonly environment: string }
  | { readonly act: 'cancel' | 'rerun'; readonly run: number };

/** What the page needs from the GitHub side. */
export interface PageSource {
  readonly read: () => PageState | Promise<PageState>;
  /** Lines of a run, newest last, from a line number on. */
  readonly log: (run: number, from: number) => readonly string[];
  /** @throws Error whose message may be shown */
  readonly perform: (act: PageAct) => void | Promise<void>;
  /** Calls back when something changed; returns how to stop. */
  readonly onChange: (changed: () => void) => () => void;
}
