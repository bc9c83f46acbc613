import { PREFIX } from '../../contract.ts';
import { decodeName, encodeName } from '../key.ts';
import { type Lsn, parseLsn } from './lsn.ts';

/** The log of one server: a name of the config, and the cluster that the server ran. */
export interface LogPlace {
  server: string;
  /** Another one after pg_upgrade or initdb, whose log has nothing to do with this one's. */
  systemIdentifier: string;
}

/**
 * What an object of the log holds. Bytes are encrypted and so new each time: the SHA-256 of the
 * plain content in the name tells whether two objects of one segment are the same.
 */
export type LogObject = LogPlace & { timeline: number } & (
    | { type: 'segment'; name: string; sha256: string }
    | { type: 'history'; sha256: string }
    | { type: 'delta'; name: string; from: Lsn; to: Lsn }
  );

const SUFFIX = '.zst.esdk';
const SYSTEM = /^[0-9]{1,20}$/;
const TIMELINE = /^[0-9A-F]{8}$/;
const SEGMENT_FILE = /^([0-9A-F]{24})-([0-9a-f]{64})\.wal\.zst\.esdk$/;
const HISTORY_FILE = /^([0-9A-F]{8})\.history-([0-9a-f]{64})\.zst\.esdk$/;
const DELTA_FILE = /^([0-9A-F]+)-([0-9A-F]+)\.wal\.zst\.esdk$/;

/** Prefix of the whole segments and histories of one log, with its closing slash. */
export function logPrefix(place: LogPlace): string {
  return prefixIn(PREFIX.wal, place);
}

/** Prefix of what came of segments that are not whole yet, with its closing slash. */
export function partialPrefix(place: LogPlace): string {
  return prefixIn(PREFIX.walPartial, place);
}

export function logKey(object: LogObject): string {
  const timeline = hex(BigInt(object.timeline));
  switch (object.type) {
    case 'segment':
      return `${logPrefix(object)}${timeline}/${object.name}-${object.sha256}.wal${SUFFIX}`;
    case 'history':
      return `${logPrefix(object)}${timeline}/${timeline}.history-${object.sha256}${SUFFIX}`;
    case 'delta': {
      const [from, to] = [object.from, object.to].map(position);
      return `${partialPrefix(object)}${timeline}/${object.name}/${from}-${to}.wal${SUFFIX}`;
    }
  }
}

/** Undefined for a key that no object of a log has. */
export function parseLogKey(key: string): LogObject | undefined {
  const [prefix, server = '', systemIdentifier = '', timeline = '', ...rest] = key.split('/');
  if (!SYSTEM.test(systemIdentifier) || !TIMELINE.test(timeline)) return undefined;
  const name = nameOf(server);
  const number = Number.parseInt(timeline, 16);
  if (name === undefined || number === 0) return undefined;
  const place = { server: name, systemIdentifier, timeline: number };
  const object =
    prefix === PREFIX.wal && rest.length === 1
      ? wholeIn(rest[0] ?? '', timeline)
      : prefix === PREFIX.walPartial && rest.length === 2
        ? deltaIn(rest, timeline)
        : undefined;
  return object === undefined ? undefined : { ...place, ...object };
}

function wholeIn(file: string, timeline: string) {
  const [, name, sha256] = SEGMENT_FILE.exec(file) ?? [];
  if (name !== undefined && sha256 !== undefined)
    return name.startsWith(timeline) ? { type: 'segment' as const, name, sha256 } : undefined;
  const [, of, digest] = HISTORY_FILE.exec(file) ?? [];
  if (of !== timeline || digest === undefined) return undefined;
  return { type: 'history' as const, sha256: digest };
}

function deltaIn([name = '', file = '']: string[], timeline: string) {
  const [, first = '', last = ''] = DELTA_FILE.exec(file) ?? [];
  const [from, to] = [lsnOf(first), lsnOf(last)];
  const isOfSegment = /^[0-9A-F]{24}$/.test(name) && name.startsWith(timeline);
  if (!isOfSegment || from === undefined || to === undefined || from >= to) return undefined;
  return { type: 'delta' as const, name, from, to };
}

function prefixIn(prefix: string, { server, systemIdentifier }: LogPlace): string {
  return `${prefix}/${encodeName(server)}/${systemIdentifier}/`;
}

function nameOf(encoded: string): string | undefined {
  try {
    const name = decodeName(encoded);
    return name !== '' && encodeName(name) === encoded ? name : undefined;
  } catch {
    return undefined;
  }
}

/** 16 digits, so that a listing has them in the order of the log. */
function position(lsn: Lsn): string {
  return lsn.toString(16).toUpperCase().padStart(16, '0');
}

function lsnOf(digits: string): Lsn | undefined {
  if (digits.length !== 16) return undefined;
  const lsn = parseLsn(`${digits.slice(0, 8)}/${digits.slice(8)}`);
  return lsn !== undefined && position(lsn) === digits ? lsn : undefined;
}

function hex(value: bigint): string {
  return value.toString(16).toUpperCase().padStart(8, '0');
}
