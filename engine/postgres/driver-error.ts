import { sayMessage } from './said.ts';

/** What the driver throws: the server's words with a SQLSTATE, or the network's with a code of the system. */
export interface DriverError extends Error {
  code?: string;
  /** The CONTEXT of the server's message. */
  where?: string;
}

/** SQLSTATEs in whose messages only names are quoted: connection, authorization, access rule, operator, system errors. */
const SAFE_STATES = /^(08|0A|25|28|2B|2D|34|3D|3F|40|42|53|54|55|57|58)/;

/** What the driver says, by the same filter as everything that PostgreSQL says. */
export function sayDriverError(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown failure';
  const { code, message, where } = error as DriverError;
  if (code === undefined || !/^[0-9A-Z]{5}$/.test(code)) return networkReason(error);
  if (where !== undefined) return `${sayMessage(message, { context: where })} (SQLSTATE ${code})`;
  const said = SAFE_STATES.test(code) ? (message.split('\n')[0] ?? '') : sayMessage(message);
  return `${said} (SQLSTATE ${code})`;
}

function networkReason({ message, code }: DriverError): string {
  if (code === 'ECONNREFUSED') return 'connection refused';
  if (code === 'ENOENT') return 'there is no such socket';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'the host name is unknown';
  if (code === 'ETIMEDOUT' || /timeout expired/.test(message)) return 'no answer in time';
  return message.split('\n')[0] ?? '';
}
