import type { TASK_SIZES } from '../contract.ts';

export type TaskSize = (typeof TASK_SIZES)[number];

export interface TaskResources {
  /** Units of ECS: 1024 are one virtual CPU. */
  cpu: number;
  memoryMiB: number;
  /** Of a backup, a verification or a restore, which keep nothing on disk; the least that Fargate has. */
  diskGiB: number;
  /** Of a drill, which restores there. Above what Fargate has (200 GiB) a volume must be attached. */
  drillDiskGiB: number;
  /** The task is stopped after so many hours. */
  hours: number;
}

/**
 * Memory does not grow with the database (streams), so the sizes are of speed: processors for compression, TLS and encryption. Each step
 * doubles memory at least, because a run that was killed for want of it is run once more one size up.
 */
export const TASK_RESOURCES: Readonly<Record<TaskSize, TaskResources>> = {
  small: { cpu: 1024, memoryMiB: 2048, diskGiB: 21, drillDiskGiB: 60, hours: 4 },
  medium: { cpu: 2048, memoryMiB: 8192, diskGiB: 21, drillDiskGiB: 200, hours: 10 },
  large: { cpu: 4096, memoryMiB: 16_384, diskGiB: 21, drillDiskGiB: 2048, hours: 36 },
};

const GIB = 1024 ** 3;

/** Bytes of plaintext up to which a size is taken. A drill needs three times the dump on disk: rows, indexes and WAL. */
const LIMITS: Readonly<
  Record<'stream' | 'drill', Readonly<Record<Exclude<TaskSize, 'large'>, number>>>
> = {
  stream: { small: 25 * GIB, medium: 250 * GIB },
  drill: { small: 17 * GIB, medium: 60 * GIB },
};

export interface SizeWish {
  operation: 'backup' | 'verify' | 'drill' | 'restore';
  /** Plaintext of the newest set; undefined where there is none. */
  bytes: number | undefined;
}

/** The task that suits a database as large as its newest set was. A first run, of which nothing is known, gets the middle one. */
export function taskSizeFor({ operation, bytes }: SizeWish): TaskSize {
  if (bytes === undefined) return 'medium';
  const { small, medium } = LIMITS[operation === 'drill' ? 'drill' : 'stream'];
  if (bytes <= small) return 'small';
  return bytes <= medium ? 'medium' : 'large';
}

/** One size up; undefined where there is none. */
export function biggerThan(size: TaskSize): TaskSize | undefined {
  return ({ small: 'medium', medium: 'large', large: undefined } as const)[size];
}
