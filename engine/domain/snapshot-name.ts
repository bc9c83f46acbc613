import { basicTime } from './backup-id.ts';
import type { RdsServer } from './snapshot.ts';

/** Letters that RDS takes in the name of a snapshot. */
const MOST_LETTERS = { instance: 255, cluster: 63 } as const;
/** With its dash. */
const TIME_LETTERS = 17;
const HASH_LETTERS = 6;

export interface SnapshotSubject {
  project: string;
  plan: string;
  server: RdsServer;
  scheduledFor: Date;
}

/**
 * `holdfast-clinic-nightly-main-20261122t020000z`: one name for each time of a schedule, so that a second delivery finds it taken. Where
 * RDS does not take the words as they are, or not so many of them, or where hyphens blur which is which, a hash of all stands at the end.
 */
export function snapshotName({ project, plan, server, scheduledFor }: SnapshotSubject): string {
  const prefix = snapshotPrefix(project);
  const said = `${plan}-${server.id}`;
  const room = MOST_LETTERS[server.kind] - TIME_LETTERS - prefix.length;
  const clean = cleanName(said);
  const isPlain = [project, plan].every((word) => /^[a-z0-9]+$/.test(word)) && clean === said;
  const isWhole = isPlain && clean.length <= room;
  const words = isWhole
    ? clean
    : `${clean.slice(0, Math.max(0, room - HASH_LETTERS - 1))}-${hashOf([project, plan, server.id].join('\n'))}`;
  return `${prefix}${words.replace(/-{2,}/g, '-').replace(/^-/, '')}-${basicTime(scheduledFor).toLowerCase()}`;
}

/** How the names of a project's snapshots begin; policies name them by it. */
export function snapshotPrefix(project: string): string {
  return `holdfast-${cleanName(project)}-`;
}

/** RDS takes letters, digits and hyphens, no two hyphens beside each other, and writes all letters small. */
function cleanName(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

/** FNV-1a, written with the letters of a name: it tells apart, it does not guard. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text))
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return (hash % 36 ** HASH_LETTERS).toString(36).padStart(HASH_LETTERS, '0');
}
