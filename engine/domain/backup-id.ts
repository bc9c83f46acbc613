/** `20261122T020000Z-7f3a`: the UTC second a run began, in ISO 8601 basic format, and a random tail. Sorts by time. */
export type BackupId = string;

const PATTERN = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z-[0-9a-f]{4}$/;

/** @param tail four hexadecimal digits that tell apart two runs of one second. */
export function backupId(startedAt: Date, tail: string): BackupId {
  return `${basicTime(startedAt)}-${tail}`;
}

export function isBackupId(text: string): boolean {
  return PATTERN.test(text);
}

/** ISO 8601 basic format to the second, UTC; no colons, so that it is safe in a key on any store. */
export function basicTime(time: Date): string {
  return time
    .toISOString()
    .replace(/[-:]/g, '')
    .replace(/\.\d{3}/, '');
}

/** The time in `text`, which begins with a basic time; undefined when it doesn't. */
export function parseBasicTime(text: string): Date | undefined {
  const match = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z/.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
