import { describe, expect, it } from 'vitest';
import { TASK_SIZES } from '../../engine/contract.ts';
import { TASK_RESOURCES, taskSizeFor } from '../../engine/domain/task-size.ts';
import { readDocument, sectionOf } from '../fixtures/document.ts';

const GIB = 1024 ** 3;

describe('docs/ARCHITECTURE.md', () => {
  it('says of each size what the stack gives it', async () => {
    const section = sectionOf(await readDocument('docs/ARCHITECTURE.md'), '## Sizes');
    const rows = [...section.matchAll(/^\| (small|medium|large) \|(.+)\|$/gm)].map(
      ([, size, rest = '']) => [size, ...rest.split('|').map((cell) => cell.trim())],
    );
    expect(rows.map(([size]) => size)).toEqual([...TASK_SIZES]);
    for (const [size = '', cpu, memory, disk, hours, streams, drills] of rows) {
      const resources = TASK_RESOURCES[size as 'small'];
      const spokenDisk =
        resources.drillDiskGiB >= 1024
          ? `${resources.drillDiskGiB / 1024} TiB`
          : `${resources.drillDiskGiB} GiB`;
      expect([cpu, memory, disk, hours]).toEqual([
        String(resources.cpu / 1024),
        `${resources.memoryMiB / 1024} GiB`,
        spokenDisk,
        `${resources.hours} h`,
      ]);
      for (const [operation, limit] of [
        ['backup', streams],
        ['drill', drills],
      ] as const) {
        const upTo = Number(/^\d+/.exec(limit ?? '')?.[0] ?? Number.NaN) * GIB;
        if (Number.isNaN(upTo)) continue;
        expect(taskSizeFor({ operation, bytes: upTo }), `${size} ${operation}`).toBe(size);
        expect(taskSizeFor({ operation, bytes: upTo + 1 })).not.toBe(size);
      }
    }
  });
});
