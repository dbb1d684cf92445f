/** One `::name key=value::message` that a step printed. */
export interface WorkflowCommand {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly message: string;
}

/** Something a step wants people to see beside the code. */
export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly message: string;
  readonly title: string;
  readonly file: string;
  readonly line: number | null;
}

/** What commands do. */
export interface CommandEffects {
  readonly mask: (value: string) => void;
  readonly annotate: (annotation: Annotation) => void;
  readonly output: (name: string, value: string) => void;
  readonly state: (name: string, value: string) => void;
}

/** Reads a line as a command; null when it is just text. */
export function parseCommand(line: string): WorkflowCommand | null {
  const [, name = '', properties = '', message = ''] =
    /^\s*::([A-Za-z][\w-]*)(?: ([\s\S]*?))?::([\s\S]*)$/.exec(line) ?? [];
  if (name === '') return null;
  const pairs = properties.split(',').flatMap((each): [string, string][] => {
    const at = each.indexOf('=');
    return at <= 0 ? [] : [[each.slice(0, at).trim(), unescapeProperty(each.slice(at + 1))]];
  });
  return {
    name: name.toLowerCase(),
    properties: Object.fromEntries(pairs),
    message: unescapeMessage(message),
  };
}

// GitHub keeps no more than these of each level from one step.
const MOST_ANNOTATIONS = 10;

/**
 * Carries out the commands of one step while it runs.
 *
 * @returns what the log says instead of the line; null for a line that is not shown
 */
export function createCommandReader(effects: CommandEffects): (line: string) => string | null {
  let stopped: string | null = null;
  const counts = { error: 0, warning: 0, notice: 0 };
  const annotate = (level: Annotation['level'], { properties, message }: WorkflowCommand): string => {
    counts[level] += 1;
    if (counts[level] <= MOST_ANNOTATIONS) {
      const { title = '', file = '', line = '' } = properties;
      effects.annotate({ level, message, title, file, line: /^\d+$/.test(line) ? Number(line) : null });
    }
    return `##[${level}]${message}`;
  };
  return (line) => {
    const command = parseCommand(line);
    if (stopped !== null) {
      if (command?.name !== stopped.toLowerCase()) return line;
      stopped = null;
      return line;
    }
    switch (command?.name) {
      case 'add-mask':
        effects.mask(command.message);
        return '::add-mask::***';
      case 'error':
      case 'warning':
      case 'notice':
        return annotate(command.name, command);
      case 'group':
        return `##[group]${command.message}`;
      case 'endgroup':
        return '##[endgroup]';
      case 'set-output':
        effects.output(command.properties.name ?? '', command.message);
        return null;
      case 'save-state':
        effects.state(command.properties.name ?? '', command.message);
        return null;
      case 'stop-commands':
        stopped = command.message;
        return line;
      case 'debug':
      case 'echo':
      case 'add-matcher':
      case 'remove-matcher':
        return null;
      default:
        return line;
    }
  };
}

function unescapeMessage(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}

function unescapeProperty(text: string): string {
  return unescapeMessage(text.replaceAll('%3A', ':').replaceAll('%2C', ','));
}
