import { fingerprint } from '../text/fingerprint.ts';

export interface IdentifiedMessage {
  at: Date;
  host: string;
  project: string;
  /** Keys of its alerts. */
  keys: readonly string[];
}

/**
 * Names a message for ever, as the Message-ID of a mail does (RFC 5322, section 3.6.4). The same
 * message that is sent once more has the same id.
 */
export function messageId({ at, host, project, keys }: IdentifiedMessage): string {
  const what = fingerprint([project, host, ...keys].join('\n'));
  const where = host.replace(/[^A-Za-z0-9.-]+/g, '-').replace(/^[.-]+|\.(?=\.)|[.-]+$/g, '');
  return `${at.getTime().toString(36)}.${what}@${where || 'holdfast.invalid'}`;
}
