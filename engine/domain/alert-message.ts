import { messageId } from './alert/message-id.ts';
import type { Alert, AlertKind, Problem } from './alerts.ts';
import { isWorse, type Severity, worstOf } from './severity.ts';
import { speakTime } from './spoken-numbers.ts';
import { plainLine, withPlainLines } from './text/plain-text.ts';
import { redactSecrets } from './text/redact-secrets.ts';

/** Where an alert comes from. */
export interface AlertOrigin {
  project: string;
  host: string;
  /** Path of the config file. */
  config: string;
  /** Shows how everything is now, where `check` on this machine would not. */
  command?: string;
}

/** One message of one run: what a webhook and a command get as JSON. Holds no secret and no row. */
export interface AlertMessage extends AlertOrigin {
  schemaVersion: 1;
  /** The same when the message is sent once more. */
  id: string;
  /** Id of the message that began the conversation; its own where it begins one. */
  thread: string;
  at: Date;
  subject: string;
  /** The subject and all below it, for people; what chat programs show. */
  text: string;
  severity: Severity;
  alerts: readonly Alert[];
  /** Titles of what was told not long ago, and goes on. */
  open: readonly string[];
  command: string;
}

export interface MessageOptions extends AlertOrigin {
  at: Date;
  open: readonly Problem[];
}

/** Names and details that others wrote can not add a line to a message, or hide one. */
export function alertMessage(given: readonly Alert[], options: MessageOptions): AlertMessage {
  const alerts = given.map(plainAlert);
  const {
    project,
    host,
    config,
    at,
    open: going,
    command = `holdfast check --config ${quote(config)}`,
  } = { ...options, ...withPlainLines({ project: options.project, host: options.host }) };
  const sorted = alerts.toSorted((one, other) =>
    one.severity === other.severity ? 0 : isWorse(one.severity, other.severity) ? -1 : 1,
  );
  const severity = worstOf(alerts.map((alert) => alert.severity));
  const subject = subjectOf(sorted, project);
  const open = going.map(({ severity: still, title }) => `${still.toUpperCase()} ${shown(title)}`);
  const body = [
    ...sorted.map((alert) => paragraphOf(alert, at)),
    ...(open.length === 0
      ? []
      : [['Told before, and going on:', ...open.map((line) => `  ${line}`)].join('\n')]),
  ];
  const text = [
    subject,
    ...body,
    `Project ${project} on ${host}. How everything is now: ${command}`,
  ].join('\n\n');
  const id = messageId({ at, host, project, keys: sorted.map(({ key }) => key) });
  return {
    schemaVersion: 1,
    id,
    thread: sorted.find((alert) => alert.thread !== undefined)?.thread ?? id,
    at,
    subject,
    text,
    severity,
    alerts: sorted,
    open,
    command,
    project,
    host,
    config,
  };
}

/** Only what people read: the key and the times are what the next run recognizes the alert by. */
function plainAlert(alert: Alert): Alert {
  const { title, detail, hint } = alert;
  return {
    ...alert,
    title: shown(title),
    detail: shown(detail),
    hint: hint === null ? null : shown(hint),
  };
}

function shown(text: string): string {
  return plainLine(redactSecrets(text));
}

/** SNS takes a hundred characters. */
const MAX_SUBJECT = 100;

/** What is cut is the title: how bad it is, whether it is over, and how many more there are stays. */
function subjectOf([first, ...others]: readonly Alert[], project: string): string {
  const more = others.length === 0 ? '' : `, and ${others.length} more`;
  const begin = oneLine(`${subjectMark(project)} ${first === undefined ? '' : kindOf(first)}`);
  const room = Math.max(20, MAX_SUBJECT - begin.length - more.length);
  return `${begin}${shortened(oneLine(first?.title ?? ''), room)}${more}`;
}

/** By which people sort their mail, and tell one installation from another. */
export function subjectMark(project: string): string {
  return `[holdfast ${project}]`;
}

function shortened(text: string, room: number): string {
  return text.length <= room ? text : `${text.slice(0, room - 3)}...`;
}

const KIND_WORDS: Record<AlertKind, string> = {
  problem: '',
  worse: ', worse than before:',
  still: ', still:',
  recovered: ', recovered:',
};

/** In front of the title, which still names what was wrong when it is over. */
function kindOf({ severity, kind }: Alert): string {
  return `${severity.toUpperCase()}${KIND_WORDS[kind]} `;
}

/** One alert for people: what and how bad, the numbers, since when, and what to do next. */
export function paragraphOf(alert: Alert, at: Date): string {
  const { title, detail, since, hint, kind, runbook } = alert;
  const isOver = kind === 'recovered';
  const times = isOver
    ? `from ${speakTime(since)} until ${speakTime(at)}`
    : `since ${speakTime(since)}`;
  const lines = [`${kindOf(alert)}${title}`, `  ${detail}`, `  ${times}`];
  if (isOver) return lines.join('\n');
  const next = [
    ...(hint === null ? [] : [`  next: ${hint}`]),
    ...(runbook === undefined ? [] : [`  more: ${runbook}`]),
  ];
  return [...lines, ...next].join('\n');
}

/** A subject with a line break in it would be a header of the sender's choice. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}

function quote(path: string): string {
  return /^[\w./~-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
